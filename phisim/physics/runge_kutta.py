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
    state, pressure = projected_rk4(
        lambda fields: (rate(fields[0]),), (velocity,), pressure, dt, obstacles, solve, density
    )
    return state[0], pressure


def projected_rk4(
    rate: Callable[[tuple[Field, ...]], tuple[Field, ...]],
    start: tuple[Field, ...],
    pressure: Field | None,
    dt: float | Tensor,
    obstacles: Any,
    solve: Solve | None,
    density: float | Tensor | Field,
) -> tuple[tuple[Field, ...], Field]:
    """The same for fields of which the first is the velocity, and the others are not projected."""
    check_face_velocity(start[0], start[0])
    check_time_step(dt)
    bodies = as_obstacles(obstacles, start[0].axes)
    settings, state = solve or Solve(), start
    rates: list[tuple[Field, ...]] = []
    for row, node in zip((*RK4.stages, RK4.weights), (*RK4.nodes[1:], 1.0), strict=True):
        rates.append(rate(state))
        moved: tuple[Field, ...] = advanced(start, dt, row, rates)
        projected, pressure = make_incompressible(
            moved[0], bodies, replace(settings, x0=pressure), dt=node * dt, density=density
        )
        state = (projected, *moved[1:])
    assert pressure is not None
    return state, pressure


__all__ = ["incompressible_rk4", "projected_rk4"]
