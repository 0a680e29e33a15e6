"""Spheres in any number of dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.norm import norm
from phimath.tensor import Tensor
from phisim.geometry.box import Box
from phisim.geometry.geometry import (
    Geometry,
    as_vector,
    check_axes,
    located,
    nearest_copy,
    positive_factor,
    positive_length,
)

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
        center = located(center, coordinates, "Sphere")
        radius = positive_length(radius, "The radius of a Sphere")
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

    def rotated(self, rotation: float | Tensor) -> Self:
        """Itself."""
        return self

    def scaled(self, factor: float | Tensor) -> Self:
        """Larger by a positive factor, about the center."""
        return type(self)(self.center, radius=self.radius * positive_factor(factor))

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the surface, negative inside; the nearest copy counts."""
        check_axes(location, self.axes, "The Sphere")
        distance = norm(location - self.center, "vector") - self.radius
        return nearest_copy(distance, self.shape.instance)
