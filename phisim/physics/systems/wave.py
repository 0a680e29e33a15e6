"""The wave equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phisim.field.calculus import laplace
from phisim.field.field import Field
from phisim.physics.check import check_field, check_same_points, warn_of_waves
from phisim.physics.integrate import leapfrog

if TYPE_CHECKING:
    from phimath.tensor import Tensor


def wave(
    displacement: Field, velocity: Field, speed: float | Tensor | Field, dt: float | Tensor
) -> tuple[Field, Field]:
    """One step of ∂²u/∂t² = c² ∇²u, as (u, ∂u/∂t).

    Args:
        displacement: Centered or staggered field u; its boundary says what sides do: 0 reflects
            with a change of sign, `ZERO_GRADIENT` without.
        velocity: ∂u/∂t on the same points.
        speed: c in length per time, may vary in space.
        dt: Time step.

    Second order in space and time, and the energy doesn't drift (Störmer-Verlet).
    Notes: unstable for c dt √(Σ 1/dxᵢ²) > 1, which raises a `StabilityWarning`.
        Good values: half of that.

    Raises:
        ShapeError: the fields lie on different points.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration (2006), theorem VI.3.4.
    """
    check_field(displacement, "A displacement")
    check_same_points(velocity, displacement, "The velocity of a wave")
    if isinstance(speed, Field):
        check_same_points(speed, displacement, "The speed of waves")
    celerity = speed.values if isinstance(speed, Field) else speed
    warn_of_waves(displacement.geometry, celerity, dt)
    factor = celerity * celerity

    def force(u: Field) -> Field:
        curvature = laplace(u)
        return curvature.with_values(factor * curvature.values)

    return leapfrog(lambda v: v, force, displacement, velocity, dt)
