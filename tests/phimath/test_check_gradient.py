"""Verdicts on gradients: right ones, wrong ones, infinite ones."""

import sys
from dataclasses import dataclass

import numpy as np
import pytest

from phimath.dimension import batch, channel, spatial
from phimath.elementwise import abs as magnitude
from phimath.elementwise import exp, log, sin, sqrt, where
from phimath.errors import DTypeError, NotSupported
from phimath.join import stack
from phimath.random import random_normal
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import check_gradient, custom_gradient
from phimath.wrap import wrap
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")


@dataclass(frozen=True)
class Body:
    position: Tensor
    mass: Tensor
    name: str = "body"


def with_error(factor):
    """x² whose derivative is wrong by a factor."""
    return custom_gradient(lambda x: x**2, lambda inputs, y, c: {"x": factor * 2 * inputs["x"] * c})


@differentiates
def test_right_gradients_pass(backend):
    x = of(backend, np.array([1.0, 2.0, 0.0], np.float32), spatial("x"))
    check = check_gradient(lambda x: sum_of(sin(x) * exp(x)), x)
    assert check
    assert check.best_error < 1e-9
    assert check.order == pytest.approx(2, abs=0.05)
    assert_close(check.value, np.sum(np.sin([1, 2, 0]) * np.exp([1, 2, 0])), rtol=1e-12)
    assert "passed" in repr(check)


@differentiates
def test_errors_of_the_differences_fall_with_the_square_of_the_step(backend):
    check = check_gradient(lambda x: sum_of(exp(x)), of(backend, [1.0, -1.0], spatial("x")))
    steps, errors = np.array(check.steps[:4]), np.array(check.errors[:4])
    slopes = np.diff(np.log(errors)) / np.diff(np.log(steps))
    assert_close(slopes, np.full(3, 2.0), atol=0.1)


@differentiates
@pytest.mark.parametrize("error", [1e-4, 1e-2, 2.0])
def test_wrong_gradients_fail(backend, error):
    wrong = with_error(1 + error)
    check = check_gradient(lambda x: sum_of(wrong(x)), of(backend, [1.0, 2.0], spatial("x")))
    assert not check
    assert check.best_error == pytest.approx(error / (1 + error), rel=0.1)
    assert check.order == pytest.approx(1, abs=0.1)
    assert "failed: best relative error" in repr(check)


@differentiates
def test_linear_and_constant_functions_pass(backend):
    x = of(backend, [1.0, 2.0], spatial("x"))
    linear = check_gradient(lambda x: sum_of(x * 3), x)
    assert linear
    assert linear.order is None
    assert "round-off" in repr(linear)
    assert check_gradient(lambda x: sum_of(x * 0) + 7, x)


@differentiates
def test_trees_numbers_examples_and_complex_numbers_are_checked(backend):
    def energy(state, factor):
        body, dt = state
        return sum_of(body.position**3) * body.mass * factor * dt, "auxiliary"

    body = Body(of(backend, [1.0, 2.0], channel(vector="x,y")), of(backend, 3.0))
    assert check_gradient(energy, (body, 0.5), 2.0)
    parts = [of(backend, np.arange(1.0, n), spatial("x")) for n in (3, 4)]
    assert check_gradient(lambda x: sum_of(x**3), stack(parts, batch("b")))
    z = of(backend, [1 + 2j, -1j], spatial("x"))
    assert check_gradient(lambda z: sum_of(magnitude(z * z + 1) ** 2), z)


@differentiates
def test_random_functions_are_compared_with_the_same_numbers(backend):
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert check_gradient(lambda x: sum_of(x**2 * random_normal(spatial(x=2))), x)


@differentiates
@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: sum_of(log(x - 1)), "log of finite numbers gave -inf at x=0"),
        (lambda x: sum_of(1 / (x - 2)), "divide of finite numbers gave inf at x=1"),
        (lambda x: sum_of(sqrt(x)), "the derivative of sqrt is inf at x=2"),
        (lambda x: sum_of(where(x > 0.5, log(x), x)), "log of finite numbers gave -inf at x=2"),
        (lambda x: sum_of(x * float("nan")), "multiply was given a constant that is nan"),
    ],
)
def test_origin_of_the_first_infinity_is_named_with_its_line(backend, function, text):
    check = check_gradient(function, of(backend, [1.0, 2.0, 0.0], spatial("x")))
    assert not check
    assert check.origin.startswith(text)
    assert "test_check_gradient.py, line" in check.origin
    assert text in repr(check)
    assert sys.getprofile() is None


@differentiates
def test_infinite_arguments_and_rules_are_named(backend):
    x = of(backend, [1.0, np.nan], spatial("x"))
    assert "an argument of shape (xˢ=2) is nan at x=1" in repr(check_gradient(sum_of, x))
    wrong = with_error(float("nan"))
    check = check_gradient(lambda x: sum_of(wrong(x)), of(backend, [1.0, 2.0], spatial("x")))
    assert "reverse pass" in check.origin


@differentiates
def test_integers_are_refused(backend):
    with pytest.raises(DTypeError, match="to_float"):
        check_gradient(lambda x: sum_of(x), 3)


def test_numpy_says_which_import_line_to_use():
    with pytest.raises(NotSupported, match=r"from phisim\.torch import \*"):
        check_gradient(lambda x: sum_of(x**2), wrap([1.0, 2.0], spatial("x")))
