"""Burgers' equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phisim.field.calculus import laplace
from phisim.physics import advect
from phisim.physics.check import check_field, check_velocity

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def burgers_rate(velocity: Field, viscosity: float | Tensor = 0.0) -> Field:
    """∂u/∂t = −u·∇u + ν ∇²u.

    Args:
        velocity: Centered or staggered vector field u, in length per time.
        viscosity: ν in length² per time.

    In 1D the flux form −∂(u²/2)/∂x with a limited slope, so that shocks move at the right speed;
    in 2D and 3D WENO differences, whose shocks don't.
    Notes: for `integrate.SSP_RK3`; good values: Courant number 0.5, ν dt Σ 1/dxᵢ² below 0.3.

    Raises:
        ShapeError: `velocity` is no vector field.

    Source: Burgers, Adv. Appl. Mech. 1 (1948); LeVeque, Finite Volume Methods (2002), section 11.
    """
    check_field(velocity, "A velocity")
    check_velocity(velocity, velocity.axes)
    if velocity.spatial_rank == 1:
        rate = 0.5 * advect.finite_volume(velocity, velocity)
    else:
        rate = advect.weno(velocity, velocity)
    if isinstance(viscosity, (int, float)) and viscosity == 0:
        return rate
    return rate.with_values(rate.values + viscosity * laplace(velocity).values)
