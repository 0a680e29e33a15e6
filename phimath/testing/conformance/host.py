"""Cases of the topic `host`: NumPy in the midst of a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import DType
from phimath.testing.conformance.case import ALL, Case, Made, Plain, sample
from phimath.testing.conformance.compile import program_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.backend import Backend

Native = Any  # arrays of different frameworks share no type


def _sorted_and_count(a: np.ndarray) -> tuple[np.ndarray, ...]:
    assert type(a) is np.ndarray
    assert not a.flags.writeable
    return np.sort(a, axis=0), np.asarray(len(a))


def _what_it_gets(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    return arrays


def _calls() -> Iterator[Case]:
    for dtype in ALL:
        a = sample(dtype, 3, 2)
        outputs = (((3, 2), DType(dtype)), ((), DType("int64")))
        yield Case(
            dtype, "host_call", (Plain(_sorted_and_count), (a,), outputs),
            lambda _, arrays, __: _sorted_and_count(_read_only(*arrays)),
        )  # fmt: skip
    a, b = sample("float32", 2), sample("int64", 0, 3)
    outputs = (((2,), DType("float32")), ((0, 3), DType("int64")))
    yield Case(
        "returns-arguments", "host_call", (Plain(_what_it_gets), (a, b), outputs),
        lambda _, arrays, __: arrays,
    )  # fmt: skip
    one = np.ones(2)
    yield Case(
        "no-arguments", "host_call", (Plain(lambda: (one,)), (), (((2,), DType("float64")),)),
        lambda *_: (one,),
    )  # fmt: skip


def _read_only(array: np.ndarray) -> np.ndarray:
    copied = array.copy()
    copied.flags.writeable = False
    return copied


def _collatz_on_host(backend: Backend[Any]) -> Callable[..., Any]:
    """Steps to 1, by a loop of the framework around a step of NumPy."""
    add = backend.function("add")

    def step(number: np.ndarray) -> tuple[np.ndarray, ...]:
        return (number * 3 + 1 if number % 2 else number // 2,)

    def body(number: Native, steps: Native) -> tuple[Native, ...]:
        (following,) = backend.host_call(step, (number,), (((), DType("int64")),))
        return following, add(steps, 1)

    def function(number: Native) -> tuple[Native, ...]:
        start = backend.function("multiply")(number, 0)
        return backend.while_loop(
            lambda number, _: backend.function("greater")(number, 1), body, (number, start)
        )

    return function


def _between(backend: Backend[Any]) -> Callable[..., Any]:
    """Cumulative maxima by NumPy, of and in what the framework computes; in a scan, too."""
    add, multiply = backend.function("add"), backend.function("multiply")

    def on_host(a: Native) -> Native:
        def run(a: np.ndarray) -> tuple[np.ndarray, ...]:
            return (np.maximum.accumulate(a),)

        return backend.host_call(run, (a,), ((backend.sizes(a), backend.dtype(a)),))[0]

    def body(x: Native, row: Native) -> tuple[Native, ...]:
        x = on_host(add(x, row))
        return x, multiply(x, 2)

    def function(x: Native, rows: Native) -> tuple[Native, ...]:
        first = add(on_host(multiply(x, 3)), x)
        (x,), (kept,), _ = backend.scan(body, (first,), (rows,), 4, None, None, False)
        return first, x, kept

    return function


def _programs() -> Iterator[Case]:
    start, steps = np.asarray(27), np.asarray(111)  # OEIS A006577
    yield program_case("host-in-loop", _collatz_on_host, [start], np.asarray(1), steps)
    for dtype in ("float32", "float64"):
        x, rows = sample(dtype, 5), sample(dtype, 4, 5, seed=1)
        first = np.maximum.accumulate(3 * x) + x
        kept, state = [], first
        for row in rows:
            state = np.maximum.accumulate(state + row)
            kept.append(2 * state)
        yield program_case(f"host-{dtype}", _between, [x, rows], first, state, np.stack(kept))


def _native_function(backend: Backend[Any]) -> Callable[..., Any]:
    multiply, sin = backend.function("multiply"), backend.function("sin")
    return lambda a, b, n: (multiply(sin(a), b), multiply(n, 2))


def _native_calls() -> Iterator[Case]:
    for dtype in ("float32", "float64", "complex128"):
        arrays = [sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1), sample("int64", 2)]
        yield Case(
            dtype, "native_call", (Made(_native_function), arrays),
            lambda _, arrays: (np.sin(arrays[0]) * arrays[1], arrays[2] * 2),
        )  # fmt: skip


CASES: Final = (*_calls(), *_programs(), *_native_calls())
