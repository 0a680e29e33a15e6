"""The assertions fail where they should, else every test above them would be worthless."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.testing.assertions import assert_close, assert_order


class Named:
    """Behaves like a tensor: named dimensions, values in any order of these."""

    def __init__(self, names, values):
        self.shape = type("Names", (), {"names": tuple(names)})()
        self.values = np.asarray(values)

    def numpy(self, order):
        return self.values.transpose([self.shape.names.index(name) for name in order])


@dataclass(frozen=True)
class State:
    velocity: object
    pressure: object


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0, 1.0 + 1e-7),
        (np.array([1.0, np.nan, np.inf]), np.array([1.0, np.nan, np.inf])),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        ([1.0, {"a": np.ones(2)}], [1.0, {"a": np.ones(2)}]),
        (State(1.0, (2.0,)), State(1.0, (2.0,))),
        (Named("xy", [[1.0, 2.0]]), Named("yx", [[1.0], [2.0]])),
    ],
)
def test_equal_values_pass(actual, expected):
    assert_close(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (1.0, 1.1, r"most by 0\.1 at \(\)"),
        (np.array([[1.0, 2.0], [3.0, 9.0]]), np.array([[1.0, 2.0], [4.0, 4.0]]),
         r"2 of 4 .* by 5 at \(1, 1\)"),
        (np.array([np.nan]), np.array([1.0]), "nan"),
        (np.array([1.0]), np.array([np.nan]), "nan"),
        (np.array([np.inf]), np.array([-np.inf]), "inf"),
        (np.array([1.0]), np.array([np.inf]), "inf"),
        (np.ones((2, 1)), np.ones((2, 3)), "sizes"),
        (np.ones(()), np.ones((1,)), "sizes"),
        (2, 3, "2"),
        (True, False, "True"),
        ([1.0], [1.0, 2.0], "parts"),
        ({"a": 1.0}, {"b": 1.0}, "parts"),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]}, r"At \['a'\]\[1\]"),
        (State(1.0, 2.0), State(1.0, 3.0), r"At \.pressure"),
        (Named("xy", [[1.0]]), Named("xz", [[1.0]]), "dimensions"),
        (Named("xy", [[1.0, 2.0]]), Named("yx", [[2.0], [1.0]]), "2 of 2"),
        ("text", 1.0, "can't be compared"),
    ],
)  # fmt: skip
def test_unequal_values_fail_and_say_where(actual, expected, message):
    with pytest.raises(AssertionError, match=message):
        assert_close(actual, expected)


def test_native_arrays_are_compared_by_value(backend):
    native = backend.from_numpy(np.array([1.0, 2.0]))
    assert_close(native, np.array([1.0, 2.0]))
    with pytest.raises(AssertionError, match="1 of 2"):
        assert_close(native, np.array([1.0, 3.0]))


def test_errors_that_fall_with_the_order_pass():
    assert_order([1e-1, 2.6e-2, 6.4e-3], expected=2)
    assert_order([9.0, 3.0], expected=1, factor=3)


@pytest.mark.parametrize(
    "errors", [[1e-1, 5e-2, 2.5e-2], [1e-2, 2e-2, 5e-3], [1.0], [1.0, 0.0], [1.0, float("nan")]]
)
def test_errors_of_another_order_fail(errors):
    with pytest.raises(AssertionError):
        assert_order(errors, expected=2)
