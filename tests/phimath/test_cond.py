"""Branches, eager, per example, differentiated and compiled."""

import numpy as np
import pytest

from phimath.dimension import batch, spatial
from phimath.elementwise import sin
from phimath.errors import DTypeError, ShapeError
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import cond, gradient, jit_compile
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")


def fail(*state):
    raise AssertionError("the other branch was called")


def test_known_predicate_calls_one_branch(backend):
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(
        cond(sum_of(x) > 0, lambda x, k: x * k, fail, x, 3.0).numpy(), np.array([3.0, 6.0])
    )
    assert_close(cond(False, fail, lambda x: -x, x).numpy(), np.array([-1.0, -2.0]))
    assert cond(True, lambda: "any value", fail) == "any value"


def test_examples_choose_for_themselves(backend):
    values = np.array([[1.0, 2.0], [-3.0, 1.0]])
    x = of(backend, values, batch("b"), spatial("x"))
    result = cond(
        sum_of(x) > 0,
        lambda x: {"y": x**2, "n": 1.0, "name": "kept"},
        lambda x: {"y": -x, "n": 2.0, "name": "kept"},
        x,
    )
    assert_close(result["y"].numpy("b,x"), np.array([[1.0, 4.0], [3.0, -1.0]]))
    assert_close(result["n"].numpy("b"), np.array([1.0, 2.0]))
    assert result["name"] == "kept"


@differentiates
def test_derivative_is_that_of_the_branch(backend):
    def loss(x):
        return cond(sum_of(x) > 0, lambda x: sum_of(x**2), lambda x: sum_of(sin(x)), x)

    slope = gradient(loss, get_output=False)
    values = np.array([1.0, 2.0])
    assert_close(slope(of(backend, values, spatial("x"))).numpy("x"), 2 * values)
    assert_close(slope(of(backend, -values, spatial("x"))).numpy("x"), np.cos(values))
    both = slope(of(backend, [values, -values], batch("b"), spatial("x")))
    assert_close(both.numpy("b,x"), np.stack([2 * values, np.cos(values)]))


@differentiates
def test_one_program_contains_both_branches(backend):
    calls = []

    def function(x):
        calls.append(1)
        return cond(sum_of(x) > 0, lambda x: x**2, lambda x: -x, x)

    compiled = jit_compile(function, optimize="off")
    for values in ([1.0, 2.0], [-1.0, -2.0]):
        x = of(backend, values, spatial("x"))
        expected = np.square(values) if values[0] > 0 else -np.array(values)
        assert_close(compiled(x).numpy("x"), expected)
    assert len(calls) == 1


def test_predicates_that_choose_no_branch_are_refused(backend):
    x = of(backend, [1.0, -2.0], spatial("x"))
    with pytest.raises(DTypeError, match="Compare first"):
        cond(sum_of(x), fail, fail)
    with pytest.raises(ShapeError, match="use where"):
        cond(x > 0, fail, fail)


def test_branches_must_return_the_same_structure(backend):
    chosen = of(backend, [True, False], batch("b"))
    with pytest.raises(ShapeError, match="The branches return"):
        cond(chosen, lambda: (1.0, 2.0), lambda: 1.0)
