"""Shapes that are turned or enlarged about their centers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, final

from phimath.create import vector_of
from phimath.dimension import batch
from phimath.dims import rename_dims
from phimath.elementwise import maximum, minimum, where
from phimath.shape import Shape
from phisim.geometry.box import Box
from phisim.geometry.geometry import (
    HOOKS,
    Geometry,
    axes_of,
    finite_center,
    nearest_copy,
    positive_factor,
)
from phisim.geometry.rotation import matrix_of, rotation_matrix, turned_by

if TYPE_CHECKING:
    from phimath.tensor import Tensor

MATRIX = ("vector", "~vector")


@final
@dataclass(frozen=True, eq=False)
class Transformed(Geometry):
    """A shape turned about its center by a matrix and enlarged by a factor; `None` for neither."""

    inner: Geometry
    rotation: Tensor | None = None
    factor: Tensor | None = None

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center, which stays."""
        return self.inner.center

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.inner.axes

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.inner.shape & self._own_dims

    @property
    def _own_dims(self) -> Shape:
        """Dimensions along which the rotation or the factor varies."""
        dims = Shape() if self.factor is None else self.factor.shape
        return dims if self.rotation is None else dims & self.rotation.shape.without(MATRIX)

    @property
    def volume(self) -> Tensor:
        """Grows with the factor to the power of the number of axes."""
        volume = self.inner.volume
        return volume if self.factor is None else volume * self.factor**self.spatial_rank

    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance in the frame of the shape, times the factor; the nearest copy counts."""
        copies = self._own_dims.instance
        if not copies:
            return self._distance(location)
        # Copies of different size are compared after scaling.
        apart = rename_dims(self, copies.names, batch)
        return nearest_copy(apart._distance(location), apart._own_dims.only(copies.names))

    def _distance(self, location: Tensor) -> Tensor:
        offset = location - self.center
        if self.rotation is not None:
            offset = turned_by(self.rotation, offset, back=True)
        if self.factor is None:
            return self.inner.signed_distance(self.center + offset)
        return self.inner.signed_distance(self.center + offset / self.factor) * self.factor

    def bounding_box(self) -> Box:
        """Box around the turned bounding box."""
        box, center = self.inner.bounding_box(), self.center
        lower, upper = box.lower - center, box.upper - center
        if self.factor is not None:
            lower, upper = lower * self.factor, upper * self.factor
        if self.rotation is not None:
            lower, upper = _turned_bounds(self.rotation, lower, upper)
        return Box(center + lower, center + upper)

    def at(self, center: Tensor) -> Self:
        """The same, elsewhere."""
        return replace(self, inner=self.inner.at(center))

    def rotated(self, rotation: float | Tensor) -> Self:
        """Turned further."""
        further = rotation_matrix(rotation, self.axes)
        if self.rotation is None:
            return replace(self, rotation=further)
        columns = [
            turned_by(further, self.rotation.get({"~vector": j})) for j in range(self.spatial_rank)
        ]
        return replace(self, rotation=_from_columns(columns, self.axes))

    def scaled(self, factor: float | Tensor) -> Self:
        """Enlarged further."""
        factor = positive_factor(factor)
        return replace(self, factor=factor if self.factor is None else self.factor * factor)


def _turned_bounds(rotation: Tensor, lower: Tensor, upper: Tensor) -> tuple[Tensor, Tensor]:
    """Bounds of what lies between two corners, after turning; sides may be infinitely far."""
    axes = axes_of(lower, "The corner of a Box")
    low, high = {}, {}
    for row, axis in enumerate(axes):
        ends = []
        for column, other in enumerate(axes):
            entry = rotation.get({"vector": row, "~vector": column})
            # 0 times infinity is 0 here: what extends along an axis doesn't extend across it.
            ends.append(
                [entry * where(entry == 0, 0.0, end.vector[other]) for end in (lower, upper)]
            )
        low[axis] = sum(minimum(a, b) for a, b in ends)
        high[axis] = sum(maximum(a, b) for a, b in ends)
    return vector_of(low), vector_of(high)


def _from_columns(columns: list[Tensor], axes: tuple[str, ...]) -> Tensor:
    return matrix_of([[column.vector[row] for column in columns] for row in axes], axes)


def rotated(shape: Geometry, rotation: float | Tensor) -> Geometry:
    """The shape turned about its center.

    Raises:
        ShapeError: it has none, or the rotation doesn't fit its axes.
    """
    finite_center(shape)
    return Transformed(shape, rotation_matrix(rotation, shape.axes))


def scaled(shape: Geometry, factor: float | Tensor) -> Geometry:
    """The shape enlarged about its center.

    Raises:
        ShapeError: the factor is not positive, or the shape has no center.
    """
    factor = positive_factor(factor)
    finite_center(shape)
    return Transformed(shape, None, factor)


HOOKS["rotated"] = rotated
HOOKS["scaled"] = scaled
