"""What all geometries share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from phimath.create import vector_of
from phimath.dtype import FLOAT64
from phimath.elementwise import is_finite
from phimath.errors import ShapeError
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of
from phimath.shape import Shape
from phimath.tensor import Tensor
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phisim.geometry.box import Box

# Functions of the modules above that methods need, registered when these are imported.
HOOKS: dict[str, Callable[..., Any]] = {}


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

    def rotated(self, rotation: float | Tensor) -> Geometry:
        """Same shape turned about its center; see `rotation_matrix` for what `rotation` may be."""
        return HOOKS["rotated"](self, rotation)

    def scaled(self, factor: float | Tensor) -> Geometry:
        """Same shape, larger about its center by a positive factor."""
        return HOOKS["scaled"](self, factor)

    def __or__(self, other: Geometry) -> Geometry:
        """What lies in either."""
        return HOOKS["union"](self, other)

    def __and__(self, other: Geometry) -> Geometry:
        """What lies in both."""
        return HOOKS["intersection"](self, other)

    def __sub__(self, other: Geometry) -> Geometry:
        """What lies in this, but not in the other."""
        return HOOKS["intersection"](self, HOOKS["invert"](other))

    def __invert__(self) -> Geometry:
        """What lies outside."""
        return HOOKS["invert"](self)

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


def positive_length(value: Any, what: str) -> Any:
    """Host number in 64 bit, or the tensor itself, which must not be negative.

    Raises:
        ShapeError: it is negative.
    """
    length = coordinate(value)
    if length.available and bool(any_of(length < 0, None)):
        raise ShapeError(f"{what} cannot be negative, but got {length}.")
    return length


def positive_factor(factor: float | Tensor) -> Tensor:
    """The factor, by which a shape is enlarged.

    Raises:
        ShapeError: it is not positive.
    """
    factor = wrap(factor)
    if factor.available and not bool(all_of(factor > 0, None)):
        raise ShapeError(f"A shape can be scaled by positive factors only, not by {factor}.")
    return factor


def finite_center(shape: Geometry) -> Tensor:
    """The center of a shape that is to be moved, turned or enlarged about it.

    Raises:
        ShapeError: the shape has none, because it goes on without end on one side.
    """
    center = shape.center
    if center.available and not bool(all_of(is_finite(center), None)):
        raise ShapeError(
            f"{shape!r} goes on without end, so that it has no center. Move it by shifted(delta), "
            "cut it by a Box first, or turn its parts."
        )
    return center


def located(center: Tensor | None, coordinates: dict[str, Any], what: str) -> Tensor:
    """Location (…, vector), given as a vector or by axis.

    Raises:
        ShapeError: it is given twice, not at all, or without names of axes.
    """
    if (center is None) == (not coordinates):
        raise ShapeError(
            f"A {what} needs its center once, by axis as {what}(x=…, y=…) or as a vector "
            f"{what}(vec(x=…, y=…))."
        )
    if center is None:
        return vector_of({axis: coordinate(value) for axis, value in coordinates.items()})
    if "vector" not in center.shape or center.shape.get_labels("vector") is None:
        raise ShapeError(
            f"The location {center.shape} of a {what} has no axis names. Use vec(x=…, y=…)."
        )
    return as_host_number(center)


def coordinate(value: float | Tensor) -> Tensor:
    """Host number in 64 bit: domains don't depend on the precision where they were written."""
    if isinstance(value, Tensor):
        return as_host_number(value)
    return wrap(np.asarray(value, np.float64))


def as_host_number(value: Tensor) -> Tensor:
    """The same in 64 bit if it places one shape and no framework computes it: moved shapes, too.

    Otherwise a shape would have another element type after it was moved.
    """
    is_number = not value.shape.without("vector") and value.backend.name == "numpy"
    return value.cast(FLOAT64) if is_number and value.dtype.kind == "float" else value


def nearest_copy(distance: Tensor, copies: Shape) -> Tensor:
    """Signed distance of a union of copies."""
    from_each = distance.shape.only(copies)
    return -max_of(-distance, from_each) if from_each else distance


def axes_of(vector: Any, what: str) -> tuple[str, ...]:
    """Labels of a vector.

    Raises:
        ShapeError: there are none.
    """
    shape = vector.shape if isinstance(vector, Tensor) else Shape()
    labels = shape.get_labels("vector") if "vector" in shape else None
    if labels is None:
        raise ShapeError(f"{what} has no axis names. Use vec(x=…, y=…).")
    return labels
