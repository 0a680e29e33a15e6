"""What names, plans and fields cost: eager operations beside the same native code."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

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
from phisim.bench.import_time import import_times, loaded_too_early
from phisim.bench.measure import interleaved
from phisim.bench.native import Reference, is_installed, reference
from phisim.bench.report import Result
from phisim.field import Field, StaggeredGrid, divergence
from phisim.geometry import Box
from phisim.physics import advect

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


def measure_overhead(backend: str, names: Sequence[str], repetitions: int) -> list[Result]:
    """Time the rows with these names on one backend.

    Raises:
        BackendNotInstalled: the framework is missing.
    """
    results = []
    with using(backend):
        native = reference(backend)
        with native.single_threaded():
            for row in ROWS:
                if row.name in names:
                    results.append(_measured(row, backend, native, repetitions))
    if IMPORT_ROW in names:
        results.append(_measured_import(backend, min(repetitions, _IMPORT_REPETITIONS)))
    return results


def _measured(row: Row, backend: str, native: Reference, repetitions: int) -> Result:
    case = prepared(row, native)
    calls = [case.ours, case.native, *([case.phiml] if case.phiml else [])]
    times = interleaved(calls, repetitions, lambda result: native.synchronize(to_native(result)))
    ours, plain, phiml = (*times, None)[:3]
    assert ours is not None
    budget = row.budget if backend == "numpy" else None
    return Result(backend, row.name, ours, plain, phiml, budget, row.budget_for)


def prepared(row: Row, native: Reference) -> Case:
    """Operands of a row in the default backend's form, and in native form."""
    values = _operands()
    names = row.operands.split()
    if names == ["velocity"]:
        components = [native.array(values[axis]) for axis in ("velocity_x", "velocity_y")]
        extra = (_SPACING, TIME_STEP) if row.key == "self_advection" else (_SPACING,)
        field = _staggered(components)
        plain = partial(native.OPERATIONS[row.key], components, *extra)
        return Case(partial(row.ours, field), plain, None)
    natives = [native.array(values[name]) for name in names]
    tensors = [_tensor(array) for array in natives]
    return Case(
        partial(row.ours, *tensors),
        partial(native.OPERATIONS[row.key], *natives),
        _phiml_call(row.key, natives),
    )


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
    from phisim.bench.native import phiml

    if key not in phiml.OPERATIONS:
        return None
    return partial(phiml.OPERATIONS[key], *map(phiml.tensor, natives))


def to_native(result: Any) -> Any:
    """Native arrays of a tensor or field (its components); native results as they are."""
    if isinstance(result, Field):
        if not result.is_staggered:
            return to_native(result.values)
        return [to_native(component) for component in result.components.values()]
    if isinstance(result, Tensor):
        return result.native(result.shape)
    return result


def _measured_import(backend: str, repetitions: int) -> Result:
    plain = "pass" if backend == "numpy" else f"import {backend}"
    ours, native = import_times((f"import phisim.{backend}", plain), repetitions)
    early = loaded_too_early(backend)
    note = f"loads {', '.join(early)}" if early else ""
    budget = _IMPORT_BUDGET if backend == "numpy" else None
    return Result(backend, IMPORT_ROW, ours, native, None, budget, "time", note)
