"""Shapes that are turned or enlarged about their centers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, final

from phimath.elementwise import abs as magnitude
from phimath.errors import ShapeError
from phimath.reduce import any as any_of
from phimath.wrap import wrap
from phisim.geometry.box import Box
from phisim.geometry.geometry import HOOKS, Geometry
from phisim.geometry.rotation import matrix_of, rotation_matrix, turned_by

if TYPE_CHECKING:
    from phimath.tensor import Tensor


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
    def volume(self) -> Tensor:
        """Grows with the factor to the power of the number of axes."""
        volume = self.inner.volume
        return volume if self.factor is None else volume * self.factor**self.spatial_rank

    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance in the frame of the shape, times the factor."""
        offset = location - self.center
        if self.rotation is not None:
            offset = turned_by(self.rotation, offset, back=True)
        if self.factor is None:
            return self.inner.signed_distance(self.center + offset)
        return self.inner.signed_distance(self.center + offset / self.factor) * self.factor

    def bounding_box(self) -> Box:
        """Box around the turned bounding box."""
        box = self.inner.bounding_box()
        middle, half = box.center - self.center, box.half_size
        if self.factor is not None:
            middle, half = middle * self.factor, half * self.factor
        if self.rotation is not None:
            middle, half = turned_by(self.rotation, middle), _extent(self.rotation, half)
        middle = self.center + middle
        return Box(middle - half, middle + half)

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
        factor = _positive(factor)
        return replace(self, factor=factor if self.factor is None else self.factor * factor)


def _extent(rotation: Tensor, half: Tensor) -> Tensor:
    return turned_by(magnitude(rotation), half)


def _from_columns(columns: list[Tensor], axes: tuple[str, ...]) -> Tensor:
    return matrix_of([[column.vector[row] for column in columns] for row in axes], axes)


def rotated(shape: Geometry, rotation: float | Tensor) -> Geometry:
    """The shape turned about its center."""
    return Transformed(shape, rotation_matrix(rotation, shape.axes))


def scaled(shape: Geometry, factor: float | Tensor) -> Geometry:
    """The shape enlarged about its center.

    Raises:
        ShapeError: the factor is not positive.
    """
    return Transformed(shape, None, _positive(factor))


def _positive(factor: float | Tensor) -> Tensor:
    factor = wrap(factor)
    if factor.available and not bool(~any_of(factor <= 0, None)):
        raise ShapeError(f"A shape can be scaled by positive factors only, not by {factor}.")
    return factor


HOOKS["rotated"] = rotated
HOOKS["scaled"] = scaled
