"""Whether values are equal or close."""

import numpy as np
import pytest

from phimath.comparison import assert_close, close, equal
from phimath.create import vec
from phimath.dimension import batch, channel, spatial
from phimath.join import stack
from phimath.wrap import wrap

A = wrap([1.0, 2.0], spatial("x"))


def test_equality_compares_values_and_dimensions():
    assert equal(A, wrap([1.0, 2.0], spatial("x")), A + 0)
    assert not equal(A, A + 1)
    assert not equal(A, wrap([1.0, 2.0], spatial("y")))
    assert not equal(A, A.x[:1])


def test_equality_ignores_the_order_of_dimensions():
    a = wrap(np.arange(6).reshape(2, 3), spatial("x,y"))
    assert equal(a, wrap(np.arange(6).reshape(2, 3).T, spatial("y,x")))


def test_equality_of_large_integers_is_exact():
    assert not equal(wrap(2**60), wrap(2**60 + 1))


def test_nan_equals_nan_only_on_request():
    x = wrap([np.nan], spatial("x"))
    assert not equal(x, x)
    assert equal(x, x, equal_nan=True)


def test_closeness_matches_dimensions_by_name_and_takes_numbers():
    assert close(wrap([2.0, 2.0], spatial("x")), 2.000001)
    assert not close(A, 2.0)
    assert not close(A, wrap([1.0, 2.0, 3.0], spatial("x")))
    assert close(vec(x=1.0, y=2.0), (1, 2))


def test_tolerances_are_relative_and_absolute():
    assert close(1.0, 1.1, rel_tolerance=0.1)
    assert not close(0.0, 1e-9)
    assert close(0.0, 1e-9, abs_tolerance=1e-8)


def test_infinities_are_close_to_themselves_only():
    assert close(np.inf, np.inf)
    assert not close(np.inf, 1.0, rel_tolerance=1.0)


def test_trees_are_compared_leaf_by_leaf():
    assert close({"a": (A, 1)}, {"a": (A + 1e-7, 1)})
    assert not close({"a": (A, 1)}, {"b": (A, 1)})


def test_varying_sizes_are_compared_part_by_part():
    ragged = stack([A, A.x[:1]], batch("b"))
    assert equal(ragged, ragged)
    assert not close(ragged, ragged + 1)


def test_failing_assertion_names_the_largest_deviation():
    message = r"result: At \['a'\]: 2 of 2 values of \(xˢ=2\) differ, most by 3 at x=1: 2.0 and 5.0"
    with pytest.raises(AssertionError, match=message):
        assert_close({"a": A}, {"a": wrap([2.0, 5.0], spatial("x"))}, msg="result")


def test_failing_assertion_says_that_shapes_differ():
    with pytest.raises(AssertionError, match="'x' has size 2 on the left and 3 on the right"):
        assert_close(A, wrap([1.0, 2.0, 3.0], spatial("x")))
    with pytest.raises(AssertionError, match="differ in structure"):
        assert_close((A,), [A])


def test_nan_passes_the_assertion_where_both_are_nan():
    x = wrap([np.nan, 1.0], channel("c"))
    assert_close(x, x)
    with pytest.raises(AssertionError, match="at c=0"):
        assert_close(x, 1.0)
