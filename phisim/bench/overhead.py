"""What names, plans and fields cost: eager operations beside the same native code."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from phimath.context import using
from phimath.dimension import batch, spatial
from phimath.dtype import precision_bits
from phimath.elementwise import sqrt, where
from phimath.join import stack
from phimath.linear_algebra import dot
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.bench.arrays import natives
from phisim.bench.comparison import Comparison
from phisim.bench.import_time import import_times, loaded_too_early
from phisim.bench.measure import interleaved
from phisim.bench.native import Framework, framework, is_installed, reference
from phisim.bench.options import add_backends, backends
from phisim.field import Field, StaggeredGrid, divergence
from phisim.geometry import Box
from phisim.physics import advect

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

HELP: Final = "time of eager operations beside that of the same native code"
LEGEND: Final = (
    "A budget limits the difference to native code, or the time where it says 'in all'.  One "
    "thread per operation."
)
IMPORT_ROW: Final = "import"
_IMPORT_BUDGET: Final = 0.35
_IMPORT_REPETITIONS: Final = 9

Native = Any  # arrays of different frameworks share no type


@dataclass(frozen=True)
class Row:
    """One operation of ours and its native counterpart.

    key: of the native function in `OPERATIONS`.
    operands: names of the operands: `a`, `b`, `mask` (x=10, y=10) and `c` (x=10); or `velocity`, a
        staggered field of 64².
    budget: seconds on NumPy, for what we add or for the time in all.
    """

    name: str
    key: str
    operands: str
    ours: Callable[..., Any]
    budget: float | None = None
    budget_for: Literal["difference", "time"] = "difference"


ROWS: Final = (
    Row("a + b", "add", "a b", operator.add, 1e-6),
    Row("a + c (by name)", "add_first_axis", "a c", operator.add, 2e-6),
    Row("sum(a, 'x')", "sum", "a", lambda a: sum_of(a, "x"), 3e-6),
    Row("a.x[1:]", "slice", "a", lambda a: a.x[1:], 3e-6),
    Row("a.x[0]", "index", "a", lambda a: a.x[0]),
    Row("a + 1.", "add_number", "a", lambda a: a + 1.0),
    Row("a * b + a", "multiply_add", "a b", lambda a, b: a * b + a),
    Row("sqrt(a)", "sqrt", "a", sqrt),
    Row("where(mask, a, b)", "where", "mask a b", where),
    Row("stack([a, b], batch)", "stack", "a b", lambda a, b: stack([a, b], batch("k"))),
    Row("dot(a, 'y', b, 'x')", "matmul", "a b", lambda a, b: dot(a, "y", b, "x")),
    Row("divergence, staggered 64²", "divergence", "velocity", divergence, 0.3e-3, "time"),
    Row(
        "self-advection, staggered 64²", "self_advection", "velocity",
        lambda velocity: advect.semi_lagrangian(velocity, velocity, TIME_STEP), 1.5e-3, "time",
    ),
)  # fmt: skip

NAMES: Final = (*(row.name for row in ROWS), IMPORT_ROW)
TIME_STEP: Final = 1.0
_RESOLUTION: Final = 64
_LENGTH: Final = 100.0
_SPACING: Final = (_LENGTH / _RESOLUTION, _LENGTH / _RESOLUTION)


@dataclass(frozen=True)
class Case:
    """A row with its operands on one backend; `phiml` is `None` where ΦML has no such row."""

    ours: Callable[[], Any]
    native: Callable[[], Any]
    phiml: Callable[[], Any] | None


def add_options(parser: ArgumentParser) -> None:
    """Rows and backends."""
    add_backends(parser)
    parser.add_argument(
        "--row", action="append", choices=NAMES, metavar="ROW", help="repeatable; default: all"
    )


def run(options: Namespace) -> Iterator[Comparison]:
    """Time the rows chosen on each backend, in the context's precision.

    Raises:
        BackendNotInstalled: the framework is missing.
    """
    names = options.row or NAMES
    for backend in backends(options):
        with using(backend):
            native = framework(backend)
            with native.single_threaded():
                for row in ROWS:
                    if row.name in names:
                        yield _measured(row, backend, native, options.repetitions)
        if IMPORT_ROW in names:
            yield _measured_import(backend, min(options.repetitions, _IMPORT_REPETITIONS))


def _measured(row: Row, backend: str, native: Framework, repetitions: int) -> Comparison:
    case = prepared(row, backend, native)
    calls = [case.ours, case.native, *([case.phiml] if case.phiml else [])]
    times = interleaved(calls, repetitions, lambda result: native.synchronize(natives(result)))
    ours, plain, phiml = (*times, None)[:3]
    assert ours is not None
    return Comparison(
        backend,
        row.name,
        ours,
        plain,
        precision=precision_bits(),
        phiml=phiml,
        budget=row.budget if backend == "numpy" else None,
        budget_for=row.budget_for,
    )


def prepared(row: Row, backend: str, native: Framework) -> Case:
    """Operands of a row in the default backend's form, and in native form."""
    values = _operands()
    operation = reference(backend, "overhead").OPERATIONS[row.key]
    names = row.operands.split()
    if names == ["velocity"]:
        components = [native.array(values[axis]) for axis in ("velocity_x", "velocity_y")]
        extra = (_SPACING, TIME_STEP) if row.key == "self_advection" else (_SPACING,)
        field = _staggered(components)
        return Case(partial(row.ours, field), partial(operation, components, *extra), None)
    arrays = [native.array(values[name]) for name in names]
    ours = partial(row.ours, *map(_tensor, arrays))
    return Case(ours, partial(operation, *arrays), _phiml_call(row.key, arrays))


