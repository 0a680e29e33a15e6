"""Explicit steps of incompressible flow, and steady states by them.

Second order in space and time, with a steady state that doesn't depend on the step: where the rate
of change is a pressure gradient, the projection takes it away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from phimath.elementwise import abs as magnitude
from phimath.elementwise import maximum
from phimath.reduce import max as max_of
from phimath.solve import Solve
from phimath.transform import iterate, jit_compile
from phimath.wrap import wrap
from phisim.physics import fluid, integrate

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.geometry import Geometry, UniformGrid

Fields = tuple["Field", ...]
Rate = Callable[[Fields], Fields]

# Of what a von Neumann analysis of Adams-Bashforth 2 allows.
SAFETY: Final = 0.8
# Of solves around bodies, which start from the pressure of the step before.
TOLERANCE: Final = 1e-4


class State(NamedTuple):
    """Fields, of which the first is the velocity, their last rates, and the pressure.

    change: largest change of a value in the last step, per time.
    """

    fields: Fields
    rates: Fields
    pressure: Field
    time: Tensor
    change: Tensor

    @property
    def velocity(self) -> Field:
        """The first field."""
        return self.fields[0]


@final
@dataclass(frozen=True)
class Flow:
    """How fields change, by steps of one length, around a body or none.

    rate: of change, but for the pressure.
    """

    rate: Rate
    dt: float
    body: Geometry | None = None

    def start(self, *fields: Field) -> State:
        """State before the first step, which is one of Euler's method."""
        velocity, pressure = fluid.make_incompressible(fields[0], self._obstacles, dt=self.dt)
        fields = (velocity, *fields[1:])
        return State(fields, self.rate(fields), pressure, wrap(0.0), wrap(float("inf")))

    def step(self, state: State) -> State:
        """One step of Adams-Bashforth 2, and a projection of the velocity."""
        fields, (rates, _) = integrate.adams_bashforth(
            self.rate, state.fields, self.dt, (state.rates,)
        )
        settings = Solve(x0=state.pressure, rel_tol=None if self.body is None else TOLERANCE)
        velocity, pressure = fluid.make_incompressible(
            fields[0], self._obstacles, settings, dt=self.dt
        )
        new = (velocity, *fields[1:])
        change = wrap(0.0)
        for before, after in zip(state.fields, new, strict=True):
            difference = magnitude(after.values - before.values)
            change = maximum(change, max_of(difference, None) / self.dt)
        return State(new, rates, pressure, state.time + self.dt, change)

    def steady(self, *fields: Field, longest: float, slowest: float) -> State:
        """The state once it changes more slowly than `slowest` per time, or after the longest."""

        @jit_compile
        def run(state: State) -> State:
            def is_steady(state: State) -> Tensor:
                return state.change < slowest

            return iterate(self.step, round(longest / self.dt), state, until=is_steady)

        return run(self.start(*fields))

    def after(self, steps: int, *fields: Field) -> State:
        """The state after a number of steps."""

        @jit_compile
        def run(state: State) -> State:
            return iterate(self.step, steps, state)

        return run(self.start(*fields))

    @property
    def _obstacles(self) -> Any:
        return () if self.body is None else self.body


def stable_step(
    grid: UniformGrid, diffusivity: float, speed: float, *, sticks: bool = False
) -> float:
    """Step of Adams-Bashforth 2 with central differences.

    sticks: whether there are bodies that the fluid sticks to.

    Diffusion allows dx²/(8 ν) in 2D, half of that beside bodies; advection, whose eigenvalues are
    imaginary, Courant numbers of about a half where some diffusion damps what the method amplifies.
    """
    spacings = [float(grid.spacing(axis)) for axis in grid.axes]
    diffusive = (0.5 if sticks else 1) / (4 * diffusivity * sum(1 / dx**2 for dx in spacings))
    advective = 0.5 / sum(speed / dx for dx in spacings) if speed else diffusive
    return SAFETY * min(diffusive, advective)
