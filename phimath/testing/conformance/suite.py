"""The tests that every backend must pass."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from scipy.sparse import issparse

from phimath.backend import Backend
from phimath.backend.discovery import backend_of, load
from phimath.backend.support import advice, contract_methods
from phimath.testing.conformance import (
    arrange,
    compile,  # a module, named like its topic
    convert,
    create,
    elementwise,
    gradient,
    host,
    index,
    linear_algebra,
    loop,
    random,
    reduce,
    sparse,
    spectral,
)
from phimath.testing.conformance.case import ALL, ELEMENTWISE, element_types
from phimath.testing.conformance.modes import MODES

if TYPE_CHECKING:
    from phimath.testing.conformance.case import Case

TOPICS: Final = (
    convert, create, elementwise, reduce, arrange,
    index, linear_algebra, sparse, spectral, random, gradient, loop, host, compile,
)  # fmt: skip
CASES: Final[tuple[Case, ...]] = tuple(case for topic in TOPICS for case in topic.CASES)
_METHODS: Final = [n for n in contract_methods() if n not in ELEMENTWISE or n == "where"]
_SMOOTH: Final = tuple(case for case in CASES if case.differentiable)


def reason_to_fail(backend: Backend[Any], case: Case) -> str | None:
    """What the backend declares about the method, or about an element type few have."""
    optional = sorted(element_types(case.arguments) - set(ALL))
    declared = (advice(backend, case.method), *map(backend.unsupported.get, optional))
    return next((text for text in declared if text is not None), None)


def _expect_what_is_declared(
    request: pytest.FixtureRequest, backend: Backend[Any], case: Case
) -> None:
    """What is declared as unsupported must fail; if it works, the declaration is outdated."""
    reason = reason_to_fail(backend, case)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_result_equals_that_of_numpy(
    backend: Backend[Any], case: Case, request: pytest.FixtureRequest
) -> None:
    """Values, sizes and element types of each case on the default device."""
    _expect_what_is_declared(request, backend, case)
    MODES["eager"](backend, case)


@pytest.mark.parametrize("format", ["coo", "csr", "csc"])
def test_its_sparse_arrays_are_recognised(backend: Backend[Any], format: str) -> None:
    """By itself, or by the backend of NumPy if they are SciPy's."""
    indices, values = (backend.from_numpy(np.asarray(a)) for a in ([[0, 0], [1, 1]], [1.0, 2.0]))
    native = backend.sparse_native(format, (2, 2), indices, values)
    assert backend_of(native) is (load("numpy") if issparse(native) else backend)
    assert backend_of(native).is_sparse(native)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.__name__.rpartition(".")[2])
def test_result_stays_on_its_device(backend: Backend[Any], topic: Any) -> None:
    """The first case of each method on another device than the default one, where there is one."""
    first = {case.method: case for case in reversed(topic.CASES)}
    for case in first.values():
        if reason_to_fail(backend, case) is None:
            try:
                MODES["device"](backend, case)
            except Exception as error:
                raise AssertionError(f"{case} on one of {backend.devices()}: {error}") from error


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("case", _SMOOTH, ids=str)
def test_gradient_equals_finite_differences(
    backend: Backend[Any], case: Case, request: pytest.FixtureRequest
) -> None:
    """Derivatives of each differentiable case in double precision."""
    _expect_what_is_declared(request, backend, case)
    MODES["gradient"](backend, case)


@pytest.mark.parametrize("case", _SMOOTH, ids=str)
def test_tangent_equals_finite_differences(
    backend: Backend[Any], case: Case, request: pytest.FixtureRequest
) -> None:
    """Forward mode by dual arrays, of each differentiable case in double precision."""
    _expect_what_is_declared(request, backend, case)
    MODES["tangent"](backend, case)


def test_contract_is_covered() -> None:
    """Every method of the contract and every elementwise function appears in a case."""
    promised = {*contract_methods(), *ELEMENTWISE} - {"function"}  # the cases of functions call it
    covered = {case.method for case in CASES}
    assert promised - covered == set(), "These have no case yet."
    assert covered - promised == set(), "These cases belong to no method."


def test_case_names_are_unique() -> None:
    """Otherwise one case could hide behind another's name."""
    names = [str(case) for case in CASES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("name", _METHODS)
def test_signature_is_that_of_the_contract(backend: Backend[Any], name: str) -> None:
    """Same parameters in the same order, of the same kind and with the same defaults.

    Functions of the framework that stand in as they are, e.g. `numpy.matmul`, are called by
    position only.
    """
    promised = _parameters(contract_methods()[name])[1:]
    if inspect.isfunction(inspect.getattr_static(type(backend), name)):
        own = _parameters(getattr(type(backend), name))[1:]
        assert [(p.name, p.kind, p.default) for p in own] == [
            (p.name, p.kind, p.default) for p in promised
        ]
        return
    try:
        signature = inspect.signature(getattr(backend, name))
    except ValueError:
        return  # functions written in C may not tell theirs; the cases call them
    signature.bind(*promised)


def _parameters(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def test_declarations_give_advice(backend: Backend[Any]) -> None:
    """Entries of `unsupported` name what exists, and say what to use instead."""
    topics = {topic.__name__.rpartition(".")[2] for topic in TOPICS}
    optional = {name for case in CASES for name in element_types(case.arguments)} - set(ALL)
    known = {*contract_methods(), *ELEMENTWISE, *topics, *optional}
    assert set(backend.unsupported) - known == set()
    assert all(len(text.split()) > 2 for text in backend.unsupported.values())
