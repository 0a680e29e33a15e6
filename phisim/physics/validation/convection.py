"""Natural convection: air between a hot wall and a cold one."""

from __future__ import annotations

from typing import Final

import numpy as np

from phimath.boundary import ZERO_GRADIENT
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.field.calculus import laplace
from phisim.field.field import Field
from phisim.geometry import Box
from phisim.physics import advect
from phisim.physics.systems import navier_stokes_rate
from phisim.physics.validation.case import Case, Quantity, Run
from phisim.physics.validation.flow import Fields, Flow, stable_step

PRANDTL: Final = 0.71
ACROSS: Final = "largest u on x = ½, in κ/L"
UP: Final = "largest v on y = ½, in κ/L"
NUSSELT: Final = "mean Nusselt number"
# De Vahl Davis, Int. J. Numer. Methods Fluids 3 (1983), table III.
PUBLISHED: Final = {
    1e3: {ACROSS: 3.649, UP: 3.697, NUSSELT: 1.118},
    1e4: {ACROSS: 16.178, UP: 19.617, NUSSELT: 2.243},
    1e5: {ACROSS: 34.73, UP: 68.59, NUSSELT: 4.519},
}


def solve(cells: int, rayleigh: float) -> Run:
    """The steady flow in the unit square, hot at x = 0, with insulated floor and ceiling."""
    box = Box(x=1, y=1)
    velocity = StaggeredGrid(0.0, 0.0, box, x=cells, y=cells)
    sides = {"x-": 1.0, "x+": 0.0, "y": ZERO_GRADIENT}
    temperature = CenteredGrid(lambda x, y: 1 - x, sides, box, x=cells, y=cells)
    reference = PUBLISHED[rayleigh]
    dt = stable_step(velocity.geometry, 1.0, speed=2 * reference[UP])

    def rate(fields: Fields) -> Fields:
        velocity, temperature = fields
        lift = resample(temperature * (0, rayleigh * PRANDTL), to=velocity)
        motion = navier_stokes_rate(velocity, PRANDTL)
        heating = advect.finite_difference(temperature, velocity)
        return (
            motion.with_values(motion.values + lift.values),
            heating.with_values(heating.values + laplace(temperature).values),
        )

    slowest = 1e-4 * rayleigh
    state = Flow(rate, dt).steady(velocity, temperature, longest=2.0, slowest=slowest)
    return Run((cells, cells), dt, float(state.time), _compared(reference, *state.fields))


def _compared(
    reference: dict[str, float], velocity: Field, temperature: Field
) -> dict[str, tuple[float, float]]:
    u, v = (velocity.component(axis).numpy("x,y") for axis in ("x", "y"))
    cells = velocity.resolution.get_size("x")
    heat = u * resample(temperature * (1, 0), to=velocity).component("x").numpy("x,y")
    weights = np.full(cells + 1, 1 / cells)
    weights[[0, -1]] /= 2
    ours = {
        ACROSS: _peak(u[cells // 2]),
        UP: _peak(v[:, cells // 2]),
        NUSSELT: 1 + float(weights @ heat.mean(1)),
    }
    return {name: (reference[name], ours[name]) for name in ours}


def _peak(values: np.ndarray) -> float:
    """Of the parabola through the largest value and its neighbours."""
    i = min(max(int(np.argmax(values)), 1), len(values) - 2)
    a, b, c = values[i - 1 : i + 2]
    return float(b - (c - a) ** 2 / (8 * (a - 2 * b + c)))


def _case(rayleigh: float, cells: int, errors: tuple[float, float, float]) -> Case:
    return Case(
        f"convection-{rayleigh:.0e}".replace("+0", ""),
        f"natural convection of air, Ra {rayleigh:g}",
        "de Vahl Davis (1983)",
        tuple(
            Quantity(name, 0.01, error, is_relative=True)
            for name, error in zip((ACROSS, UP, NUSSELT), errors, strict=True)
        ),
        solve,
        published=cells,
        reduced=16 if rayleigh < 1e5 else 32,
        setup={"rayleigh": rayleigh},
    )


CASES: Final = (
    _case(1e3, 64, (8e-4, 8e-4, 5e-4)),
    _case(1e4, 64, (4e-4, 1.3e-3, 2.7e-3)),
    _case(1e5, 96, (2.2e-3, 1.1e-3, 3.5e-3)),
)
