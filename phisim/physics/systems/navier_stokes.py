"""The Navier-Stokes equations of incompressible flow, also with buoyancy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phisim.field.resample import resample
from phisim.physics import advect, diffuse
from phisim.physics.acceleration import buoyancy
from phisim.physics.check import check_face_velocity, check_field
from phisim.physics.runge_kutta import incompressible_rk4, projected_rk4

if TYPE_CHECKING:
    from phimath.solve import Solve
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def navier_stokes_rate(velocity: Field, viscosity: float | Tensor, obstacles: Any = ()) -> Field:
    """−u·∇u + ν ∇²u: how a velocity changes, but for its pressure.

    Args:
        velocity: Staggered u, length per time.
        viscosity: ν in length² per time.
        obstacles: Bodies that the fluid sticks to.

    Central differences, second order in space.
    Notes: for `fluid.incompressible_rk4`, or any explicit method with a projection after it.
    """
    carried = advect.finite_difference(velocity, velocity)
    friction = diffuse.finite_difference(velocity, viscosity, obstacles=obstacles)
    return carried.with_values(carried.values + friction.values)


def navier_stokes(
    velocity: Field,
    pressure: Field | None,
    dt: float | Tensor,
    *,
    viscosity: float | Tensor,
    force: Any = 0.0,
    obstacles: Any = (),
    solve: Solve | None = None,
) -> tuple[Field, Field]:
    """One step of ∂u/∂t = −u·∇u − ∇p + ν ∇²u + f with ∇·u = 0.

    Args:
        velocity: Staggered u, length per time, without divergence; its boundary says what sides do,
            see `phisim.physics.sides`.
        pressure: p over the density, of the step before, to start from; `None` at first.
        dt: Time step.  Good values: Courant number below 1, ν dt Σ 1/dxᵢ² below 0.6, with obstacles
            0.3.
        viscosity: ν in length² per time.
        force: f, an acceleration: a number, vector, or field.
        obstacles: Geometries at rest, to which the fluid sticks.
        solve: Settings of the projections.

    Central differences, second order in space; classical Runge-Kutta, fourth order in time.
    Notes: waves of two cells are not damped but by viscosity: |u| dx / ν below 2 is safe.

    Source: Sanderse and Koren, J. Comput. Phys. 231 (2012).
    """
    check_face_velocity(velocity, velocity)
    push = resample(force, to=velocity).values

    def rate(u: Field) -> Field:
        change = navier_stokes_rate(u, viscosity, obstacles)
        return change.with_values(change.values + push)

    return incompressible_rk4(rate, velocity, pressure, dt, obstacles, solve)


def boussinesq(
    velocity: Field,
    temperature: Field,
    pressure: Field | None,
    dt: float | Tensor,
    *,
    viscosity: float | Tensor,
    diffusivity: float | Tensor,
    gravity: Any,
    expansion: float | Tensor = 1.0,
    reference: float | Tensor = 0.0,
    obstacles: Any = (),
    solve: Solve | None = None,
) -> tuple[Field, Field, Field]:
    """One step of flow driven by differences of temperature, in a fluid of nearly one density.

    ∂u/∂t = −u·∇u − ∇p + ν ∇²u − g β (T − T₀),  ∂T/∂t = −u·∇T + α ∇²T,  ∇·u = 0.

    Args:
        velocity: Staggered u, length per time, without divergence.
        temperature: Centered T on the same grid.
        pressure: p over the density, of the step before; `None` at first.
        dt: Time step; as for `navier_stokes`, and α dt Σ 1/dxᵢ² below 0.6.
        viscosity: ν in length² per time.
        diffusivity: α in length² per time.
        gravity: g, a vector or tuple pointing down, length per time².
        expansion: β, one per unit of T.
        reference: T₀.
        obstacles: Geometries at rest, to which heat is not bound.
        solve: Settings of the projections.

    Second order in space, fourth in time.  The Rayleigh number is g β ΔT H³ / (ν α), the Prandtl
    number ν / α.

    Returns: velocity, temperature, pressure.

    Source: Tritton, Physical Fluid Dynamics (1988), chapter 14.
    """
    check_field(temperature, "A temperature")
    check_face_velocity(velocity, temperature)

    def rate(state: tuple[Field, ...]) -> tuple[Field, ...]:
        u, warmth = state
        lift = buoyancy(warmth, gravity, u, expansion=expansion, reference=reference)
        carried = advect.finite_difference(warmth, u)
        spread = diffuse.finite_difference(warmth, diffusivity)
        change = carried.with_values(carried.values + spread.values)
        moved = navier_stokes_rate(u, viscosity, obstacles)
        return moved.with_values(moved.values + lift.values), change

    state, pressure = projected_rk4(
        rate, (velocity, temperature), pressure, dt, obstacles, solve, 1.0
    )
    return state[0], state[1], pressure
