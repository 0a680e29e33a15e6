"""Loops in compiled functions: traced once, with derivatives, draws and reports."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from phimath.create import zeros
from phimath.dimension import batch, channel, spatial
from phimath.elementwise import sin
from phimath.errors import NotConverged, NotSupported, ShapeError
from phimath.join import stack
from phimath.random import random_normal, random_uniform, seed
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import iterate, jit_compile
from phimath.transform.effects import effect
from phimath.wrap import wrap
from tests.phimath.operators import Shifted

pytestmark = pytest.mark.usefixtures("double")

compiles = pytest.mark.needs("compile")
VALUES = np.array([0.3, -0.5, 1.2])


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    return jit_compile(function, optimize="off")


def of(backend, values=VALUES):
    return wrap(backend.from_numpy(np.asarray(values)), spatial("x"))


def damped(x, v):
    return x + 0.1 * v, v - 0.1 * sin(x)


@compiles
@pytest.mark.parametrize("steps", [1, 2, 50])
def test_compiled_loop_gives_what_python_gives(backend, steps):
    x = of(backend)
    final = compiled(lambda x: iterate(damped, steps, x, 0 * x))(x)
    expected = iterate(damped, steps, x, 0 * x)
    for a, b in zip(final, expected, strict=True):
        assert_close(a.numpy(), b.numpy(), rtol=1e-13)


@compiles
def test_python_code_of_a_step_runs_once_whatever_the_number_of_steps(backend):
    def calls_for(steps):
        calls = []

        def step(x):
            calls.append(None)
            return x * 0.9

        compiled(lambda x: iterate(step, steps, x))(of(backend))
        return len(calls)

    # Without a compiler, once to see what it gives, and then once per step.
    assert (calls_for(3), calls_for(1000)) in ((1, 1), (4, 1001))


@compiles
def test_trajectory_has_the_initial_state_first(backend):
    x = of(backend)
    path = compiled(lambda x: iterate(lambda x: 2 * x, batch(t=4), x))(x)
    assert_close(path.numpy("t,x"), VALUES * 2.0 ** np.arange(5)[:, None])


@compiles
def test_trajectory_of_components_kept_apart(backend):
    x = of(backend)
    vector = stack({"x": x, "y": -x}, channel("vector"))
    path = compiled(lambda v: iterate(lambda v: v + 1, spatial(t=2), v))(vector)
    expected = iterate(lambda v: v + 1, spatial(t=2), vector)
    assert path.shape == expected.shape
    assert_close(path.numpy("x,t,vector"), expected.numpy("x,t,vector"))


@dataclass(frozen=True)
class Ball:
    height: Tensor
    speed: Tensor
    gravity: float = -10.0


@compiles
def test_state_can_be_a_dataclass_and_numbers(backend):
    def fall(ball, time):
        speed = ball.speed + 0.1 * ball.gravity
        return Ball(ball.height + 0.1 * ball.speed, speed), time + 0.1

    run = compiled(lambda h: iterate(fall, 10, Ball(h, 0 * h), 0.0))
    ball, time = run(of(backend))
    assert_close(ball.speed.numpy(), np.full(3, -10.0))
    assert_close(ball.height.numpy(), VALUES - 10 * 0.1**2 * 45)
    assert_close(float(time), 1.0)


@compiles
def test_entry_that_is_none_at_first_is_a_tensor_afterwards(backend):
    def step(x, pressure):
        guess = 0 * x if pressure is None else pressure
        return x + 1, guess + x

    run = compiled(lambda x: iterate(step, batch(t=3), x, None))
    x, pressure = run(of(backend))
    assert_close(x.numpy("t,x"), VALUES + np.arange(4)[:, None])
    sums = [0 * VALUES, VALUES, 2 * VALUES + 1, 3 * VALUES + 3]
    assert_close(pressure.numpy("t,x"), np.array(sums))


@compiles
def test_state_that_never_settles_is_refused(backend):
    def growing(x):
        return stack([x, x], batch(f"level{x.rank}"))

    with pytest.raises(ShapeError, match="must keep its structure, shapes and types"):
        compiled(lambda x: iterate(growing, 10, x))(of(backend))


@compiles
def test_until_stops_after_the_step_that_fulfils_it(backend):
    run = compiled(lambda x: iterate(lambda x: 2 * x, 100, x, until=lambda x: max_of(x) > 10))
    assert_close(run(of(backend)).numpy(), VALUES * 16)


@compiles
def test_trajectory_whose_length_is_unknown_is_refused(backend):
    run = compiled(lambda x: iterate(sin, batch(t=9), x, until=lambda x: max_of(x) < 0))
    with pytest.raises(NotSupported, match="sizes can't depend on values"):
        run(of(backend))


@compiles
@pytest.mark.parametrize("observer", [{"progress": True}, {"callback": print}, {"measure": id}])
def test_traced_steps_cannot_be_observed_from_python(backend, observer):
    with pytest.raises(NotSupported, match=next(iter(observer))):
        compiled(lambda x: iterate(sin, 3, x, **observer))(of(backend))


@compiles
def test_substeps_are_a_loop_of_their_own(backend):
    path = compiled(lambda x: iterate(lambda x: 2 * x, batch(t=2), x, substeps=3))(of(backend))
    assert_close(path.numpy("t,x"), VALUES * 8.0 ** np.arange(3)[:, None])


# --- draws ---


@compiles
def test_each_iteration_draws_the_numbers_that_it_draws_in_python(backend):
    def step(x):
        return x + random_uniform(spatial(x=3)) + random_normal(spatial(x=3))

    def walk(x):
        return iterate(step, 5, x + random_uniform()) + random_uniform()

    seed(7)
    expected = [walk(of(backend)).numpy() for _ in range(2)]
    seed(7)
    run = compiled(walk)
    assert_close(run(of(backend)).numpy(), expected[0], rtol=1e-13)
    assert_close(run(of(backend)).numpy(), expected[1], rtol=1e-13)


@compiles
def test_draws_after_a_loop_that_ends_early_follow_those_inside(backend):
    def walk(x):
        x = iterate(lambda x: x + random_uniform(), 50, x, until=lambda x: max_of(x) > 4)
        return x, random_uniform()

    seed(3)
    expected = [walk(of(backend)), walk(of(backend))]
    seed(3)
    run = compiled(walk)
    for x, number in expected:
        found = run(of(backend))
        assert_close(found[0].numpy(), x.numpy(), rtol=1e-13)
        assert_close(float(found[1]), float(number))


# --- reports ---


@compiles
def test_solve_that_fails_in_one_iteration_of_a_loop_is_reported(backend):
    generator = np.random.default_rng(0)
    b = wrap(backend.from_numpy(generator.standard_normal(200)), spatial("x"))

    def step(x, weight):
        solve = Solve(rel_tol=1e-10, max_iterations=20)
        return solve_linear(Shifted(weight), b, solve) + 0 * x, weight * 0.1

    run = compiled(lambda x, weight: iterate(step, 4, x, weight)[0])
    with pytest.raises(NotConverged) as caught:
        run(0 * b, wrap(10.0))  # the last system has a weight of 0.01
    assert caught.value.result.iterations == 20
    run(0 * b, wrap(1e6))


@compiles
def test_report_of_each_iteration_needs_a_severity(backend):
    def step(x):
        effect(x, print)
        return x

    if backend.name in ("numpy", "strict", "array_api_strict"):
        pytest.skip("nothing is traced")
    with pytest.raises(NotSupported, match="severity"):
        compiled(lambda x: iterate(step, 3, x))(of(backend))


@compiles
def test_worst_report_of_a_loop_is_handled(backend):
    seen = []

    def step(x, i):
        effect(i, lambda i: seen.append(int(i)), severity=-((i - 2.0) ** 2) + 100)
        return x, i + 1

    compiled(lambda x: iterate(step, 5, x, 0)[0])(of(backend))
    assert seen in ([2], [0, 1, 2, 3, 4])  # the latter without a compiler


@compiles
def test_zeros_stay_zeros(backend):
    result = compiled(lambda x: iterate(lambda y: y * 2, 3, x + zeros(spatial(y=2))))(of(backend))
    assert_close(sum_of(result, "y").numpy(), VALUES * 16)
