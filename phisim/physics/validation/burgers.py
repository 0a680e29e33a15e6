"""Burgers' equation: a sine wave that steepens to a front."""

from __future__ import annotations

import math
from typing import Final

from phimath.boundary import PERIODIC
from phimath.create import vec
from phimath.elementwise import sin
from phimath.reduce import max as max_of
from phimath.transform import iterate, jit_compile
from phisim.field import CenteredGrid
from phisim.field.field import Field
from phisim.geometry import Box
from phisim.physics import diffuse, integrate
from phisim.physics.systems import burgers_rate
from phisim.physics.validation.case import Case, Quantity, Run

SLOPE: Final = "largest |∂u/∂x| at t = 1.6037/π"
VISCOSITY: Final = 0.01 / math.pi
END_TIME: Final = 1.6037 / math.pi


def solve(cells: int) -> Run:
    """U = −sin πx on −1 < x < 1, until it is steepest."""
    start = CenteredGrid(lambda x: vec(x=-sin(math.pi * x)), PERIODIC, Box(x=(-1, 1)), x=cells)
    dx = 2 / cells
    limit = min(dx, diffuse.stability_limit(start.geometry, VISCOSITY))
    steps = math.ceil(END_TIME / (0.5 * limit))
    dt = END_TIME / steps

    @jit_compile
    def run(velocity: Field) -> Field:
        def step(velocity: Field) -> Field:
            return integrate.runge_kutta(
                lambda u: burgers_rate(u, VISCOSITY), velocity, dt, integrate.SSP_RK3
            )

        return iterate(step, steps, velocity)

    u = run(start).component("x")
    slope = (u.x[:-1] - u.x[1:]) / dx  # between cells, where the front stands
    return Run((cells,), dt, END_TIME, {SLOPE: (152.00516, float(max_of(slope, None)))})


CASES: Final = (
    Case(
        "burgers",
        "Burgers' equation, u = −sin πx, ν = 0.01/π, 1D",
        "Basdevant et al., Comput. Fluids 14 (1986)",
        (Quantity(SLOPE, 0.02, error=1e-4, is_relative=True),),
        solve,
        published=1024,
        reduced=256,
        setup={},
    ),
)
