"""Cases of the topic `loop`: in programs and outside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import DType
from phimath.testing.conformance.case import Case, Made, sample
from phimath.testing.conformance.compile import program_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.backend import Backend

Native = Any  # arrays of different frameworks share no type


# --- while ---


def _power(backend: Backend[Any]) -> Callable[..., Any]:
    """x·xⁿ by a loop whose body uses x, a traced array from around it."""
    add, multiply, less = (backend.function(name) for name in ("add", "multiply", "less"))

    def function(x: Native, n: Native) -> tuple[Native, ...]:
        return backend.while_loop(
            lambda _, i: less(i, n),
            lambda power, i: (multiply(power, x), add(i, 1)),
            (x, multiply(n, 0)),
        )

    return function


def _first_false(backend: Backend[Any]) -> Callable[..., Any]:
    """Position of the first false element, by a loop that carries the flag itself."""
    add = backend.function("add")

    def function(flags: Native) -> tuple[Native, ...]:
        def body(_: Native, i: Native) -> tuple[Native, ...]:
            return backend.reshape(backend.take(flags, backend.reshape(i, (1,)), 0), ()), add(i, 1)

        start = (backend.full((), True, DType("bool")), backend.full((), 0, DType("int64")))
        return backend.while_loop(lambda going, _: going, body, start)

    return function


def _collatz(backend: Backend[Any]) -> Callable[..., Any]:
    """Steps to 1 of all numbers, by a loop that reduces its state to a flag."""
    add, multiply, greater, where = (
        backend.function(name) for name in ("add", "multiply", "greater", "where")
    )
    equal, remainder, divide = (
        backend.function(name) for name in ("equal", "remainder", "floor_divide")
    )

    def body(numbers: Native, steps: Native) -> tuple[Native, ...]:
        half, triple = divide(numbers, 2), add(multiply(numbers, 3), 1)
        going = greater(numbers, 1)
        following = where(equal(remainder(numbers, 2), 0), half, triple)
        return where(going, following, numbers), add(steps, backend.cast(going, DType("int32")))

    def condition(numbers: Native, _: Native) -> Native:
        return backend.any(greater(numbers, 1), (0,))

    def function(numbers: Native) -> tuple[Native, ...]:
        start = backend.full(backend.sizes(numbers), 0, DType("int32"))
        return backend.while_loop(condition, body, (numbers, start))

    return function


def _triangle(backend: Backend[Any]) -> Callable[..., Any]:
    """Sum of all j < i < n, by a loop in a loop."""
    add, less = backend.function("add"), backend.function("less")

    def function(n: Native) -> tuple[Native, ...]:
        zero = backend.full((), 0, DType("int64"))

        def row(i: Native, total: Native) -> tuple[Native, ...]:
            _, total = backend.while_loop(
                lambda j, _: less(j, i), lambda j, s: (add(j, 1), add(s, j)), (zero, total)
            )
            return add(i, 1), total

        return backend.while_loop(lambda i, _: less(i, n), row, (zero, zero))

    return function


def _while_loops_in_programs() -> Iterator[Case]:
    x = np.array([0.5, -2.0, 3.0])
    for dtype in ("float32", "float64", "complex64", "complex128"):
        for count in (0, 1, 5):
            n = np.asarray(count)
            power = (x ** (count + 1)).astype(dtype)
            yield program_case(f"loop-{dtype}-{count}", _power, [x.astype(dtype), n], power, n)
    flags = np.array([True, True, False, True])
    yield program_case("loop-flag", _first_false, [flags], np.asarray(False), np.asarray(3))
    numbers = np.array([6, 1, 27, 7])
    steps = np.array([8, 0, 111, 16], "int32")  # OEIS A006577
    yield program_case("loop-any", _collatz, [numbers], np.ones_like(numbers), steps)
    yield program_case("loop-nested", _triangle, [np.asarray(5)], np.asarray(5), np.asarray(10))


def _less_than_ten(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda i, _: backend.function("less")(i, 10)


def _count_and_double(backend: Backend[Any]) -> Callable[..., Any]:
    add = backend.function("add")
    return lambda i, a: (add(i, 1), add(a, a))


def _while_loops_outside() -> Iterator[Case]:
    functions = (Made(_less_than_ten), Made(_count_and_double))
    for start in (7, 10):
        for dtype in ("float32", "int64", "complex64"):
            a = sample(dtype, 2, 3)
            factor = a.dtype.type(2 ** (10 - start))
            yield Case(
                f"{dtype}-from-{start}", "while_loop", (*functions, (np.asarray(start), a)),
                lambda _, __, state, factor=factor: (np.asarray(10), state[1] * factor),
            )  # fmt: skip


# --- scan ---


def _decay(condition: bool, count: int | None, reverse: bool) -> Callable[..., Any]:
    """X ← (x + row) / 2, kept; stops at a sum of 3 if there is a condition."""

    def make(backend: Backend[Any]) -> Callable[..., Any]:
        add, multiply, less = map(backend.function, ("add", "multiply", "less"))

        def body(x: Native, i: Native, row: Native) -> tuple[Native, ...]:
            x = multiply(add(x, row), 0.5)
            return x, add(i, 1), x, multiply(i, 2)

        def goes_on(x: Native, _: Native) -> Native:
            return less(backend.sum(x, (0,)), 3.0)

        def function(x: Native, rows: Native) -> tuple[Native, ...]:
            state = (x, backend.full((), 0, DType("int64")))
            limit = None if count is None else backend.full((), count, DType("int64"))
            final, kept, done = backend.scan(
                body, state, (rows,), 4, goes_on if condition else None, limit, reverse
            )
            return (*final, *kept, done)

        return function

    return make


def _decayed(
    x: np.ndarray, rows: np.ndarray, condition: bool, count: int | None, reverse: bool
) -> tuple[np.ndarray, ...]:
    kept, numbers = np.zeros_like(rows), np.zeros(len(rows), "int64")
    limit = len(rows) if count is None else count
    done = 0
    for i in range(limit)[:: -1 if reverse else 1]:
        if condition and x.sum() >= 3:
            break
        x = ((x + rows[i]) / 2).astype(x.dtype)
        kept[i], numbers[i] = x, 2 * done
        done += 1
    return x, np.asarray(done), kept, numbers, np.asarray(done)


def _scans() -> Iterator[Case]:
    settings = {
        "forwards": (False, None, False),
        "backwards": (False, None, True),
        "until": (True, None, False),
        "count": (False, 2, False),
        "count-backwards": (False, 3, True),
        "never": (False, 0, False),
    }
    for dtype in ("float32", "float64"):
        x, rows = np.zeros(2, dtype), np.arange(8, dtype=dtype).reshape(4, 2)
        for name, (condition, count, reverse) in settings.items():
            expected = _decayed(x, rows, condition, count, reverse)
            make = _decay(condition, count, reverse)
            yield program_case(f"scan-{dtype}-{name}", make, [x, rows], *expected)


def _decay_step(backend: Backend[Any]) -> Callable[..., Any]:
    add, multiply = backend.function("add"), backend.function("multiply")
    return lambda x, row: (multiply(add(x, row), 0.5), multiply(x, row))


def _scan_outside() -> Case:
    x, rows = sample("float64", 2), sample("float64", 3, 2, seed=1)

    def expected(*_: Any) -> Any:
        state, kept = x, []
        for row in rows:
            kept.append(state * row)
            state = (state + row) / 2
        return (state,), (np.stack(kept),), np.asarray(3)

    return Case(
        "float64", "scan", (Made(_decay_step), (x,), (rows,), 3, None, None, False), expected
    )


# --- replay ---

_ACTIONS: Final = (
    (0, 2, 1, False),
    (1, 1, 2, True),
    (1, 0, 2, True),
    (0, 1, 2, True),
    (0, 0, 2, True),
)
"""Four steps backwards with places for the states 0 and 2."""


def _advance(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda x: (backend.function("multiply")(x, 3),)


def _go_back(backend: Backend[Any]) -> Callable[..., Any]:
    add, multiply = backend.function("add"), backend.function("multiply")
    return lambda x, total: (add(multiply(total, 10), x),)


def _replays() -> Iterator[Case]:
    x, total = np.array([1, 2]), np.array([0, 1])
    # The states 27x, 9x, 3x, x are visited in this order.
    result = ((((total * 10 + 27 * x) * 10) + 9 * x) * 10 + 3 * x) * 10 + x
    functions = (Made(_advance), Made(_go_back))
    yield Case("int64", "replay", (*functions, (x,), (total,), _ACTIONS), lambda *_: (result,))

    def make(backend: Backend[Any]) -> Callable[..., Any]:
        def function(x: Native, total: Native) -> tuple[Native, ...]:
            step, back = _advance(backend), _go_back(backend)
            return backend.replay(step, back, (x,), (total,), _ACTIONS)

        return function

    yield program_case("replay", make, [x, total], result)


CASES: Final = (
    *_while_loops_in_programs(),
    *_while_loops_outside(),
    *_scans(),
    _scan_outside(),
    *_replays(),
)
