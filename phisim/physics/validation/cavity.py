"""The lid-driven cavity: a square box whose lid slides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from phimath.create import vec
from phimath.dimension import instance
from phimath.wrap import wrap
from phisim.field import StaggeredGrid, sample
from phisim.geometry import Box
from phisim.physics.systems import navier_stokes_rate
from phisim.physics.validation.case import Case, Quantity, Run
from phisim.physics.validation.flow import Fields, Flow, stable_step

if TYPE_CHECKING:
    from phisim.field.field import Field

# Re 100 and 400: Ghia, Ghia and Shin, J. Comput. Phys. 48 (1982), tables I and II, but for one
# misprint; Re 1000: Botella and Peyret, Comput. Fluids 27 (1998).
REYNOLDS: Final = (100, 400, 1000)
# y, and u on x = 1/2
U: Final = (
    (0.9766, 0.84123, 0.75837, 0.6644227),
    (0.9688, 0.78871, 0.68439, 0.5808359),
    (0.9609, 0.73722, 0.61756, 0.5169277),
    (0.9531, 0.68717, 0.55892, 0.4723329),
    (0.8516, 0.23151, 0.29093, 0.3372212),
    (0.7344, 0.00332, 0.16256, 0.1886747),
    (0.6172, -0.13641, 0.02135, 0.0570178),
    (0.5, -0.20581, -0.11477, -0.0620561),
    (0.4531, -0.21090, -0.17119, -0.1081999),
    (0.2813, -0.15662, -0.32726, -0.2803696),
    (0.1719, -0.10150, -0.24299, -0.3885691),
    (0.1016, -0.06434, -0.14612, -0.3004561),
    (0.0703, -0.04775, -0.10338, -0.2228955),
    (0.0625, -0.04192, -0.09266, -0.2023300),
    (0.0547, -0.03717, -0.08186, -0.1812881),
)
# x, and v on y = 1/2
V: Final = (
    (0.9688, -0.05906, -0.12146, -0.2279225),
    (0.9609, -0.07391, -0.15663, -0.2936869),
    (0.9531, -0.08864, -0.19254, -0.3553213),
    (0.9453, -0.10313, -0.22847, -0.4103754),
    (0.9063, -0.16914, math.nan, -0.5264392),
    (0.8594, -0.22445, -0.44993, -0.4264545),
    (0.8047, -0.24533, -0.38598, -0.3202137),
    (0.5, 0.05454, 0.05186, 0.0257995),
    (0.2344, 0.17527, 0.30174, 0.3253592),
    (0.2266, 0.17507, 0.30203, 0.3339924),
    (0.1563, 0.16077, 0.28124, 0.3769189),
    (0.0938, 0.12317, 0.22965, 0.3330442),
    (0.0781, 0.10890, 0.20920, 0.3099097),
    (0.0703, 0.10091, 0.19713, 0.2962703),
    (0.0625, 0.09233, 0.18360, 0.2807056),
)

ALONG_Y: Final = "u on x = ½, lid speed 1"
ALONG_X: Final = "v on y = ½, lid speed 1"


def solve(cells: int, reynolds: int) -> Run:
    """The steady flow in the unit square under a lid of speed 1."""
    viscosity = 1 / reynolds
    sides = {"x": 0, "y-": 0, "y+": vec(x=1.0, y=0.0)}
    start = StaggeredGrid(0.0, sides, Box(x=1, y=1), x=cells, y=cells)
    dt = stable_step(start.geometry, viscosity, speed=1.0)

    def rate(fields: Fields) -> Fields:
        return (navier_stokes_rate(fields[0], viscosity),)

    state = Flow(rate, dt).steady(start, longest=200.0, slowest=1e-5)
    values = {
        name: _farthest(state.velocity, component, np.asarray(table), reynolds)
        for name, component, table in ((ALONG_Y, "x", U), (ALONG_X, "y", V))
    }
    return Run((cells, cells), dt, float(state.time), values)


def _farthest(
    velocity: Field, component: str, table: np.ndarray, reynolds: int
) -> tuple[float, float]:
    """Published value of a component, and ours, where they differ most."""
    line = wrap(table[:, 0], instance("points"))
    points = vec(x=0.5, y=line) if component == "x" else vec(x=line, y=0.5)
    ours = sample(velocity, points).vector[component].numpy("points")
    published = table[:, 1 + REYNOLDS.index(reynolds)]
    worst = int(np.argmax(np.where(np.isnan(published), 0.0, np.abs(ours - published))))
    return float(published[worst]), float(ours[worst])


def _case(reynolds: int, tolerance: float, errors: tuple[float, float], reduced: int) -> Case:
    return Case(
        f"cavity-{reynolds}",
        f"lid-driven cavity, Re {reynolds}",
        "Botella and Peyret (1998)" if reynolds == 1000 else "Ghia, Ghia and Shin (1982)",
        (Quantity(ALONG_Y, tolerance, errors[0]), Quantity(ALONG_X, tolerance, errors[1])),
        solve,
        published=128,
        reduced=reduced,
        setup={"reynolds": reynolds},
    )


CASES: Final = (
    _case(100, 0.01, (5e-4, 5e-4), reduced=32),
    _case(400, 0.01, (3.2e-3, 3.1e-3), reduced=32),
    _case(1000, 0.02, (0.011, 0.013), reduced=32),
)
