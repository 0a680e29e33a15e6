"""The backward-facing step: a channel that suddenly widens, and how far the flow stays detached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from phimath.boundary import ZERO_GRADIENT
from phimath.create import vec
from phimath.elementwise import where
from phisim.field import StaggeredGrid
from phisim.geometry import Box
from phisim.physics.systems import navier_stokes_rate
from phisim.physics.validation.case import Case, Quantity, Run
from phisim.physics.validation.flow import Fields, Flow, stable_step

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field

# Erturk, Comput. Fluids 37 (2008), for Re = ū 2 H/ν with the height H of the inlet.
REATTACHMENT: Final = {100: 2.922, 200: 4.982, 300: 6.75, 400: 8.237}
LENGTH: Final = "reattachment, in heights of the step"
# In heights of the step; the expansion is 33/17 = 1.941, Erturk's 1.942.
INLET: Final = 17 / 16
UPSTREAM: Final = 2


def solve(cells: int, reynolds: int) -> Run:
    """The steady flow, on so many cells per height of the step, for a mean inflow of 1."""
    viscosity, downstream = 2 * INLET / reynolds, max(10, reynolds // 20)
    room = Box(x=(-UPSTREAM, downstream), y=(0, 1 + INLET))
    body = Box(x=(-UPSTREAM - 1, 0), y=(-1, 1))
    size = ((UPSTREAM + downstream) * cells, round((1 + INLET) * cells))
    sides = {"x-": _inflow, "x+": ZERO_GRADIENT, "y": 0}
    start = StaggeredGrid(0, sides, room, x=size[0], y=size[1])
    dt = stable_step(start.geometry, viscosity, speed=1.5, sticks=True)

    def rate(fields: Fields) -> Fields:
        return (navier_stokes_rate(fields[0], viscosity, body),)

    state = Flow(rate, dt, body).steady(start, longest=300.0, slowest=2e-4)
    values = {LENGTH: (REATTACHMENT[reynolds], _reattachment(state.velocity, cells))}
    return Run(size, dt, float(state.time), values)


def _inflow(location: Tensor) -> Tensor:
    y = location.vector["y"]
    part = (y - 1) / INLET
    return vec(x=where(y > 1, 6 * part * (1 - part), 0.0), y=0.0)


def _reattachment(velocity: Field, cells: int) -> float:
    """Where the friction at the floor turns positive for good; 0 if nowhere."""
    u = velocity.component("x").numpy("x,y")[UPSTREAM * cells :]
    friction = 9 * u[:, 0] - u[:, 1]  # of a parabola that vanishes on the floor
    behind = np.flatnonzero(friction[1:-1] < 0) + 1
    if not len(behind):
        return 0.0
    last = behind[-1]
    return float(last + friction[last] / (friction[last] - friction[last + 1])) / cells


def _case(reynolds: int, error: float) -> Case:
    return Case(
        f"step-{reynolds}",
        f"backward-facing step, Re {reynolds}",
        "Erturk (2008)",
        (Quantity(LENGTH, 0.03, error, is_relative=True),),
        solve,
        published=16,
        reduced=16 if reynolds == 100 else 8,
        setup={"reynolds": reynolds},
    )


CASES: Final = (_case(100, 0.02), _case(200, 0.011), _case(300, 0.01), _case(400, 0.01))
