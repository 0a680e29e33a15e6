"""Derivatives of loops by all memory policies, eager and compiled, of first and second order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from phimath.dimension import batch, spatial
from phimath.elementwise import sin
from phimath.errors import NotSupported, ValueRangeError
from phimath.random import random_normal, seed
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import (
    Binomial,
    Every,
    Truncated,
    gradient,
    iterate,
    jit_compile,
    stop_gradient,
)
from phimath.wrap import wrap

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
POLICIES = ["all", "sqrt", Every(3), Every(4), Every(99), Binomial(1), Binomial(3), Binomial(99)]
VALUES, STEPS = np.array([0.3, -0.5]), 11


def of(backend, values=VALUES):
    return wrap(backend.from_numpy(np.asarray(values)), spatial("x"))


def loss_of(policy, steps=STEPS):
    """Of the state, and of a number from around the loop; depends on all states."""

    def loss(x, rate):
        path = iterate(
            lambda x: sin(rate * x + 0.3) * (1 + rate), batch(t=steps), x, checkpoint=policy
        )
        return sum_of(path**2, "t,x") + sum_of(sin(path.t[-1]))

    return loss


def expected_gradient():
    """Derivatives of the same loss by hand, one tangent at a time."""

    def run(x, rate, dx, drate):
        total = 0.0
        for i in range(STEPS + 1):
            total += np.sum(2 * x * dx)
            if i < STEPS:
                inner, dinner = rate * x + 0.3, drate * x + rate * dx
                dx = np.cos(inner) * dinner * (1 + rate) + np.sin(inner) * drate
                x = np.sin(inner) * (1 + rate)
        return total + np.sum(np.cos(x) * dx)

    rate = 0.4
    by_x = [run(VALUES, rate, np.eye(2)[i], 0.0) for i in range(2)]
    return np.array(by_x), run(VALUES, rate, np.zeros(2), 1.0)


def modes(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {"eager": function, "compiled": jit_compile(function, optimize="off")}


@differentiates
@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_gradient_is_right_by_every_policy(backend, policy, mode):
    run = modes(gradient(loss_of(policy), "x,rate", get_output=False))[mode]
    by_x, by_rate = run(of(backend), 0.4)
    expected = expected_gradient()
    assert_close(by_x.numpy(), expected[0], rtol=1e-12)
    assert_close(float(by_rate), expected[1], rtol=1e-12)


@differentiates
@pytest.mark.parametrize("policy", ["all", "sqrt", Every(4), Binomial(3)], ids=str)
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_second_derivative_is_that_of_all_states_kept(backend, policy, mode):
    def slope(x, rate, policy):
        by_x, by_rate = gradient(loss_of(policy), "x,rate", get_output=False)(x, rate)
        return sum_of(by_x * by_x, "x") + by_rate

    def second(policy):
        return gradient(lambda x, rate: slope(x, rate, policy), "x,rate", get_output=False)

    by_x, by_rate = modes(second(policy))[mode](of(backend), 0.4)
    step = 1e-5
    x = of(backend)
    differences = [
        float(slope(x, 0.4 + h, "all") - slope(x, 0.4 - h, "all")) / (2 * h) for h in (step,)
    ]
    assert_close(float(by_rate), differences[0], rtol=1e-7)
    direction = of(backend, [1.0, -2.0])
    along = float(
        slope(x + step * direction, 0.4, "all") - slope(x - step * direction, 0.4, "all")
    ) / (2 * step)
    assert_close(float(sum_of(by_x * direction)), along, rtol=1e-7)


@differentiates
@pytest.mark.parametrize("steps", [5, 8])
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_truncated_gradient_is_that_of_states_cut_off_every_few_steps(backend, steps, mode):
    def cut(x, rate):
        states = [x]
        for i in range(steps):
            if (steps - i) % 4 == 0:
                x = stop_gradient(x)
            x = sin(rate * x + 0.3) * (1 + rate)
            states.append(x)
        return sum(sum_of(x**2) for x in states) + sum_of(sin(x))

    expected = gradient(cut, "x,rate", get_output=False)(of(backend), 0.4)
    run = modes(gradient(loss_of(Truncated(4), steps), "x,rate", get_output=False))[mode]
    for a, b in zip(run(of(backend), 0.4), expected, strict=True):
        assert_close(a.numpy(), b.numpy(), rtol=1e-12)


@differentiates
@pytest.mark.parametrize("policy", ["all", Every(3)], ids=str)
def test_gradient_of_a_loop_that_ends_early(backend, policy):
    def loss(x, limit):
        return sum_of(
            iterate(lambda x: 1.5 * x, 20, x, until=lambda x: max_of(x) > limit, checkpoint=policy)
            ** 2
        )

    run = jit_compile(gradient(loss, get_output=False), optimize="off")
    steps = 8  # 0.3 · 1.5⁷ = 5.1, 0.3 · 1.5⁸ = 7.7
    assert_close(run(of(backend), 6.0).numpy(), 2 * VALUES * 1.5 ** (2 * steps))


@differentiates
def test_binomial_needs_a_known_number_of_steps(backend):
    def loss(x):
        ends = {"until": lambda x: max_of(x) > 2, "checkpoint": Binomial(3)}
        return sum_of(iterate(lambda x: 2 * x, 9, x, **ends))

    with pytest.raises(NotSupported, match="must be known"):
        jit_compile(gradient(loss), optimize="off")(of(backend))


@differentiates
@pytest.mark.parametrize("policy", ["all", "sqrt", Binomial(2)], ids=str)
def test_backward_pass_sees_the_random_numbers_of_the_forward_pass(backend, policy):
    def loss(x):
        def step(x):
            return x * random_normal(spatial(x=2))

        return sum_of(iterate(step, 5, x, checkpoint=policy) ** 2) / 2

    run = jit_compile(gradient(loss), optimize="off")
    seed(1)
    for _ in range(2):  # a product of numbers: x · derivative = 2 · loss
        value, slope = run(of(backend))
        assert_close(float(sum_of(slope * of(backend))), 2 * float(value), rtol=1e-12)


@differentiates
def test_integers_in_the_state_have_no_derivative(backend):
    def loss(x):
        x, i = iterate(lambda x, i: (x * (1 + i), i + 1), 4, x, 0, checkpoint=Every(2))
        return sum_of(x) * i

    run = jit_compile(gradient(loss, get_output=False), optimize="off")
    assert_close(run(of(backend)).numpy(), np.full(2, 4 * 24.0))


@pytest.mark.parametrize("make", [Every, Binomial, Truncated])
@pytest.mark.parametrize("value", [0, -1, 2.5, True])
def test_policies_take_positive_integers(make, value):
    with pytest.raises(ValueRangeError, match="of at least 1"):
        make(value)


def test_unknown_policies_are_refused():
    with pytest.raises(ValueRangeError, match="'sqrt'"):
        iterate(sin, 3, wrap(1.0), checkpoint="none")
