"""Cases of the topic `compile`: programs.

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


def program_case(name: str, make: Make, arrays: list[Any], *expected: Any) -> Case:
    """Compiled for other values than those that it is called with."""
    others = [np.ones_like(array) for array in arrays]
    return Case(
        name, "compile", (Made(make), others), lambda *_: expected, program_arguments=tuple(arrays)
    )


def _programs() -> Iterator[Case]:
    for dtype in ALL:
        a, b = sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1)
        if dtype == "bool":
            yield program_case(dtype, _exclusive_or, [a, b], a ^ b)
        else:
            yield program_case(dtype, _product_and_sum, [a, b], a * b, a + b)
    x, y = sample("float64", 3), sample("float32", 2, 0)
    sums = x + np.arange(3.0) + np.array([100.0, 200.0, 300.0])
    table = x + np.arange(9000.0).reshape(3000, 3)
    yield program_case("constants", _with_constants, [x], sums, table)
    yield program_case("arguments-as-results", _arguments_as_results, [x, y], y, x, np.arange(3), x)
    yield program_case("no-results", _no_results, [x])
    yield program_case("no-arguments", _one, [], np.array([1, 1], "int32"))


def _parts() -> Iterator[Case]:
    for dtype in ("float32", "float64"):
        a, b = sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1)
        yield Case(
            dtype, "separately", (Made(_product_and_sum), [a, b]),
            lambda _, given: (given[0] * given[1], given[0] + given[1]),
        )  # fmt: skip


CASES: Final = (*_programs(), *_parts())
