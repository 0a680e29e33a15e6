"""Vortices in a periodic box that decay without changing their form: exact solutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from phimath.boundary import PERIODIC
from phimath.create import vec
from phimath.dimension import spatial
from phimath.elementwise import abs as magnitude
from phimath.elementwise import cos, sin
from phimath.reduce import max as max_of
from phisim.field import StaggeredGrid
from phisim.geometry import Box
from phisim.physics.systems import navier_stokes_rate
from phisim.physics.validation.case import Case, Quantity, Run
from phisim.physics.validation.flow import Fields, Flow, stable_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field

VISCOSITY: Final = 0.01
END_TIME: Final = 1.0
DRIFT: Final = 0.5
ORDER: Final = "order from cells of twice the size"
ERROR: Final = "largest error of the velocity, fastest 1"


def taylor_green(t: float) -> Callable[..., Tensor]:
    """U = U + cos(x − Ut) sin(y − Ut) e^(−2νt),  v = U − sin(x − Ut) cos(y − Ut) e^(−2νt).

    The drift U makes it a test of advection, which at rest is the gradient of a pressure.
    """

    def velocity(x: Tensor, y: Tensor) -> Tensor:
        x, y, decay = x - DRIFT * t, y - DRIFT * t, math.exp(-2 * VISCOSITY * t)
        return vec(x=DRIFT + decay * cos(x) * sin(y), y=DRIFT - decay * sin(x) * cos(y))

    return velocity


def beltrami(t: float) -> Callable[..., Tensor]:
    """The flow of Arnold, Beltrami and Childress, its own curl: decays as e^(−νt)."""

    def velocity(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        x, y, z = (position - DRIFT * t for position in (x, y, z))
        decay = 0.5 * math.exp(-VISCOSITY * t)
        return vec(
            x=DRIFT + decay * (sin(z) + cos(y)),
            y=DRIFT + decay * (sin(x) + cos(z)),
            z=DRIFT + decay * (sin(y) + cos(x)),
        )

    return velocity


def solve(cells: int, exact: Callable[[float], Callable[..., Tensor]], axes: str) -> Run:
    """The flow on so many cells per axis, and on half as many."""
    (coarse, _), (error, dt) = (_error(n, exact, axes) for n in (cells // 2, cells))
    order = math.log2(coarse / error)
    return Run((cells,) * len(axes), dt, END_TIME, {ORDER: (2.0, order), ERROR: (0.0, error)})


def _error(cells: int, exact: Callable[..., Any], axes: str) -> tuple[float, float]:
    """Largest error of a component, and the time step."""
    box = Box(None, None, **dict.fromkeys(axes, 2 * math.pi))
    resolution = spatial(**dict.fromkeys(axes, cells))

    def at(t: float) -> Field:
        return StaggeredGrid(exact(t), PERIODIC, box, resolution)

    start = at(0.0)
    steps = math.ceil(END_TIME / stable_step(start.geometry, VISCOSITY, speed=1 + DRIFT))

    def rate(fields: Fields) -> Fields:
        return (navier_stokes_rate(fields[0], VISCOSITY),)

    velocity = Flow(rate, END_TIME / steps).after(steps, start).velocity
    deviation = magnitude(velocity.values - at(END_TIME).values)
    return float(max_of(deviation, None)), END_TIME / steps


CASES: Final = (
    Case(
        "taylor-green",
        "drifting Taylor-Green vortices, 2D",
        "exact solution",
        (Quantity(ORDER, 0.1), Quantity(ERROR, 3e-4, error=1.9e-4)),
        solve,
        published=128,
        reduced=32,
        setup={"exact": taylor_green, "axes": "xy"},
    ),
    Case(
        "beltrami",
        "Arnold-Beltrami-Childress flow, 3D",
        "exact solution",
        (Quantity(ORDER, 0.1), Quantity(ERROR, 1e-3, error=8e-4)),
        solve,
        published=64,
        reduced=16,
        setup={"exact": beltrami, "axes": "xyz"},
    ),
)
