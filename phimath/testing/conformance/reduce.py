"""Cases of the topic `reduce`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.testing.conformance.case import (
    FLOATING,
    NUMERIC,
    REAL,
    Case,
    is_double,
    reference,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# name: (NumPy's function, element types, whether an empty axis gives a value)
_OVER_AXES: Final[dict[str, tuple[Callable[..., Any], tuple[str, ...], bool]]] = {
    "sum": (np.sum, NUMERIC, True),
    "prod": (np.prod, NUMERIC, True),
    "mean": (np.mean, FLOATING, False),
    "max": (np.max, (*REAL, "bool"), False),
    "min": (np.min, (*REAL, "bool"), False),
    "any": (np.any, ("bool",), True),
    "all": (np.all, ("bool",), True),
}
_SMOOTH: Final = ("sum", "prod", "mean", "max", "min")


def _over_axes() -> Iterator[Case]:
    for name, (function, dtypes, gives_empty) in _OVER_AXES.items():
        for dtype in dtypes:
            values = sample(dtype, 2, 3, 2)
            expected = reference(function, dtype)
            wrt = (0,) if name in _SMOOTH and is_double(dtype) else ()
            several = dtype in ("float32", "float64", "bool")
            for axes in ((0, 2), (1,), (0, 1, 2)) if several else ((0, 2),):
                case = f"{dtype}-{''.join(map(str, axes))}"
                yield Case(case, name, (values, axes), expected, differentiable=wrt)
        first = sample(dtypes[0], 2, 0)
        if gives_empty:
            yield Case("empty", name, (first, (1,)), reference(function, dtypes[0]))
        yield Case("of-no-rows", name, (first, (0,)), reference(function, dtypes[0]))


_TIES: Final = ((3.0, 1.0, 3.0, -2.0), (1.0, 1.0, -2.0, -2.0))


def _ordered() -> Iterator[Case]:
    for dtype in REAL:
        ties, values = np.asarray(_TIES, dtype), sample(dtype, 3, 4)
        for axis in (0, 1):
            for name, function in (("argmax", np.argmax), ("argmin", np.argmin)):
                expected = reference(function, "int64")
                yield Case(f"{dtype}-ties-{axis}", name, (ties, axis), expected)
            expected = reference(lambda a, axis: np.argsort(a, axis, kind="stable"), "int64")
            yield Case(f"{dtype}-ties-{axis}", "argsort", (ties, axis), expected)
            wrt = (0,) if is_double(dtype) else ()
            expected = reference(np.sort, dtype)
            yield Case(f"{dtype}-{axis}", "sort", (values, axis), expected, differentiable=wrt)
    many = np.tile(np.asarray([1.0, 0.0], "float32"), 50)  # small arrays hide unstable algorithms
    expected = reference(lambda a, axis: np.argsort(a, axis, kind="stable"), "int64")
    yield Case("many-ties", "argsort", (many, 0), expected)
    for name, result in (("sort", "float32"), ("argsort", "int64")):
        function = getattr(np, name)
        yield Case("empty", name, (sample("float32", 2, 0), 1), reference(function, result))


def _scans() -> Iterator[Case]:
    for dtype in NUMERIC:
        for axis in (0, 1):
            wrt = (0,) if is_double(dtype) else ()
            yield Case(
                f"{dtype}-{axis}", "cumulative_sum", (sample(dtype, 3, 4), axis),
                reference(np.cumsum, dtype), differentiable=wrt,
            )  # fmt: skip
    empty = (sample("float64", 0, 2), 0)
    yield Case("empty", "cumulative_sum", empty, reference(np.cumsum, "float64"))


CASES: Final = (*_over_axes(), *_ordered(), *_scans())
