"""Cases of the topic `index`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.testing.conformance.case import (
    ALL,
    INTEGERS,
    NUMERIC,
    REAL,
    Case,
    reference,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _take() -> Iterator[Case]:
    for dtype in ALL:
        for axis in (0, 1):
            wrt = (0,) if dtype == "float64" else ()
            arguments = (sample(dtype, 3, 4), np.array([2, 0, 2]), axis)
            expected = reference(np.take, dtype)
            yield Case(f"{dtype}-{axis}", "take", arguments, expected, differentiable=wrt)
    values = sample("float32", 3, 2)
    for dtype in INTEGERS:
        indices = np.array([1, 1, 2], dtype)
        yield Case(f"by-{dtype}", "take", (values, indices, 0), reference(np.take, "float32"))
    nothing = (values, np.array([], "int64"), 0)
    yield Case("by-nothing", "take", nothing, reference(np.take, "float32"))


def _gathered(a: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.stack([a[b][indices[b]] for b in range(a.shape[0])])


def _gather() -> Iterator[Case]:
    indices = np.array([[0, 4, 4], [1, 2, 0]])
    expected = {dtype: reference(_gathered, dtype) for dtype in ALL}
    for dtype in ALL:
        wrt = (0,) if dtype == "float64" else ()
        values = sample(dtype, 2, 5, 3)
        yield Case(dtype, "gather", (values, indices), expected[dtype], differentiable=wrt)
    values = sample("float32", 2, 5, 3)
    yield Case("by-int32", "gather", (values, indices.astype("int32")), expected["float32"])
    yield Case("by-nothing", "gather", (values, indices[:, :0]), expected["float32"])


_COMBINE: Final[dict[str, Any]] = {"add": np.add, "min": np.minimum, "max": np.maximum}


def _scattered(base: np.ndarray, indices: np.ndarray, values: np.ndarray, mode: str) -> np.ndarray:
    result = base.copy()
    for b in range(base.shape[0]):
        if mode == "update":
            result[b][indices[b]] = values[b]
        else:
            _COMBINE[mode].at(result[b], indices[b], values[b])
    return result


_TWICE: Final = np.array([[0, 4, 4], [1, 2, 1]])
_ONCE: Final = np.array([[0, 4, 2], [1, 2, 0]])
_MODES: Final[dict[str, tuple[np.ndarray, tuple[str, ...]]]] = {
    "update": (_ONCE, ALL),
    "add": (_TWICE, NUMERIC),
    "min": (_TWICE, REAL),
    "max": (_TWICE, REAL),
}


def _scatter() -> Iterator[Case]:
    for mode, (indices, dtypes) in _MODES.items():
        for dtype in dtypes:
            wrt = (0, 2) if dtype == "float64" else ()
            arrays = (sample(dtype, 2, 5, 2), indices, sample(dtype, 2, 3, 2, seed=1))
            expected = reference(_scattered, dtype)
            yield Case(f"{mode}-{dtype}", "scatter", (*arrays, mode), expected, differentiable=wrt)
        base, empty = sample("float32", 2, 5, 2), sample("float32", 2, 0, 2)
        expected = reference(_scattered, "float32")
        yield Case(f"{mode}-nothing", "scatter", (base, indices[:, :0], empty, mode), expected)
        narrow = (base, indices.astype("int32"), sample("float32", 2, 3, 2, seed=1), mode)
        yield Case(f"{mode}-by-int32", "scatter", narrow, expected)


def _search() -> Iterator[Case]:
    found = reference(np.argwhere, "int64")
    yield Case("rank-2", "nonzero", (sample("bool", 3, 4),), found)
    yield Case("rank-1", "nonzero", (np.array([False, True, True]),), found)
    yield Case("nothing", "nonzero", (np.zeros((2, 2), bool),), found)
    for dtype in ALL:
        for axis, mask in ((0, [True, False, True]), (1, [False, True, True, False])):
            expected = reference(lambda a, m, axis: np.compress(m, a, axis), dtype)
            arguments = (sample(dtype, 3, 4), np.asarray(mask), axis)
            wrt = (0,) if dtype == "float64" else ()
            yield Case(f"{dtype}-{axis}", "boolean_mask", arguments, expected, differentiable=wrt)
    for dtype in REAL:
        ordered, values = np.array([-1, 0, 0, 2], dtype), np.array([[0, 3], [-2, 1]], dtype)
        for side in ("left", "right"):
            expected = reference(np.searchsorted, "int64")
            yield Case(f"{dtype}-{side}", "searchsorted", (ordered, values, side), expected)
    single = (np.array([0.0, 1.0]), np.asarray(0.5), "left")
    yield Case("rank-0", "searchsorted", single, reference(np.searchsorted, "int64"))


CASES: Final = (*_take(), *_gather(), *_scatter(), *_search())
