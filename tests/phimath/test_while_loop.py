"""Loops that end when a condition does not hold, eager and compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from phimath.dimension import batch, spatial
from phimath.errors import DTypeError, NotSupported, ShapeError, ValueRangeError
from phimath.random import random_uniform, seed
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, while_loop
from tests.support import of

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
MODES: dict[str, Callable[..., Any]] = {
    "eager": lambda f: f,
    "compiled": lambda f: jit_compile(f, optimize="off"),
}
in_all_modes = pytest.mark.parametrize("mode", MODES)
with_limits = pytest.mark.parametrize("limit", [None, 1000])


@in_all_modes
@with_limits
@pytest.mark.parametrize(("a", "b"), [(1071, 462), (17, 5), (9, 0)])
def test_greatest_common_divisor(backend, mode, limit, a, b):
    def divisor(a, b):
        return while_loop(lambda a, b: b > 0, lambda a, b: (b, a % b), a, b, max_iterations=limit)

    found, rest = MODES[mode](divisor)(of(backend, a), of(backend, b))
    assert (int(found), int(rest)) == (np.gcd(a, b), 0)


@in_all_modes
@with_limits
def test_each_example_ends_by_itself(backend, mode, limit):
    def halved(x, n):
        return while_loop(
            lambda x, n: x > 1, lambda x, n: (x / 2, n + 1), x, n, max_iterations=limit
        )

    x = of(backend, [8.0, 1.0, 5.0], batch("b"))
    x, n = MODES[mode](lambda x: halved(x, 0 * x))(x)
    assert_close(x.numpy(), np.array([1.0, 1.0, 0.625]))
    assert_close(n.numpy(), np.array([3.0, 0.0, 3.0]))


@in_all_modes
def test_largest_number_of_iterations_is_kept(backend, mode):
    run = MODES[mode](lambda x: while_loop(lambda x: x > 0, lambda x: x + 1, x, max_iterations=7))
    assert float(run(of(backend, 1.0))) == 8


@differentiates
@in_all_modes
def test_gradient_with_a_largest_number_of_iterations(backend, mode):
    def loss(x, factor):
        grown = while_loop(lambda x: sum_of(x) < 100, lambda x: factor * x, x, max_iterations=20)
        return sum_of(grown)

    run = MODES[mode](gradient(loss, "x,factor", get_output=False))
    by_x, by_factor = run(of(backend, [1.0, 2.0], spatial("x")), 3.0)  # 3 · 3⁴ > 100
    assert_close(by_x.numpy(), np.full(2, 81.0))
    assert_close(float(by_factor), 3 * 4 * 27.0)


@differentiates
@in_all_modes
def test_gradient_without_one_is_refused(backend, mode):
    def loss(x):
        return while_loop(lambda x: x < 10, lambda x: 2 * x, x)

    with pytest.raises(NotSupported, match="max_iterations=n"):
        MODES[mode](gradient(loss))(of(backend, 1.0))


@in_all_modes
@with_limits
def test_draws_are_those_of_python(backend, mode, limit):
    def walk(x):
        x = while_loop(lambda x: x < 3, lambda x: x + random_uniform(), x, max_iterations=limit)
        return x, random_uniform()

    seed(5)
    expected = [float(v) for _ in range(2) for v in walk(of(backend, 0.0))]
    seed(5)
    run = MODES[mode](walk)
    found = [float(v) for _ in range(2) for v in run(of(backend, 0.0))]
    assert_close(np.array(found), np.array(expected), rtol=1e-13)


@in_all_modes
@pytest.mark.parametrize(
    ("condition", "body", "error", "message"),
    [
        (lambda x: x, lambda x: x, DTypeError, "must be boolean"),
        (lambda x: x > 0, lambda x: x, ShapeError, "per example"),
        (lambda x, y: sum_of(x) > 0, lambda x, y: x, ShapeError, "2 values but returned 1"),
    ],
)
def test_wrong_conditions_and_bodies_are_refused(backend, mode, condition, body, error, message):
    state = (of(backend, [1.0, 2.0], spatial("x")),) * condition.__code__.co_argcount
    with pytest.raises(error, match=message):
        MODES[mode](lambda *state: while_loop(condition, body, *state))(*state)


@pytest.mark.needs("compile")
@with_limits
def test_traced_body_that_changes_shapes_is_refused(backend, limit):
    if backend.name in ("numpy", "strict", "array_api_strict"):
        pytest.skip("nothing is traced")
    x = of(backend, [1.0, 2.0], spatial("x"))

    @jit_compile(optimize="off")
    def run(y):
        return while_loop(lambda y: sum_of(y) > 0, lambda y: x * y, y, max_iterations=limit)

    with pytest.raises(ShapeError, match="must keep its structure, shapes and types"):
        run(of(backend, 1.0))


def test_number_of_iterations_must_be_positive():
    with pytest.raises(ValueRangeError, match="at least 1, not 0"):
        while_loop(lambda x: x > 0, lambda x: x, 1.0, max_iterations=0)
