"""Incompressible flow: the pressure projection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.dtype import precision_bits
from phimath.elementwise import where
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.solve import Solve, solve_linear
from phimath.solve.separable import Separable
from phimath.transform.gradient import stop_gradient
from phisim.field.boundary import pressure_boundary
from phisim.field.calculus import divergence, face_difference
from phisim.field.field import HOOKS, Field
from phisim.physics.balance import check_balance
from phisim.physics.check import (
    check_field,
    check_scale,
    check_solve,
    check_time_step,
    check_velocity,
)
from phisim.physics.obstacle import Obstacle, apertures, as_obstacles
from phisim.physics.pressure import is_enclosed, pressure_operator
from phisim.physics.sides import FREE_SLIP as FREE_SLIP
from phisim.physics.sides import NO_SLIP as NO_SLIP
from phisim.physics.sides import OUTFLOW as OUTFLOW
from phisim.physics.sides import convective_outflow as convective_outflow
from phisim.physics.sides import moving_wall as moving_wall
from phisim.physics.sides import parabolic_inflow as parabolic_inflow
from phisim.physics.sides import partial_slip as partial_slip

if TYPE_CHECKING:
    from phimath.sparse import StencilOperator
    from phimath.tensor import Tensor

# Default for ‖residual‖ / ‖right-hand side‖: the norm bounds the largest divergence, which is to be
# 1e-5 and 1e-12 of max |v| / Δx.
DIVERGENCE_TOLERANCE = {16: 1e-3, 32: 1e-6, 64: 1e-13}


def make_incompressible(
    velocity: Field,
    obstacles: Any = (),
    solve: Solve | None = None,
    *,
    dt: float | Tensor = 1.0,
    density: float | Tensor = 1.0,
) -> tuple[Field, Field]:
    """Subtract a pressure gradient so that as much flows into each cell as out of it.

    Solves ∇·(a ∇p) = ρ/dt ∇·(a u + (1 − a) u_solid) for the pressure p, with the open fraction a of
    each face, and sets u ← u − dt/ρ ∇p. Faces covered by a solid move with it.  Where the boundary
    prescribes the velocity the pressure has no gradient, at open sides it is zero; without an open
    side its mean is zero.

    Args:
        velocity: Staggered field, length per time.
        obstacles: Solid bodies: one or several `Obstacle` or geometries (at rest).
        solve: Settings of the linear solve; its x0 may be the pressure of the previous step.  Its
            rel_tol is by default ten times below that of other solves, so that the largest
            divergence is small, too.
        dt: Time step that the pressure refers to; with dt = 1 and density = 1 it is the classic
            pressure correction.
        density: Mass per volume.

    Returns: velocity with zero flux divergence up to the solve's tolerance, and pressure (mass per
        length per time² for the real dt).

    Raises:
        ShapeError: if the velocity is not staggered, or obstacles have other axes.
        ValueRangeError: if dt is 0 or not finite, or the density is not positive.
        DTypeError: if dt or the density is no real number, or `solve` no `Solve`.
        BoundaryError: if more flows into a domain without an open side than out of it.
        NotConverged: if the solve fails; its `.result` has the partial result.

    Source: Chorin, Numerical solution of the Navier-Stokes equations, Math. Comp. 22 (1968);
        apertures as in `obstacle.apertures`.
    """
    check_field(velocity, "A velocity")
    check_velocity(velocity, velocity.axes)
    check_time_step(dt)
    check_scale(dt, density)
    check_solve(solve)
    if not velocity.is_staggered:
        raise ShapeError(
            "make_incompressible needs a staggered velocity, but got values at cell centers. Use "
            "velocity.at_faces()."
        )
    settings = solve or Solve()
    if settings.rel_tol is None:
        settings = replace(settings, rel_tol=DIVERGENCE_TOLERANCE[precision_bits()])
    solids = as_obstacles(obstacles, velocity.axes) if obstacles != () else ()
    boundary = pressure_boundary(velocity.boundary, velocity.axes)
    open_fraction = solid_velocity = None
    if solids:
        open_fraction, solid_velocity = apertures(velocity, solids)
    if is_enclosed(boundary, velocity.axes):
        check_balance(velocity)
    operator = pressure_operator(velocity, boundary, open_fraction)
    flux = _flux(velocity, open_fraction, solid_velocity)
    scale = density / dt
    rhs = -scale * divergence(flux).values
    guess = settings.x0.values if isinstance(settings.x0, Field) else settings.x0
    values = solve_linear(operator, rhs, replace(settings, x0=guess))
    pressure = Field(velocity.geometry, values, boundary)
    corrected = _corrected(velocity, pressure, scale, open_fraction, solid_velocity)
    return _without_rest(corrected, pressure, operator, scale)


def _without_rest(
    velocity: Field, pressure: Field, operator: StencilOperator, scale: float | Tensor
) -> tuple[Field, Field]:
    """Projected once more, where that is cheap.

    Rounding a pressure that is large beside Δx max |v| leaves a divergence that the velocity shows,
    but not the pressure: 3e-5 of max |v| / Δx for smooth flow in 256² cells and 32 bit, 6e-14 in 64
    bit, where once is enough.  The derivative is that of the first projection, which is exact.
    """
    inverse = None if precision_bits() == 64 else Separable.of(operator)
    if inverse is None:
        return velocity, pressure
    change = inverse.apply(stop_gradient(-scale * divergence(velocity).values))
    rest = replace(pressure, values=change)
    return (
        _corrected(velocity, rest, scale, None, None),
        replace(pressure, values=pressure.values + change),
    )


def flux_divergence(velocity: Field, obstacles: Any = ()) -> Field:
    """Divergence of the flow through open parts of faces and of what solids displace.

    Zero after the projection.
    """
    check_velocity(velocity, velocity.axes)
    solids = as_obstacles(obstacles, velocity.axes) if obstacles != () else ()
    return divergence(_flux(velocity, *apertures(velocity, solids)) if solids else velocity)


def _flux(velocity: Field, open_fraction: Tensor | None, solid_velocity: Tensor | None) -> Field:
    if open_fraction is None or solid_velocity is None:
        return velocity
    values = open_fraction * velocity.values + (1.0 - open_fraction) * solid_velocity
    return HOOKS["prescribe"](velocity.with_values(values))


def _corrected(
    velocity: Field,
    pressure: Field,
    scale: float | Tensor,
    open_fraction: Tensor | None,
    solid_velocity: Tensor | None,
) -> Field:
    components = []
    for axis in velocity.axes:
        slope = face_difference(pressure.values, pressure.boundary, axis, pressure)
        component = velocity.component(axis) - slope / scale
        if open_fraction is not None and solid_velocity is not None:
            is_open = open_fraction.vector[axis] > 0
            component = where(is_open, component, solid_velocity.vector[axis])
        components.append(component)
    result = velocity.with_values(stack(components, velocity.geometry.vector))
    return HOOKS["prescribe"](result)


__all__ = [
    "FREE_SLIP",
    "NO_SLIP",
    "OUTFLOW",
    "Obstacle",
    "convective_outflow",
    "flux_divergence",
    "make_incompressible",
    "moving_wall",
    "parabolic_inflow",
    "partial_slip",
]
