"""Spheres in any number of dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.create import vector_of
from phimath.errors import ShapeError
from phimath.norm import norm
from phimath.reduce import any as any_of
from phimath.tensor import Tensor
from phisim.geometry.box import Box, coordinate, nearest_copy
from phisim.geometry.geometry import Geometry, as_vector, check_axes

if TYPE_CHECKING:
    from phimath.shape import Shape


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Sphere(Geometry):
    """Interval, disc, ball: `Sphere(x=50, y=10, radius=5)`, `Sphere(vec(x=0, y=0), radius=1)`."""

    center: Tensor
    radius: Tensor

    def __init__(
        self,
        center: Tensor | None = None,
        *,
        radius: float | Tensor,
        **coordinates: float | Tensor,
    ) -> None:
        """Give the center as a vector or by axis; the radius is in the same units."""
        if (center is None) == (not coordinates):
            raise ShapeError(
                "A Sphere needs its center once, as Sphere(x=…, y=…, radius=…) or Sphere(vec(x=…, "
                "y=…), radius=…)."
            )
        if center is None:
            center = vector_of({axis: coordinate(value) for axis, value in coordinates.items()})
        if "vector" not in center.shape or center.shape.get_labels("vector") is None:
            raise ShapeError(
                f"The center {center.shape} of a Sphere has no axis names. Use vec(x=…, y=…)."
            )
        radius = coordinate(radius)
        if radius.available and bool(any_of(radius < 0, None)):
            raise ShapeError(f"The radius of a Sphere cannot be negative, but got {radius}.")
        object.__setattr__(self, "center", center)
        object.__setattr__(self, "radius", radius)

    def __repr__(self) -> str:
        if not self.center.available or self.shape.rank > 1:
            return f"Sphere{self.shape}"
        center = ", ".join(f"{a}={c}" for a, c in zip(self.axes, self.center, strict=True))
        return f"Sphere({center}, radius={self.radius})"

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.center.shape & self.radius.shape

    @property
    def volume(self) -> Tensor:
        """Length, area or volume: π^(d/2) / Γ(d/2 + 1) r^d."""
        rank = self.spatial_rank
        return math.pi ** (rank / 2) / math.gamma(rank / 2 + 1) * self.radius**rank

    def bounding_box(self) -> Box:
        """Box that touches the sphere on all sides."""
        return Box(self.center - self.radius, self.center + self.radius)

    def at(self, center: Tensor) -> Self:
        """Same radius elsewhere."""
        return type(self)(as_vector(center, self.axes, "The Sphere"), radius=self.radius)

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the surface, negative inside; the nearest copy counts."""
        check_axes(location, self.axes, "The Sphere")
        distance = norm(location - self.center, "vector") - self.radius
        return nearest_copy(distance, self.shape.instance)
