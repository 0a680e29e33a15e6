"""Shapes that extend without end along further axes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, final

from phimath.create import vector_of
from phimath.errors import ShapeError
from phisim.geometry.box import Box
from phisim.geometry.geometry import Geometry, as_vector, axes_of, check_axes, located
from phisim.geometry.sphere import Sphere

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class Embedded(Geometry):
    """A shape of fewer axes, the same at all positions along the others.

    inner: The cross-section.
    all_axes: Names of all axes, in their order.
    """

    inner: Geometry
    all_axes: tuple[str, ...]

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of all axes."""
        return self.all_axes

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the cross-section, 0 along the other axes."""
        center = self.inner.center
        zero = center.vector[0] * 0.0
        own = self.inner.axes
        return vector_of({a: center.vector[a] if a in own else zero for a in self.all_axes})

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.center.shape & self.inner.shape.without("vector")

    @property
    def volume(self) -> Tensor:
        """Infinite."""
        return self.inner.volume * 0.0 + math.inf

    def signed_distance(self, location: Tensor) -> Tensor:
        """That to the cross-section."""
        check_axes(location, self.all_axes, "The shape")
        return self.inner.signed_distance(_section(location, self.inner.axes))

    def bounding_box(self) -> Box:
        """That of the cross-section, infinite along the other axes."""
        box, own = self.inner.bounding_box(), self.inner.axes
        infinite = box.lower.vector[0] * 0.0 + math.inf
        return Box(
            vector_of({a: box.lower.vector[a] if a in own else -infinite for a in self.all_axes}),
            vector_of({a: box.upper.vector[a] if a in own else infinite for a in self.all_axes}),
        )

    def at(self, center: Tensor) -> Self:
        """Same cross-section elsewhere."""
        center = as_vector(center, self.all_axes, "The shape")
        return replace(self, inner=self.inner.at(_section(center, self.inner.axes)))


def embed(shape: Geometry, axes: str | tuple[str, ...]) -> Geometry:
    """The shape extended without end along further axes, which come after its own.

    axes: Names, e.g. `'z'` or `'y,z'`; those that the shape has are left as they are.
    """
    names = tuple(axes.split(",")) if isinstance(axes, str) else tuple(axes)
    further = tuple(name.strip() for name in names if name.strip() not in shape.axes)
    return Embedded(shape, shape.axes + further) if further else shape


def infinite_cylinder(
    center: Tensor | None = None,
    *,
    radius: float | Tensor,
    axis: str | None = None,
    **coordinates: float | Tensor,
) -> Geometry:
    """Round cylinder without ends.

    Args:
        center: A point on the axis of symmetry, (…, vector), or by axis.
        radius: Radius.
        axis: Name of the axis of symmetry; the center may have a coordinate along it.
        **coordinates: The point by axis instead.

    Raises:
        ShapeError: there is no axis to extend along.
    """
    center = located(center, coordinates, "infinite_cylinder")
    axes = axes_of(center, "The center of a cylinder")
    if axis is None:
        raise ShapeError("infinite_cylinder needs the axis along which it extends, e.g. axis='z'.")
    across = tuple(name for name in axes if name != axis)
    if not across:
        raise ShapeError(f"A cylinder along '{axis}' needs a center with other axes, too.")
    order = axes if axis in axes else (*axes, axis)
    return Embedded(Sphere(_section(center, across), radius=radius), order)


def _section(vector: Tensor, axes: tuple[str, ...]) -> Tensor:
    return vector_of({axis: vector.vector[axis] for axis in axes})
