"""Cases of the topic `compile`: programs, and loops in programs and outside of them.

That all other topics can be traced is checked by the mode `compiled` on their own cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import DType
from phimath.testing.conformance.case import ALL, Case, Made, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.backend import Backend

Native = Any  # arrays of different frameworks share no type
Make = Any  # function of a backend that makes a function of native arrays


def _power(backend: Backend[Any]) -> Callable[..., Any]:
    """x·xⁿ by a loop whose body uses x, a traced array from around it."""
    add, multiply, less = (backend.function(name) for name in ("add", "multiply", "less"))

    def function(x: Native, n: Native) -> tuple[Native, ...]:
        return backend.while_loop(
            lambda _, i: less(i, n),
            lambda power, i: (multiply(power, x), add(i, 1)),
            (x, backend.full((), 0, DType("int64"))),
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


def _with_constants(backend: Backend[Any]) -> Callable[..., Any]:
    """Adds arrays that exist before, of which one is large, and one made while tracing."""
    add = backend.function("add")
    small = backend.from_numpy(np.arange(3.0))
    large = backend.from_numpy(np.arange(9000.0).reshape(3000, 3))

    def function(a: Native) -> tuple[Native, ...]:
        inside = backend.from_numpy(np.array([100.0, 200.0, 300.0]))
        return add(add(a, small), inside), add(a, large)

    return function


def _arguments_as_results(backend: Backend[Any]) -> Callable[..., Any]:
    kept = backend.from_numpy(np.arange(3))
    return lambda a, b: (b, a, kept, a)


def _product_and_sum(backend: Backend[Any]) -> Callable[..., Any]:
    multiply, add = backend.function("multiply"), backend.function("add")
    return lambda a, b: (multiply(a, b), add(a, b))


def _exclusive_or(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda a, b: (backend.function("logical_xor")(a, b),)


def _no_results(_: Backend[Any]) -> Callable[..., Any]:
    return lambda _: ()


def _one(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda: (backend.full((2,), 1, DType("int32")),)


def _program(name: str, make: Make, arrays: list[Any], *expected: Any) -> Case:
    """Compiled for other values than those that it is called with."""
    others = [np.ones_like(array) for array in arrays]
    return Case(
        name, "compile", (Made(make), others), lambda *_: expected, program_arguments=tuple(arrays)
    )


def _programs() -> Iterator[Case]:
    for dtype in ALL:
        a, b = sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1)
        if dtype == "bool":
            yield _program(dtype, _exclusive_or, [a, b], a ^ b)
        else:
            yield _program(dtype, _product_and_sum, [a, b], a * b, a + b)
    x, y = sample("float64", 3), sample("float32", 2, 0)
    sums = x + np.arange(3.0) + np.array([100.0, 200.0, 300.0])
    table = x + np.arange(9000.0).reshape(3000, 3)
    yield _program("constants", _with_constants, [x], sums, table)
    yield _program("arguments-as-results", _arguments_as_results, [x, y], y, x, np.arange(3), x)
    yield _program("no-results", _no_results, [x])
    yield _program("no-arguments", _one, [], np.array([1, 1], "int32"))


def _loops() -> Iterator[Case]:
    x = np.array([0.5, -2.0, 3.0])
    for dtype in ("float32", "float64", "complex64", "complex128"):
        for count in (0, 1, 5):
            n = np.asarray(count)
            power = (x ** (count + 1)).astype(dtype)
            yield _program(f"loop-{dtype}-{count}", _power, [x.astype(dtype), n], power, n)
    flags = np.array([True, True, False, True])
    yield _program("loop-flag", _first_false, [flags], np.asarray(False), np.asarray(3))
    numbers = np.array([6, 1, 27, 7])
    steps = np.array([8, 0, 111, 16], "int32")  # OEIS A006577
    yield _program("loop-any", _collatz, [numbers], np.ones_like(numbers), steps)
    yield _program("loop-nested", _triangle, [np.asarray(5)], np.asarray(5), np.asarray(10))


def _less_than_ten(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda i, _: backend.function("less")(i, 10)


def _count_and_double(backend: Backend[Any]) -> Callable[..., Any]:
    add = backend.function("add")
    return lambda i, a: (add(i, 1), add(a, a))


def _loops_outside_of_programs() -> Iterator[Case]:
    functions = (Made(_less_than_ten), Made(_count_and_double))
    for start in (7, 10):
        for dtype in ("float32", "int64", "complex64"):
            a = sample(dtype, 2, 3)
            factor = a.dtype.type(2 ** (10 - start))
            yield Case(
                f"{dtype}-from-{start}", "while_loop", (*functions, (np.asarray(start), a)),
                lambda _, __, state, factor=factor: (np.asarray(10), state[1] * factor),
            )  # fmt: skip


CASES: Final = (*_programs(), *_loops(), *_loops_outside_of_programs())
