"""Cases of the topic `arrange`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.testing.conformance.case import Case, is_double, reference, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Moving elements is the same for all types: a few of them show that none is changed on the way.
_DTYPES: Final = ("float32", "float64", "int32", "bool", "complex64")

# (name, method, sizes of the array, further arguments, the same with NumPy)
_Row = tuple[str, str, tuple[int, ...], tuple[Any, ...], "Callable[..., Any]"]
_ONE_ARRAY: Final[tuple[_Row, ...]] = (
    ("join", "reshape", (2, 3), ((6,),), np.reshape),
    ("split", "reshape", (2, 3), ((3, 1, 2),), np.reshape),
    ("to-rank-0", "reshape", (1, 1), ((),), np.reshape),
    ("from-rank-0", "reshape", (), ((1, 1),), np.reshape),
    ("empty", "reshape", (0, 3), ((3, 0),), np.reshape),
    ("swap", "transpose", (2, 3), ((1, 0),), np.transpose),
    ("cycle", "transpose", (2, 3, 4), ((2, 0, 1),), np.transpose),
    ("rank-0", "transpose", (), ((),), np.transpose),
    ("front", "expand_dims", (2, 3), ((0,),), np.expand_dims),
    ("around", "expand_dims", (2, 3), ((0, 2, 4),), np.expand_dims),
    ("rank-0", "expand_dims", (), ((0, 1),), np.expand_dims),
    ("none", "expand_dims", (2,), ((),), np.expand_dims),
    ("grow", "broadcast_to", (2, 1), ((2, 3),), np.broadcast_to),
    ("all", "broadcast_to", (1, 1), ((4, 3),), np.broadcast_to),
    ("to-empty", "broadcast_to", (1, 2), ((0, 2),), np.broadcast_to),
    ("one", "flip", (2, 3), ((1,),), np.flip),
    ("both", "flip", (2, 3), ((0, 1),), np.flip),
    ("rows", "repeat", (2, 3), (2, 0), np.repeat),
    ("columns", "repeat", (2, 3), (3, 1), np.repeat),
)


def _of_one_array() -> Iterator[Case]:
    for name, method, sizes, further, function in _ONE_ARRAY:
        for dtype in _DTYPES:
            wrt = (0,) if is_double(dtype) and 0 not in sizes and name != "to-empty" else ()
            values = (sample(dtype, *sizes), *further)
            expected = reference(function, dtype)
            yield Case(f"{name}-{dtype}", method, values, expected, differentiable=wrt)


_INDICES: Final[dict[str, tuple[int | slice, ...]]] = {
    "numbers": (1, 2, 0),
    "number": (slice(None), 2, slice(None)),
    "range": (slice(1, 2), slice(0, 3), slice(None)),
    "steps": (slice(None), slice(0, 4, 2), slice(1, None)),
    "backwards": (slice(None, None, -1), slice(3, 0, -2), slice(None)),
    "nothing": (slice(1, 1), slice(None), slice(None)),
    "mixed": (0, slice(None, None, -1), slice(1, 2)),
}


def _get() -> Iterator[Case]:
    for name, index in _INDICES.items():
        for dtype in ("float32", "float64", "int64", "bool"):
            expected = reference(lambda a, index: a[index], dtype)
            wrt = (0,) if is_double(dtype) and name in ("steps", "backwards", "mixed") else ()
            values = sample(dtype, 2, 4, 3)
            yield Case(f"{name}-{dtype}", "get", (values, index), expected, differentiable=wrt)
    yield Case("rank-0", "get", (np.asarray(1.5), ()), reference(lambda a, i: a[i], "float64"))


def _joined() -> Iterator[Case]:
    for dtype in _DTYPES:
        first, second = sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1)
        wide = sample(dtype, 2, 1)
        wrt = (0,) if is_double(dtype) else ()
        for axis in (0, 1, 2):
            expected, arrays = reference(np.stack, dtype), [first, second, first]
            yield Case(f"{dtype}-{axis}", "stack", (arrays, axis), expected, differentiable=wrt)
        expected, arrays = reference(np.concatenate, dtype), [first, wide, second]
        yield Case(f"{dtype}-0", "concat", ([first, second], 0), expected)
        yield Case(f"{dtype}-1", "concat", (arrays, 1), expected, differentiable=wrt)
        yield Case(f"{dtype}-empty", "concat", ([first, first[:, :0]], 1), expected)
    scalars = [np.asarray(1.0), np.asarray(2.0)]
    yield Case("rank-0", "stack", (scalars, 0), reference(np.stack, "float64"))
    yield Case(
        "single", "concat", ([sample("float64", 2)], 0), reference(np.concatenate, "float64")
    )


def _padded(array: np.ndarray, widths: list[tuple[int, int]], value: complex) -> np.ndarray:
    return np.pad(array, widths, constant_values=value) if array.ndim else array


def _pad() -> Iterator[Case]:
    fill = {"b": True, "i": 7, "f": 1.5, "c": 1 + 2j}
    for dtype in _DTYPES:
        wrt = (0,) if is_double(dtype) else ()
        for name, widths in {
            "both": [(1, 2), (0, 1)], "none": [(0, 0), (0, 0)], "before": [(2, 0), (0, 0)],
        }.items():  # fmt: skip
            arguments = (sample(dtype, 2, 3), widths, fill[np.dtype(dtype).kind])
            expected = reference(_padded, dtype)
            yield Case(f"{name}-{dtype}", "pad", arguments, expected, differentiable=wrt)
    grown = (sample("float32", 0, 2), [(1, 1), (0, 0)], 0)
    yield Case("empty", "pad", grown, reference(_padded, "float32"))


CASES: Final = (*_of_one_array(), *_get(), *_joined(), *_pad())
