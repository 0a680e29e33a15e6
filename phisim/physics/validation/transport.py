"""Shapes that a flow carries away, deforms, and brings back to where they were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from phimath.boundary import ZERO_GRADIENT
from phimath.create import vec
from phimath.elementwise import abs as magnitude
from phimath.elementwise import cos, sin
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.transform import iterate, jit_compile
from phimath.wrap import wrap
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, integrate
from phisim.physics.validation.case import Case, Quantity, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.geometry import Geometry

    StreamFunction = Callable[[Tensor, Tensor], Tensor]

DISC: Final = Sphere(x=0.5, y=0.75, radius=0.15)
SLOT: Final = Box(x=(0.475, 0.525), y=(0.6, 0.85))
LOST: Final = "∫|difference from the start| / area"
AREA: Final = "change of the area, relative"
BEYOND: Final = "values beyond 0 and 1"


def rotation(x: Tensor, y: Tensor) -> Tensor:
    """One turn about the center per unit of time."""
    return -math.pi * ((x - 0.5) ** 2 + (y - 0.5) ** 2)


def swirl(x: Tensor, y: Tensor) -> Tensor:
    """LeVeque, SIAM J. Numer. Anal. 33 (1996), example 9.5."""
    return -(sin(math.pi * x) ** 2) * sin(math.pi * y) ** 2 / math.pi


def solve(cells: int, shape: Geometry, stream: StreamFunction, period: float, turns: bool) -> Run:
    """The shape in the unit square, once the flow has brought it back.

    turns: whether the flow slows down, stops and turns around on the way.
    """
    start = resample(shape, to=CenteredGrid(0, 0, Box(x=1, y=1), x=cells, y=cells), soft=True)
    velocity = _velocity(stream, start)
    steps = math.ceil(float(advect.courant_number(velocity, period)) / 0.5)
    dt = period / steps

    def rate(field: Field, time: Tensor) -> Field:
        now = velocity * cos(math.pi / period * time) if turns else velocity
        return advect.finite_volume(field, now, "superbee")

    @jit_compile
    def run(field: Field) -> Field:
        def step(field: Field, time: Tensor) -> tuple[Field, Tensor]:
            field = integrate.runge_kutta(rate, field, dt, integrate.SSP_RK3, time=time)
            return field, time + dt

        return iterate(step, steps, field, wrap(0.0))[0]

    end = run(start)
    before, now = (float(sum_of(field.values, None)) for field in (start, end))
    lost = float(sum_of(magnitude(end.values - start.values), None)) / before
    beyond = float(max_of(magnitude(end.values - 0.5), None)) - 0.5
    values = {LOST: (0.0, lost), AREA: (0.0, now / before - 1), BEYOND: (0.0, max(beyond, 0.0))}
    return Run((cells, cells), dt, period, values)


def _velocity(stream: StreamFunction, on: Field) -> Field:
    """∂ψ/∂y, −∂ψ/∂x as averages over faces: their flux balance is exact."""
    dx, dy = (float(on.geometry.spacing(axis)) for axis in on.axes)

    def velocity(x: Tensor, y: Tensor) -> Tensor:
        return vec(
            x=(stream(x, y + dy / 2) - stream(x, y - dy / 2)) / dy,
            y=(stream(x - dx / 2, y) - stream(x + dx / 2, y)) / dx,
        )

    return StaggeredGrid(velocity, ZERO_GRADIENT, on.geometry)


_KEPT: Final = (Quantity(AREA, 1e-9), Quantity(BEYOND, 1e-9))

CASES: Final = (
    Case(
        "zalesak",
        "slotted disc, one turn",
        "Zalesak, J. Comput. Phys. 31 (1979): it comes back as it was",
        (Quantity(LOST, 0.1, error=0.085, order=1.1), *_KEPT),
        solve,
        published=200,
        reduced=50,
        setup={"shape": DISC - SLOT, "stream": rotation, "period": 1.0, "turns": False},
    ),
    Case(
        "swirl",
        "disc drawn out to a spiral and back",
        "LeVeque, SIAM J. Numer. Anal. 33 (1996): it comes back as it was",
        (Quantity(LOST, 0.35, error=0.33, order=1.1), *_KEPT),
        solve,
        published=200,
        reduced=50,
        setup={"shape": DISC, "stream": swirl, "period": 8.0, "turns": True},
    ),
)
