"""The step of the README: a program whose calls are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from phimath.boundary import ZERO_GRADIENT
from phimath.elementwise import sin
from phimath.norm import squared_norm
from phimath.solve import Solve
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, fluid

if TYPE_CHECKING:
    from phisim.field import Field

room: Final = Box(x=100, y=100)
inflow: Final = Sphere(x=50, y=10, radius=5)


def step(velocity: Field, smoke: Field, pressure: Any, dt: float = 1.0) -> tuple[Field, Field, Any]:
    """That of `examples/smoke_plume.py`."""
    smoke = advect.mac_cormack(smoke, velocity, dt) + 0.2 * resample(inflow, to=smoke, soft=True)
    buoyancy = resample(smoke * (0, 0.1), to=velocity)
    velocity = advect.semi_lagrangian(velocity, velocity, dt) + dt * buoyancy
    velocity, pressure = fluid.make_incompressible(velocity, (), Solve(x0=pressure))
    return velocity, smoke, pressure


def initial(cells: int, wall: float = 0.0) -> tuple[Field, Field]:
    """Velocity between walls of this velocity, and smoke, on so many cells per axis.

    They vary in space, as all later states do.
    """
    velocity = StaggeredGrid(lambda x: sin(0.1 * x), wall, room, x=cells, y=cells)
    return velocity, CenteredGrid(lambda x: squared_norm(x), ZERO_GRADIENT, room, x=cells, y=cells)
