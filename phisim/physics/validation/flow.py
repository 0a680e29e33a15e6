"""Explicit steps of incompressible flow, and steady states by them.

Second order in space and time, with a steady state that doesn't depend on the step: where the rate
of change is a pressure gradient, the projection takes it away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from phimath.elementwise import abs as magnitude
from phimath.elementwise import maximum
from phimath.reduce import max as max_of
from phimath.transform import iterate, jit_compile
from phimath.wrap import wrap
from phisim.field.calculus import laplace
from phisim.physics import advect, fluid, integrate

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.geometry import UniformGrid

Fields = tuple["Field", ...]
Rate = Callable[[Fields], Fields]

# Of what a von Neumann analysis of Adams-Bashforth 2 allows.
SAFETY: Final = 0.8


class State(NamedTuple):
    """Fields, of which the first is the velocity, and their last rates.

    change: largest change of a value in the last step, per time.
    """

    fields: Fields
    rates: Fields
    time: Tensor
    change: Tensor


def momentum(velocity: Field, viscosity: float) -> Field:
    """−u·∇u + ν ∇²u."""
    advection = advect.finite_difference(velocity, velocity)
    return advection.with_values(advection.values + viscosity * laplace(velocity).values)


def started(fields: Fields, rate: Rate) -> State:
    """State before the first step, which is one of Euler's method."""
    return State(fields, rate(fields), wrap(0.0), wrap(float("inf")))


def step(state: State, rate: Rate, dt: float, obstacles: Any = ()) -> State:
    """One step of Adams-Bashforth 2, and a projection of the velocity."""
    fields, (rates, _) = integrate.adams_bashforth(rate, state.fields, dt, (state.rates,))
    velocity, _ = fluid.make_incompressible(fields[0], obstacles, dt=dt)
    new = (velocity, *fields[1:])
    change = wrap(0.0)
    for before, after in zip(state.fields, new, strict=True):
        difference = magnitude(after.values - before.values)
        change = maximum(change, max_of(difference, None) / dt)
    return State(new, rates, state.time + dt, change)


def steady(
    fields: Fields, rate: Rate, dt: float, longest: float, slowest: float
) -> tuple[Fields, float]:
    """Fields once they change more slowly than `slowest` per time, and the time that it took."""

    @jit_compile
    def run(state: State) -> State:
        def advance(state: State) -> State:
            return step(state, rate, dt)

        def is_steady(state: State) -> Tensor:
            return state.change < slowest

        return iterate(advance, round(longest / dt), state, until=is_steady)

    state = run(started(fields, rate))
    return state.fields, float(state.time)


def after(fields: Fields, rate: Rate, dt: float, steps: int) -> Fields:
    """Fields after a number of steps."""

    @jit_compile
    def run(state: State) -> State:
        def advance(state: State) -> State:
            return step(state, rate, dt)

        return iterate(advance, steps, state)

    return run(started(fields, rate)).fields


def stable_step(grid: UniformGrid, diffusivity: float, speed: float) -> float:
    """Step of Adams-Bashforth 2 with central differences.

    Diffusion allows dx²/(8 ν) in 2D; advection, whose eigenvalues are imaginary, Courant numbers of
    about a half where some diffusion damps what the method amplifies.
    """
    spacings = [float(grid.spacing(axis)) for axis in grid.axes]
    diffusive = 1 / (4 * diffusivity * sum(1 / dx**2 for dx in spacings))
    advective = 0.5 / sum(speed / dx for dx in spacings) if speed else diffusive
    return SAFETY * min(diffusive, advective)
