"""The channel of Schäfer and Turek: flow around a cylinder near the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from phimath.boundary import ZERO_GRADIENT
from phimath.create import vec
from phimath.elementwise import where
from phimath.transform import iterate, jit_compile
from phimath.wrap import wrap
from phisim.field import StaggeredGrid
from phisim.field.sample import cell_coordinates, sample_component
from phisim.geometry import Box, Sphere
from phisim.physics.sides import parabolic_inflow
from phisim.physics.systems import navier_stokes_rate
from phisim.physics.validation.case import Case, Quantity, Run
from phisim.physics.validation.flow import Fields, Flow, State, stable_step

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field

LENGTH, HEIGHT, DIAMETER, VISCOSITY = 2.2, 0.41, 0.1, 1e-3
CHANNEL: Final = Box(x=LENGTH, y=HEIGHT)
CYLINDER: Final = Sphere(x=0.2, y=0.2, radius=DIAMETER / 2)
PROBE: Final = vec(x=0.4, y=0.2)
DRAG: Final = "drag coefficient"
STROUHAL: Final = "Strouhal number"


class Waves(NamedTuple):
    """State, and the waves that passed the probe since the vortex street was there.

    value: of v at the probe; first, last: times of the first and of the last rise through 0.
    """

    state: State
    value: Tensor
    first: Tensor
    last: Tensor
    passed: Tensor


def steady(cells: int) -> Run:
    """Re 20: the drag."""
    flow, start, size = _flow(cells, fastest=0.3)
    state = flow.after(round(4.0 / flow.dt), start)
    coefficient = 2 * _force(state, size) / (0.2**2 * DIAMETER)
    return Run(size, flow.dt, float(state.time), {DRAG: (5.57953523384, coefficient)})


def shedding(cells: int, settled: float = 4.0, end: float = 7.0) -> Run:
    """Re 100: the frequency of the vortex street."""
    flow, start, size = _flow(cells, fastest=1.5)
    probe = cell_coordinates(start.geometry, {axis: PROBE.vector[axis] for axis in start.axes})

    @jit_compile
    def run(waves: Waves) -> Waves:
        def step(waves: Waves) -> Waves:
            state = flow.step(waves.state)
            value = sample_component(state.velocity, "y", probe)
            rises = (waves.value < 0) & (value >= 0) & (state.time > settled)
            time = state.time - flow.dt * value / where(rises, value - waves.value, 1.0)
            first = where(rises & (waves.passed == 0), time, waves.first)
            last = where(rises, time, waves.last)
            return Waves(state, value, first, last, waves.passed + where(rises, 1.0, 0.0))

        return iterate(step, round(end / flow.dt), waves)

    zero = wrap(0.0)
    waves = run(Waves(flow.start(start), zero, zero, zero, zero))
    period = float(waves.last - waves.first) / max(float(waves.passed) - 1, 1)
    values = {STROUHAL: (0.3, DIAMETER / period if period else 0.0)}
    return Run(size, flow.dt, float(waves.state.time), values)


def _flow(cells: int, fastest: float) -> tuple[Flow, Field, tuple[int, int]]:
    """For a parabolic inflow of this largest speed, on so many cells across the channel."""
    size = (round(LENGTH / HEIGHT * cells), cells)
    sides = {"x-": parabolic_inflow("x-", CHANNEL, fastest), "x+": ZERO_GRADIENT, "y": 0}
    start = StaggeredGrid(0, sides, CHANNEL, x=size[0], y=size[1])

    def rate(fields: Fields) -> Fields:
        return (navier_stokes_rate(fields[0], VISCOSITY, CYLINDER),)

    dt = stable_step(start.geometry, VISCOSITY, speed=1.5 * fastest, sticks=True)
    return Flow(rate, dt, CYLINDER), start, size


def _force(state: State, size: tuple[int, int]) -> float:
    """Along x on the body, per density: what flows into a box around it and not out again."""
    u, v = (state.velocity.component(axis).numpy("x,y") for axis in ("x", "y"))
    p = state.pressure.values.numpy("x,y")
    dx, dy = LENGTH / size[0], HEIGHT / size[1]
    left, right = round(0.1 / dx), round(0.32 / dx)
    low, high = round(0.1 / dy), round(0.3 / dy)

    def through_vertical(i: int) -> float:
        strain = (u[i + 1] - u[i - 1]) / (2 * dx)
        flux = u[i] ** 2 + (p[i - 1] + p[i]) / 2 - VISCOSITY * strain
        return float(np.sum(flux[low:high])) * dy

    def through_horizontal(j: int) -> float:
        above, below = ((u[1:, row] + u[:-1, row]) / 2 for row in (j, j - 1))
        flux = (above + below) / 2 * v[:, j] - VISCOSITY * (above - below) / dy
        return float(np.sum(flux[left:right])) * dx

    return (
        through_vertical(left) - through_vertical(right)
        + through_horizontal(low) - through_horizontal(high)
    )  # fmt: skip


SOURCE: Final = "Schäfer and Turek, Notes Numer. Fluid Mech. 52 (1996)"
CASES: Final = (
    Case(
        "cylinder-2d-1",
        "flow around a cylinder in a channel, Re 20",
        SOURCE,
        (Quantity(DRAG, 0.02, error=3e-3, is_relative=True),),
        steady,
        published=82,
        reduced=24,
        setup={},
    ),
    Case(
        "cylinder-2d-2",
        "vortex street behind a cylinder in a channel, Re 100",
        SOURCE,
        (Quantity(STROUHAL, 0.03, error=0.01, is_relative=True),),
        shedding,
        published=82,
        reduced=24,
        setup={},
    ),
)