def _operands() -> dict[str, np.ndarray]:
    """Arrays in the context's precision."""
    random = np.random.default_rng(0)
    dtype = np.float64 if precision_bits() == 64 else np.float32
    cells, faces = _RESOLUTION, _RESOLUTION + 1
    shapes = {"a": (10, 10), "b": (10, 10), "c": (10,)}
    values: dict[str, np.ndarray] = {
        name: random.random(shape, dtype) + 0.5 for name, shape in shapes.items()
    }
    values["mask"] = values["a"] > values["b"]
    # Several cells per step; zero in the walls.
    values["velocity_x"] = 3 * random.standard_normal((faces, cells), dtype)
    values["velocity_y"] = 3 * random.standard_normal((cells, faces), dtype)
    values["velocity_x"][[0, -1]] = 0
    values["velocity_y"][:, [0, -1]] = 0
    return values


def _tensor(native: Native) -> Tensor:
    return wrap(native, spatial("x,y" if native.ndim == 2 else "x"))


def _staggered(components: Sequence[Native]) -> Field:
    """Field between resting walls, the dearest boundary: the shapes of its components differ."""
    tensors = {axis: _tensor(native) for axis, native in zip("xy", components, strict=True)}
    bounds = Box(x=_LENGTH, y=_LENGTH)
    return StaggeredGrid(tensors, 0.0, bounds, x=_RESOLUTION, y=_RESOLUTION)


def _phiml_call(key: str, natives: Sequence[Native]) -> Callable[[], Any] | None:
    if not is_installed("phiml"):
        return None
    phiml = reference("phiml", "overhead")
    if key not in phiml.OPERATIONS:
        return None
    return partial(phiml.OPERATIONS[key], *map(phiml.tensor, natives))


def _measured_import(backend: str, repetitions: int) -> Comparison:
    plain = "pass" if backend == "numpy" else f"import {backend}"
    ours, native = import_times((f"import phisim.{backend}", plain), repetitions)
    early = loaded_too_early(backend)
    fault = f"loads {', '.join(early)}" if early else ""
    budget = _IMPORT_BUDGET if backend == "numpy" else None
    return Comparison(
        backend, IMPORT_ROW, ours, native, budget=budget, budget_for="time", fault=fault
    )
