"""What all geometries share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

from phimath.create import vector_of
from phimath.errors import ShapeError
from phimath.shape import Shape
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.geometry.box import Box


class Geometry(ABC):
    """A region of space with a labelled `vector` dimension that names its axes.

    Frozen and a tree: slicing, stacking and transforms act on its tensors.  Instance dimensions of
    its tensors mean a union of copies, batch dimensions independent worlds.
    """

    center: Tensor
    """Center in physical units, (…, vector): a field, or a property of what is stored instead."""

    @abstractmethod
    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance to the surface, negative inside, for locations (…, vector) in the same units."""

    @abstractmethod
    def bounding_box(self) -> Box:
        """Smallest axis-aligned box that contains each copy."""

    @property
    @abstractmethod
    def volume(self) -> Tensor:
        """Length, area or volume of each copy."""

    @abstractmethod
    def at(self, center: Tensor) -> Self:
        """Same shape elsewhere."""

    def shifted(self, delta: Tensor) -> Self:
        """Same shape, moved by a vector."""
        return self.at(self.center + delta)

    def lies_inside(self, location: Tensor) -> Tensor:
        """Whether locations (…, vector) lie inside or on the surface."""
        return self.signed_distance(location) <= 0

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, e.g. `('x', 'y')`."""
        labels = self.center.shape.get_labels("vector")
        assert labels is not None
        return labels

    @property
    def spatial_rank(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.center.shape


def check_axes(location: Tensor, axes: tuple[str, ...], what: str) -> None:
    """Raise unless the vector `location` has exactly the labels `axes` in this order."""
    labels = location.shape.get_labels("vector") if "vector" in location.shape else None
    if labels != axes:
        raise ShapeError(
            f"{what} has the axes {','.join(axes)} but the vector has the labels "
            f"{','.join(labels) if labels else 'none'}. Use e.g. "
            f"vec({', '.join(f'{a}=…' for a in axes)})."
        )


def as_vector(
    value: Any, axes: tuple[str, ...], what: str
) -> Any:  # numbers, tuples, tensors in; see below
    """Tensor (…, vector) with these axes.

    value: number (same along all), tuple in the order of the axes, or labelled tensor.
    """
    if isinstance(value, (tuple, list)):
        if len(value) != len(axes):
            raise ShapeError(
                f"{what} has the axes {','.join(axes)} but got {len(value)} components {value}. "
                "Give one per axis."
            )
        return vector_of(dict(zip(axes, value, strict=True)))
    tensor = wrap(value)
    if "vector" not in tensor.shape:
        return vector_of(dict.fromkeys(axes, tensor))
    check_axes(tensor, axes, what)
    return tensor
