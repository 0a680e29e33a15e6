"""The tests of tracing: everything in programs, and how functions become programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from phimath.testing.conformance.modes import MODES
from phimath.testing.conformance.suite import CASES, reason_to_fail

if TYPE_CHECKING:
    from phimath.backend import Backend

_NOT_TRACED: Final = {
    "nonzero": "sizes depend on values",
    "boolean_mask": "sizes depend on values",
    "to_numpy": "values are read",
    "is_available": "no values are there",
    "compile": "gives a program",
    "is_sparse": "programs have no sparse arrays",
    "sparse_parts": "programs have no sparse arrays",
    "sparse_native": "programs have no sparse arrays",
}
_TRACED: Final = tuple(dict.fromkeys(c.method for c in CASES if c.method not in _NOT_TRACED))


@pytest.mark.needs("compile")
@pytest.mark.parametrize("method", _TRACED)
def test_compiled_result_equals_that_of_numpy(backend: Backend[Any], method: str) -> None:
    """All cases of a method in one program; if it fails, case by case to name the culprit."""
    cases = [c for c in CASES if c.method == method and reason_to_fail(backend, c) is None]
    try:
        MODES["compiled"](backend, *cases)
    except Exception:
        for case in cases:
            try:
                MODES["compiled"](backend, case)
            except Exception as error:
                raise AssertionError(f"{case}, compiled: {error}") from error
        raise


@pytest.mark.needs("compile")
def test_functions_are_traced_once(backend: Backend[Any]) -> None:
    """The program doesn't run them again; where nothing is traced, it is the function."""
    available: list[bool] = []

    def function(a: Any) -> tuple[Any, ...]:
        available.append(backend.is_available(a))
        return (a,)

    a = backend.from_numpy(np.arange(3.0))
    program = backend.compile(function, (a,))
    traced = available.copy()
    for _ in range(3):
        program(a)
    assert (traced, available) in (([False], [False]), ([], [True] * 3))


@pytest.mark.needs("compile")
def test_loops_are_traced_once(backend: Backend[Any]) -> None:
    """However often the loop repeats them."""
    calls: list[str] = []
    less, add = backend.function("less"), backend.function("add")

    def condition(i: Any) -> Any:
        calls.append("condition")
        return less(i, 5)

    def body(i: Any) -> tuple[Any, ...]:
        calls.append("body")
        return (add(i, 1),)

    i = backend.from_numpy(np.asarray(0))
    program = backend.compile(lambda i: backend.while_loop(condition, body, (i,)), (i,))
    traced = sorted(calls)
    program(i)
    assert traced in (["body", "condition"], [])
    assert traced in ([], sorted(calls))


@pytest.mark.needs("compile")
@pytest.mark.parametrize("place", ["function", "condition", "body"])
def test_errors_while_tracing_leave_no_residue(backend: Backend[Any], place: str) -> None:
    """What the user's function raises arrives as it is, and all works as before."""
    less, add = backend.function("less"), backend.function("add")

    def condition(i: Any) -> Any:
        if place == "condition":
            raise LookupError(place)
        return less(i, 5)

    def body(i: Any) -> tuple[Any, ...]:
        if place == "body":
            raise LookupError(place)
        return (add(i, 1),)

    def function(i: Any) -> tuple[Any, ...]:
        if place == "function":
            raise LookupError(place)
        return backend.while_loop(condition, body, (i,))

    i = backend.from_numpy(np.asarray(0))
    with pytest.raises(LookupError, match=place):
        backend.compile(function, (i,))(i)
    assert backend.is_available(add(i, 1))
    (result,) = backend.compile(lambda i: (add(i, 1),), (i,))(i)
    assert backend.to_numpy(result) == 1
