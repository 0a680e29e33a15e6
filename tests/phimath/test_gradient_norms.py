"""The gradient over the horizon of a roll-out, against products of Jacobians."""

import numpy as np
import pytest

from phimath.dimension import spatial
from phimath.elementwise import sin, sqrt
from phimath.errors import NotSupported, ValueRangeError
from phimath.random import random_normal
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, gradient_norms, jit_compile
from phimath.wrap import wrap

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
X = np.array([0.5, -1.0, 2.0])


def of(backend, values):
    return wrap(backend.from_numpy(np.asarray(values)), spatial("x"))


def squares(x, *_):
    return sum_of(x**2, "x")


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_norms_are_those_of_products_of_jacobians(backend, compiled):
    def step(x):
        return x + 0.3 * sin(x)

    found = gradient_norms(jit_compile(step) if compiled else step, 4, of(backend, X), loss=squares)
    states = [X]
    for _ in range(4):
        states.append(states[-1] + 0.3 * np.sin(states[-1]))
    slope, expected = 2 * states[-1], [np.linalg.norm(2 * states[-1])]
    for state in reversed(states[:-1]):
        slope = slope * (1 + 0.3 * np.cos(state))
        expected.append(np.linalg.norm(slope))
    assert_close(np.array(found.norms), np.array(expected[::-1]), rtol=1e-12)
    assert_close(found.loss, np.sum(states[-1] ** 2), rtol=1e-12)
    assert_close(found.by_entry, (found.norms,))


@differentiates
@pytest.mark.parametrize(
    ("factor", "verdict"), [(3.0, "explodes"), (0.3, "vanishes"), (1.1, "is steady")]
)
def test_growth_is_that_of_the_step(backend, factor, verdict):
    found = gradient_norms(lambda x: factor * x, 10, of(backend, X), loss=squares)
    assert found.growth == pytest.approx(factor, rel=1e-12)
    assert found.verdict == verdict
    assert verdict in repr(found)


@differentiates
def test_states_may_hold_integers_and_begin_with_nothing(backend):
    def step(x, previous, count):
        return 2 * x, x if previous is None else previous + x, count + 1

    def loss(x, previous, count):
        return squares(x) + sum_of(previous, "x")

    found = gradient_norms(step, 3, of(backend, X), None, wrap(0), loss=loss)
    start = gradient(
        lambda x: loss(*step(*step(*step(x, None, 0)))), get_output=False
    )(of(backend, X))  # fmt: skip
    assert found.norms[0] == pytest.approx(float(np.linalg.norm(start.numpy())), rel=1e-12)
    assert_close(found.by_entry[1], (0.0, *[np.sqrt(3.0)] * 3), rtol=1e-12)
    assert found.by_entry[2] == (0.0,) * 4


@differentiates
def test_random_steps_are_differentiated_as_they_were_drawn(backend):
    drawn = []

    def step(x):
        factor = random_normal(spatial(x=3))
        drawn.append(factor)
        return factor * x

    found = gradient_norms(step, 3, of(backend, X), loss=lambda x: sum_of(x, "x"))
    factors = [factor.numpy() for factor in drawn[:3]]
    expected = [np.linalg.norm(np.prod(factors[k:], axis=0) * np.ones(3)) for k in range(4)]
    assert_close(np.array(found.norms), np.array(expected), rtol=1e-12)


@differentiates
def test_where_the_gradient_stops_being_finite_is_said(backend):
    found = gradient_norms(lambda x: sqrt(x - 1), 2, of(backend, [2.0]), loss=lambda x: x.x[0])
    assert found.norms[2] == 1
    assert found.verdict == "is not finite up to step 1"


def test_what_has_no_gradient_is_refused(backend):
    with pytest.raises(ValueRangeError, match="at least one"):
        gradient_norms(lambda x: x, 0, of(backend, X), loss=squares)


@pytest.mark.only_on("numpy", "strict")
def test_numpy_says_what_to_use_instead(backend):
    with pytest.raises(NotSupported, match="import"):
        gradient_norms(lambda x: x, 2, of(backend, X), loss=squares)
