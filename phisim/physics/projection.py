"""The projection of a flow onto those without divergence, by a pressure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.create import vector_of
from phimath.dtype import precision_bits
from phimath.elementwise import where
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.solve import Solve, solve_linear
from phimath.solve.separable import Separable
from phimath.transform.gradient import stop_gradient
from phisim.field.calculus import divergence
from phisim.field.field import HOOKS, Field
from phisim.physics.balance import check_balance
from phisim.physics.check import (
    check_field,
    check_solve,
    check_time_step,
    check_velocity,
)
from phisim.physics.obstacle import apertures, as_obstacles
from phisim.physics.pressure import PressureEquation

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
    density: float | Tensor | Field = 1.0,
    active: Field | Tensor | None = None,
) -> tuple[Field, Field]:
    """Subtract a pressure gradient so that as much flows into each cell as out of it.

    Solves ∇·(a/ρ ∇p) = 1/dt ∇·(a u + (1 − a) u_solid) for the pressure p, with the open fraction a
    of each face, and sets u ← u − dt/ρ ∇p. Faces covered by a solid move with it.  Where the
    boundary prescribes the velocity the pressure has no gradient, at open sides it is zero or that
    of the `fluid.PressureOutlet`; without an open side its mean is zero.

    Args:
        velocity: Staggered field, length per time.
        obstacles: Solid bodies: one or several `Obstacle` or geometries (at rest).
        solve: Settings of the linear solve; its x0 may be the pressure of the previous step.  Its
            rel_tol is by default ten times below that of other solves, so that the largest
            divergence is small, too.
        dt: Time step that the pressure refers to; with dt = 1 and density = 1 it is the classic
            pressure correction.
        density: Mass per volume: a number, or one per cell (a centered field or a tensor), of which
            faces have the mean of their two cells.
        active: 1 in cells full of fluid, 0 in others, per cell.  In these, such as the air above
            a free surface, the pressure is zero, and the velocity between two of them stays.

    Returns: velocity with zero flux divergence up to the solve's tolerance, and pressure (mass per
        length per time² for the real dt).

    Warns of obstacles outside of the domain, filling it, or thinner than a cell.

    Raises:
        ShapeError: if the velocity is not staggered, obstacles have other axes, or the density or
            the mask lie on another grid.
        ValueRangeError: if dt is 0 or not finite, or the density is not positive.
        DTypeError: if dt or the density is no real number, or `solve` no `Solve`.
        BoundaryError: if more flows into a domain without an open side than out of it.
        NotConverged: if the solve fails; its `.result` has the partial result.

    Source: Chorin, Numerical solution of the Navier-Stokes equations, Math. Comp. 22 (1968);
        apertures as in `obstacle.apertures`; Bridson, Fluid Simulation (2015), chapter 8, for air.
    """
    check_field(velocity, "A velocity")
    check_velocity(velocity, velocity.axes)
    check_time_step(dt)
    check_solve(solve)
    if not velocity.is_staggered:
        raise ShapeError(
            "make_incompressible needs a staggered velocity, but got values at cell centers. Use "
            "velocity.at_faces()."
        )
    settings = solve or Solve()
    if settings.rel_tol is None:
        settings = replace(settings, rel_tol=DIVERGENCE_TOLERANCE[precision_bits()])
    solids = as_obstacles(obstacles, velocity.axes)
    open_fraction = solid_velocity = None
    if solids:
        open_fraction, solid_velocity = apertures(velocity, solids, check=True)
    equation = PressureEquation.of(velocity, dt, density, open_fraction, active)
    if equation.is_enclosed:
        check_balance(velocity)
    operator = equation.operator()
    rhs = equation.right_hand_side(_flux(velocity, open_fraction, solid_velocity))
    guess = settings.x0.values if isinstance(settings.x0, Field) else settings.x0
    values = solve_linear(operator, rhs, replace(settings, x0=guess))
    pressure = Field(velocity.geometry, values, equation.boundary)
    corrected = _corrected(velocity, pressure, equation, solid_velocity)
    return _without_rest(corrected, pressure, operator, equation)


def _without_rest(
    velocity: Field, pressure: Field, operator: StencilOperator, equation: PressureEquation
) -> tuple[Field, Field]:
    """Projected once more, where that is cheap.

    Rounding a pressure that is large beside Δx max |v| leaves a divergence that the velocity shows,
    but not the pressure: 3e-5 of max |v| / Δx for smooth flow in 256² cells and 32 bit, 6e-14 in 64
    bit, where once is enough.  The derivative is that of the first projection, which is exact.
    """
    inverse = None if precision_bits() == 64 else Separable.of(operator)
    if inverse is None:
        return velocity, pressure
    change = inverse.apply(stop_gradient(-equation.scale * divergence(velocity).values))
    rest = replace(pressure, values=change, boundary=equation.boundary_of_change())
    return (
        _corrected(velocity, rest, equation, None),
        replace(pressure, values=pressure.values + change),
    )


def apply_boundary_conditions(velocity: Field, obstacles: Any = ()) -> Field:
    """The velocity with that of the sides and bodies where these are.

    Faces that a body covers, or cells whose center lies in it, move with it; the rest is unchanged.

    Args:
        velocity: Centered or staggered.
        obstacles: One or several `Obstacle` or geometries (at rest).
    """
    check_field(velocity, "A velocity")
    check_velocity(velocity, velocity.axes)
    solids = as_obstacles(obstacles, velocity.axes)
    if velocity.is_centered:
        values = velocity.values
        for solid in solids:
            own = vector_of(solid.velocity_at(velocity.points))
            values = where(solid.geometry.lies_inside(velocity.points), own, values)
        return velocity.with_values(values)
    if solids:
        open_fraction, solid_velocity = apertures(velocity, solids)
        values = where(open_fraction > 0, velocity.values, solid_velocity)
        velocity = velocity.with_values(values)
    return HOOKS["prescribe"](velocity)


def flux_divergence(velocity: Field, obstacles: Any = ()) -> Field:
    """Divergence of the flow through open parts of faces and of what solids displace.

    Zero after the projection.
    """
    check_velocity(velocity, velocity.axes)
    solids = as_obstacles(obstacles, velocity.axes)
    return divergence(_flux(velocity, *apertures(velocity, solids)) if solids else velocity)


def _flux(velocity: Field, open_fraction: Tensor | None, solid_velocity: Tensor | None) -> Field:
    if open_fraction is None or solid_velocity is None:
        return velocity
    values = open_fraction * velocity.values + (1.0 - open_fraction) * solid_velocity
    return HOOKS["prescribe"](velocity.with_values(values))


def _corrected(
    velocity: Field,
    pressure: Field,
    equation: PressureEquation,
    solid_velocity: Tensor | None,
) -> Field:
    components = []
    for axis in velocity.axes:
        component = velocity.component(axis) + equation.correction(pressure, axis)
        if equation.open_fraction is not None and solid_velocity is not None:
            is_open = equation.open_fraction.vector[axis] > 0
            component = where(is_open, component, solid_velocity.vector[axis])
        components.append(component)
    result = velocity.with_values(stack(components, velocity.geometry.vector))
    return HOOKS["prescribe"](result)


__all__ = ["apply_boundary_conditions", "flux_divergence", "make_incompressible"]
