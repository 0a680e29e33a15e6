"""Reaction and diffusion of two substances that make patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phisim.field.calculus import laplace
from phisim.physics.check import check_field, check_same_points

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def gray_scott_rate(
    u: Field,
    v: Field,
    *,
    feed: float | Tensor = 0.04,
    kill: float | Tensor = 0.06,
    diffusivity_u: float | Tensor = 0.16,
    diffusivity_v: float | Tensor = 0.08,
) -> tuple[Field, Field]:
    """∂u/∂t = D_u ∇²u − u v² + F (1 − u),  ∂v/∂t = D_v ∇²v + u v² − (F + k) v.

    Args:
        u: Concentration of the substance that is fed, centered.
        v: Concentration of the one that is made of it, on the same grid.
        feed: F per time.
        kill: k per time.
        diffusivity_u: D_u in length² per time.
        diffusivity_v: D_v in length² per time.

    Notes: for any explicit method with D dt Σ 1/dxᵢ² below 1/2, e.g. dt = 1 for cells of size 1.
        Spots at F = 0.035, k = 0.065; stripes at F = 0.04, k = 0.06.

    Raises:
        ShapeError: the two lie on different points.

    Source: Pearson, Complex patterns in a simple system, Science 261 (1993).
    """
    check_field(u, "A concentration")
    check_same_points(v, u, "The other concentration")
    made = u.values * v.values * v.values
    change_u = diffusivity_u * laplace(u).values - made + feed * (1.0 - u.values)
    change_v = diffusivity_v * laplace(v).values + made - (feed + kill) * v.values
    return u.with_values(change_u), v.with_values(change_v)
