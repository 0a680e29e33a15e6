"""Smoke in a closed box: one step of `examples/smoke_plume.py` beside native code."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

import phimath as math
from phimath import spatial
from phimath.boundary import ZERO_GRADIENT
from phimath.create import vector_of
from phimath.solve import Solve
from phisim.bench.comparison import Comparison, Problem, compare
from phisim.bench.native import Plume, reference
from phisim.bench.options import Variant, add_variants, positive, variants
from phisim.field import CenteredGrid, Field, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, fluid

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

    from phisim.bench.native import Framework

HELP: Final = "smoke plume: time of a step beside that of native code"
LEGEND: Final = (
    "A budget limits the ratio: of compiled steps from 128² on, of NumPy at 128² and 256²."
)

_COMPILED: Final = 1.3
_NUMPY: Final = {128: 3.0, 256: 1.5}
_SIZE, _STEP, _RISE, _RATE = 100.0, 1.0, 0.1, 0.2


class Smoke(NamedTuple):
    """Host arrays: velocity on the faces of each axis, and smoke in the cells."""

    velocity: list[np.ndarray]
    smoke: np.ndarray


def add_options(parser: ArgumentParser) -> None:
    """Sizes and variants."""
    parser.add_argument(
        "--cells", type=positive, action="append", help="per axis, repeatable; default: 128, 256"
    )
    parser.add_argument("--dims", type=int, choices=(2, 3), default=2, help="default: 2")
    add_variants(parser)


def run(options: Namespace) -> Iterator[Comparison]:
    """Measure all variants chosen."""
    for cells in options.cells or (128, 256):
        for variant in variants(options):
            with variant.chosen() as framework:
                state = swirling(cells, options.dims, variant.precision)
                problem = prepared(state, variant, framework)
                row = compare(problem, variant, framework, options.repetitions)
                yield replace(row, budget=budget(cells, options.dims, variant))


def budget(cells: int, dims: int, variant: Variant) -> float | None:
    """Limit of the ratio, if any."""
    if dims == 3:
        return None
    if variant.mode == "compiled":
        return _COMPILED if cells >= 128 else None
    return _NUMPY.get(cells) if variant.backend == "numpy" else None


def swirling(cells: int, dims: int, bits: int) -> Smoke:
    """Vortices that turn by one or two cells per step, and a cloud."""
    speed = 1.5 * _SIZE / cells / _STEP
    centers, faces = ((np.arange(n) + shift) / cells for n, shift in ((cells, 0.5), (cells + 1, 0)))
    velocity = []
    for axis in range(dims):
        places = np.ix_(*(faces if i == axis else centers for i in range(dims)))
        waves = [(np.sin if i == axis else np.cos)(2 * np.pi * x) for i, x in enumerate(places)]
        velocity.append((-1) ** axis * speed * np.prod(np.broadcast_arrays(*waves), axis=0))
    distance = np.asarray(sum((x - 0.4) ** 2 for x in np.ix_(*[centers] * dims)))
    dtype = f"float{bits}"
    return Smoke(
        [v.astype(dtype) for v in velocity], np.exp(-20 * np.asarray(distance)).astype(dtype)
    )


def prepared(state: Smoke, variant: Variant, framework: Framework) -> Problem:
    """The step of ours and that of native code, on the same state."""
    native: Plume = reference(variant.backend, "plume")
    axes = "xyz"[: state.smoke.ndim]
    cells = state.smoke.shape[0]
    room = Box(None, None, **dict.fromkeys(axes, _SIZE))
    inflow = Sphere(vector_of(dict.fromkeys(axes, 50.0) | {"y": 10.0}), radius=5.0)
    arrays = [framework.array(v) for v in state.velocity]
    smoke = framework.array(state.smoke)
    shape = spatial(*axes)
    parts = {axis: math.wrap(array, shape) for axis, array in zip(axes, arrays, strict=True)}
    fields = (
        StaggeredGrid(parts, 0, room, spatial(**dict.fromkeys(axes, cells))),
        CenteredGrid(math.wrap(smoke, shape), ZERO_GRADIENT, room),
    )
    source = _RATE * resample(inflow, to=fields[1], soft=True).values.numpy(",".join(axes))
    scale = _STEP * cells / _SIZE
    plain = native.stepper(state.smoke.shape, variant.dtype, lift=_STEP * _RISE, courant=scale)
    return Problem(
        f"{cells}{'²' if len(axes) == 2 else '³'}",
        partial(variant.function(step_around(inflow)), *fields),
        partial(
            variant.native(plain, framework),
            arrays, smoke, framework.array(source.astype(variant.dtype)),
        ),
        partial(components, axes=axes),
        lambda result: [*result[0], result[1]],
        tolerance=1e-3 if variant.precision == 32 else 1e-11,
    )  # fmt: skip


def step_around(inflow: Sphere) -> Callable[[Field, Field], tuple[Field, Field]]:
    """That of `examples/smoke_plume.py`, which solves directly."""
    rise = tuple(_RISE * (axis == "y") for axis in inflow.axes)

    def step(velocity: Field, smoke: Field) -> tuple[Field, Field]:
        smoke = advect.mac_cormack(smoke, velocity, _STEP)
        smoke = smoke + _RATE * resample(inflow, to=smoke, soft=True)
        buoyancy = resample(smoke * rise, to=velocity)
        velocity = advect.semi_lagrangian(velocity, velocity, _STEP) + _STEP * buoyancy
        velocity, _ = fluid.make_incompressible(velocity, (), Solve())
        return velocity, smoke

    return step


def components(result: tuple[Field, Field], axes: str) -> list[Any]:
    """Native arrays of the velocity's components and of the smoke."""
    order = ",".join(axes)
    velocity, smoke = result
    return [*(v.native(order) for v in velocity.components.values()), smoke.values.native(order)]
