"""The shallow-water equations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phisim.field.calculus import spatial_gradient
from phisim.physics import advect
from phisim.physics.check import check_face_velocity, check_field, check_same_points

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def shallow_water_rate(
    height: Field,
    velocity: Field,
    *,
    gravity: float | Tensor = 9.81,
    ground: Field | None = None,
    limiter: str = "van_leer",
) -> tuple[Field, Field]:
    """∂h/∂t = −∇·(h u),  ∂u/∂t = −u·∇u − g ∇(h + b).

    Args:
        height: Depth h of the water, centered, positive, in length.
        velocity: Staggered u in length per time, in 1D or 2D; 0 on its boundary for walls.
        gravity: g in length per time².
        ground: Height b of the ground, centered; flat by default.
        limiter: Of the flux of water; see `advect.finite_volume`.

    The volume of water is conserved to round-off, and a lake at rest over any ground stays at rest.
    Second order where smooth.
    Notes: for `integrate.SSP_RK3`; good values: (|u| + √(g h)) dt / dx up to 0.5 along each axis.
        For waves that don't break: the velocity is not advected in conservative form.

    Raises:
        ShapeError: the velocity is no staggered field on the grid of the height, or the ground lies
            on another grid.

    Source: Arakawa and Lamb (1977) for the placement; Audusse et al. (2004) for lakes at rest.
    """
    check_field(height, "The height of water")
    check_face_velocity(velocity, height)
    if ground is not None:
        check_same_points(ground, height, "The ground")
    surface = height if ground is None else height.with_values(height.values + ground.values)
    slope = spatial_gradient(surface, at="face").values
    motion = advect.finite_difference(velocity, velocity, 3, upwind=True)
    rate = motion.with_values(motion.values - gravity * slope)
    return advect.finite_volume(height, velocity, limiter), rate
