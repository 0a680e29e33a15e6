"""Flow between parallel walls and in a square duct: exact solutions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.boundary import PERIODIC
from phimath.create import vector_of
from phimath.dimension import spatial
from phimath.transform import iterate, jit_compile
from phisim.field import StaggeredGrid
from phisim.geometry import Box
from phisim.physics import advect, diffuse, fluid
from phisim.physics.validation.case import Case, Quantity, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from phisim.field.field import Field

PROFILE: Final = "largest error of u, fastest 1"
FRICTION: Final = "friction f·Re"
# A step is so long that the flow is steady after a few.
DT: Final = 1e3
STEPS: Final = 4


def couette(cells: int, axes: str) -> Run:
    """The upper wall slides: u = y."""
    sides: dict[str, Any] = {axis: PERIODIC for axis in axes if axis != "y"}
    sides |= {"y-": 0, "y+": vector_of({axis: float(axis == "x") for axis in axes})}
    velocity = _steady(StaggeredGrid(0, sides, _box(axes), _cells(axes, cells, "y")), 0.0)
    return _profile(velocity, lambda y: y)


def poiseuille(cells: int, axes: str) -> Run:
    """A force per mass of 8 ν drives it between walls at rest: u = 4 y (1 − y)."""
    sides: dict[str, Any] = {axis: PERIODIC for axis in axes if axis != "y"} | {"y": 0}
    velocity = _steady(StaggeredGrid(0, sides, _box(axes), _cells(axes, cells, "y")), 8.0)
    return _profile(velocity, lambda y: 4 * y * (1 - y))


def duct(cells: int) -> Run:
    """The same between four walls; f·Re = 2 L² G/(ν ū), the friction of Darcy."""
    sides = {"x": PERIODIC, "y": 0, "z": 0}
    velocity = _steady(StaggeredGrid(0, sides, _box("xyz"), _cells("xyz", cells, "yz")), 1.0)
    mean = float(velocity.component("x").numpy("x,y,z").mean())
    return Run(_sizes(velocity), DT, STEPS * DT, {FRICTION: (_friction(), 2 / mean)})


def _friction() -> float:
    """By the series of White, Viscous Fluid Flow (2006), equation 3-48."""
    odd = np.arange(1, 200, 2)
    mean = (1 - 192 / math.pi**5 * np.sum(np.tanh(odd * math.pi / 2) / odd**5)) / 12
    return float(2 / mean)


def _steady(velocity: Field, force: float) -> Field:
    """The flow along x that a constant force and the walls make; the viscosity is 1."""

    @jit_compile
    def run(velocity: Field) -> Field:
        def step(velocity: Field) -> Field:
            change = advect.finite_difference(velocity, velocity).values
            push = vector_of({axis: force * (axis == "x") for axis in velocity.axes})
            pushed = velocity.with_values(velocity.values + DT * (change + push))
            pushed = diffuse.implicit(pushed, 1.0, DT)
            return fluid.make_incompressible(pushed, dt=DT)[0]

        return iterate(step, STEPS, velocity)

    return run(velocity)


def _profile(velocity: Field, exact: Any) -> Run:
    cells = velocity.resolution.get_size("y")
    y = (np.arange(cells) + 0.5) / cells
    ours = np.moveaxis(velocity.component("x").numpy(",".join(velocity.axes)), 1, -1)
    error = np.abs(ours - exact(y))
    worst = np.unravel_index(np.argmax(error), error.shape)
    values = {PROFILE: (float(exact(y)[worst[-1]]), float(ours[worst]))}
    return Run(_sizes(velocity), DT, STEPS * DT, values)


def _box(axes: str) -> Box:
    return Box(None, None, **dict.fromkeys(axes, 1))


def _cells(axes: str, cells: int, across: str) -> Any:
    return spatial(**{axis: cells if axis in across else 4 for axis in axes})


def _sizes(velocity: Field) -> tuple[int, ...]:
    return tuple(velocity.resolution.get_size(axis) for axis in velocity.axes)


def _between_plates(name: str, solve: Callable[..., Run], quantity: Quantity) -> tuple[Case, Case]:
    """In 2D and in 3D."""
    published, reduced = (64, 16) if name == "couette" else (2048, 32)
    titles = {"couette": "flow between sliding plates", "poiseuille": "flow between plates"}
    flat, deep = (
        Case(
            name + suffix,
            f"{titles[name]}, {len(axes)}D",
            "exact solution",
            (quantity,),
            solve,
            published,
            reduced,
            {"axes": axes},
        )
        for suffix, axes in (("", "xy"), ("-3d", "xyz"))
    )
    return flat, deep


CASES: Final = (
    *_between_plates("couette", couette, Quantity(PROFILE, 1e-6)),
    # On n cells the parabola is too high by 1/n² everywhere: walls lie midway between two values.
    *_between_plates("poiseuille", poiseuille, Quantity(PROFILE, 1e-6, error=2.5e-7)),
    Case(
        "duct",
        "flow in a square duct, 3D",
        "exact series, White (2006)",
        (Quantity(FRICTION, 0.005, error=9.5e-4, is_relative=True),),
        duct,
        published=64,
        reduced=16,
        setup={},
    ),
)
