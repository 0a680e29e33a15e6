"""Velocities of vortices and rotating bodies, for grids and points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from phimath.create import vector_of
from phimath.errors import ShapeError
from phimath.linear_algebra import cross
from phimath.norm import norm
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.geometry.geometry import axes_of, check_axes

if TYPE_CHECKING:
    from collections.abc import Callable


@final
@dataclass(frozen=True, eq=False)
class AngularVelocity:
    """Velocity ω × r f(|r|) around points, in 2D or 3D: `StaggeredGrid(AngularVelocity(…), …)`.

    location: Centers (…, vector); the velocities around several, along instance dimensions, add up.
    strength: ω in radians per time, positive from the first axis to the second; in 3D a vector.
    falloff: f, function of the distance; `None` for a rigid rotation.
    """

    location: Tensor
    strength: float | Tensor = 1.0
    falloff: Callable[[Tensor], Tensor] | None = None

    def __post_init__(self) -> None:
        axes = axes_of(self.location, "The location of an AngularVelocity")
        is_vector = "vector" in wrap(self.strength).shape
        if len(axes) not in (2, 3) or is_vector != (len(axes) == 3):
            raise ShapeError(
                f"A strength of shape {wrap(self.strength).shape} gives no rotation with the axes "
                f"{','.join(axes)}. Use a number in 2D and a vector in 3D."
            )

    def __call__(self, location: Tensor) -> Tensor:
        """Velocity (…, vector) at locations (…, vector)."""
        axes = axes_of(self.location, "The location of an AngularVelocity")
        check_axes(location, axes, "The vortex")
        offset = location - self.location
        strength = wrap(self.strength)
        if len(axes) == 2:
            x, y = axes
            velocity = vector_of({x: -offset.vector[y], y: offset.vector[x]}) * strength
        else:
            velocity = cross(strength, offset)
        if self.falloff is not None:
            velocity = velocity * self.falloff(norm(offset, "vector"))
        copies = self.location.shape.instance
        return sum_of(velocity, copies) if copies else velocity
