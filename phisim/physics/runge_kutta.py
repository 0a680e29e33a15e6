"""Incompressible flow by Runge-Kutta methods."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.solve import Solve
from phisim.physics.check import check_face_velocity, check_time_step
from phisim.physics.integrate import RK4, advanced
from phisim.physics.obstacle import as_obstacles
from phisim.physics.projection import make_incompressible

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field


def incompressible_rk4(
    rate: Callable[[Field], Field],
    velocity: Field,
    pressure: Field | None,
    dt: float | Tensor,
    obstacles: Any = (),
    solve: Solve | None = None,
    *,
    density: float | Tensor | Field = 1.0,
) -> tuple[Field, Field]:
    """One step of ∂u/∂t = rate(u) − ∇p/ρ with ∇·u = 0, of fourth order in time.

    Args:
        rate: Of the velocity but for the pressure, such as
            `lambda u: advect.finite_difference(u, u) + diffuse.finite_difference(u, 0.01)`.
        velocity: Staggered, without divergence.
        pressure: That of the step before, to start from, or `None`.
        dt: Time step.
        obstacles: Geometries at rest.
        solve: Settings of each of the four projections.
        density: As for `make_incompressible`.

    Each stage is projected, which is the same as to project its rate: what remains is a system of
    ordinary equations, so that the method keeps its order where sides don't change in time.

    Returns: velocity, and the mean pressure during the step.

    Source: Sanderse and Koren, Accuracy analysis of explicit Runge-Kutta methods applied to the
        incompressible Navier-Stokes equations, J. Comput. Phys. 231 (2012).
    """
    check_face_velocity(velocity, velocity)
    check_time_step(dt)
    bodies = as_obstacles(obstacles, velocity.axes) if obstacles != () else ()
    settings, state, rates = solve or Solve(), velocity, []
    rows = zip((*RK4.stages, RK4.weights), (*RK4.nodes[1:], 1.0), strict=True)
    for row, node in rows:
        rates.append(rate(state))
        state, pressure = make_incompressible(
            advanced(velocity, dt, row, rates),
            bodies,
            replace(settings, x0=pressure),
            dt=node * dt,
            density=density,
        )
    assert pressure is not None
    return state, pressure


__all__ = ["incompressible_rk4"]
