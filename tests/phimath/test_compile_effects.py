"""Compiled functions that fail to solve, draw random numbers, or repeat until something holds."""

import numpy as np
import pytest

from phimath.context import using
from phimath.dimension import spatial
from phimath.errors import NotConverged, NotSupported
from phimath.random import random_normal, random_permutation, random_uniform, seed, seeded
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile
from phimath.transform.effects import Wanted, effect, wanting
from phimath.transform.loop.while_loop import repeat_while
from phimath.wrap import wrap
from tests.phimath.operators import Weights
from tests.support import counted, of

compiles = pytest.mark.needs("value_and_gradient")  # these backends have a compiler
X = np.array([0.5, -2.0, 3.0])


# --- effects ---


def failing(max_iterations):
    def function(numbers, y):
        return solve_linear(
            Weights(numbers), y, Solve(rel_tol=1e-12, max_iterations=max_iterations)
        )

    return function


def test_a_failing_solve_raises_as_it_does_eagerly(backend, double):
    function = failing(2)
    compiled = jit_compile(function)
    hard = of(backend, [1.0, 2.0, 4.0], spatial("x"))
    easy = of(backend, [3.0, 3.0, 3.0], spatial("x"))
    y = of(backend, X, spatial("x"))
    with pytest.raises(NotConverged) as eager:
        function(hard, y)
    for _ in range(2):
        with pytest.raises(NotConverged) as found:
            compiled(hard, y)
        assert str(found.value) == str(eager.value)
        assert_close(found.value.result.x, eager.value.result.x.numpy(), rtol=1e-9)
        assert_close(compiled(easy, y), X / 3)


@compiles
def test_what_is_fine_is_handled_only_where_somebody_wants_reports(backend):
    heard: list[float] = []

    def tell(value):
        heard.append(float(value))

    @jit_compile
    def f(x):
        effect(x, tell, is_fine=x > 0)
        effect(-x, tell)
        return x

    for value in (1.0, -2.0):
        f(wrap(value))
    assert heard == [-1.0, -2.0, 2.0]
    with wanting(Wanted.REPORTS):
        f(wrap(3.0))
    assert heard[3:] == [3.0, -3.0]


@compiles
def test_a_failing_solve_raises_from_compiled_gradients(backend, double):
    solve = failing(2)
    compiled = jit_compile(gradient(lambda n, y: sum_of(solve(n, y)), get_output=False))
    y = of(backend, X, spatial("x"))
    with pytest.raises(NotConverged):
        compiled(of(backend, [1.0, 2.0, 4.0], spatial("x")), y)
    slope = compiled(of(backend, [3.0, 3.0, 3.0], spatial("x")), y)
    assert_close(slope, -X / 9, rtol=1e-9)


# --- random numbers ---


@compiles
@pytest.mark.parametrize(
    "draw",
    [
        lambda: random_uniform(spatial(x=5)),
        lambda: random_normal(spatial(x=5)),
        lambda: random_uniform(spatial(x=5), low=-3, high=20, dtype=int),
        lambda: random_permutation(spatial(x=5), index_dim=None),
    ],
)
def test_random_numbers_are_fresh_and_those_of_the_seed(backend, draw):
    function, runs = counted(lambda: (draw(), draw()))
    compiled = jit_compile(lambda: function())
    with seeded(7):
        found = [value.numpy("x") for _ in range(3) for value in compiled()]
    assert len(runs) == 1
    with seeded(7):
        eager = [draw().numpy("x") for _ in range(6)]
    np.testing.assert_array_equal(found, eager)
    assert len({tuple(values) for values in found}) == 6
    with seeded(8):
        assert (compiled()[0].numpy("x") != found[0]).any()


def test_random_numbers_between_calls_continue_the_sequence(backend):
    def outside():
        return random_uniform(spatial(x=3))

    compiled = jit_compile(lambda x: x + outside())
    x = of(backend, np.zeros(3, "float32"), spatial("x"))
    with seeded(3):
        mixed = [draw() for _ in range(2) for draw in (outside, lambda: compiled(x))]
    with seeded(3):
        eager = [random_uniform(spatial(x=3)) for _ in range(4)]
    for found, expected in zip(mixed, eager, strict=True):
        assert_close(found, expected.numpy("x"), rtol=0)


def test_a_seed_inside_gives_the_same_numbers_at_each_call(backend):
    @jit_compile
    def noise():
        with seeded(5):
            return random_uniform(spatial(x=3))

    with seeded(5):
        expected = random_uniform(spatial(x=3)).numpy("x")
    for _ in range(2):
        assert_close(noise(), expected, rtol=0)


def test_compiled_functions_cannot_reseed_others(backend):
    with pytest.raises(NotSupported, match="seeded"):
        jit_compile(lambda: seed(3))()


@compiles
def test_random_numbers_pass_through_compiled_gradients(backend, double):
    def loss(x):
        return sum_of(x * random_uniform(spatial(x=3)))

    compiled = jit_compile(gradient(loss, get_output=False))
    x = of(backend, X, spatial("x"))
    with seeded(3):
        found = [compiled(x), compiled(x)]
    with seeded(3):
        for slope in found:
            assert_close(slope, random_uniform(spatial(x=3)).numpy("x"), rtol=1e-14)


def test_random_numbers_in_traced_loops_are_refused(backend):
    @jit_compile
    def walk(x):
        return repeat_while(lambda x: x < 10, lambda x: (x + random_uniform(),), x)

    with pytest.raises(NotSupported, match="before the solve"):
        walk(of(backend, 0.0))


@compiles
def test_random_numbers_of_another_backend_are_refused(backend):
    compiled = jit_compile(lambda x: x + random_uniform(spatial(x=3)))
    x = of(backend, X, spatial("x"))
    with using("numpy"), pytest.raises(NotSupported, match=r"numpy.*using"):
        compiled(x)
    compiled(x)


# --- loops ---


@compiles
def test_loops_of_compiled_functions_depend_on_data(backend, double):
    body, runs = counted(lambda x, n: (x * 2, n + 1))
    compiled = jit_compile(lambda x: repeat_while(lambda x, n: max_of(x) < 100, body, x, wrap(0)))
    for factor in (1.0, 2.0, 50.0):
        x, n = compiled(of(backend, factor * X, spatial("x")))
        count = int(np.ceil(np.log2(100 / (3 * factor)).clip(0)))
        assert_close(n, count)
        assert_close(x, factor * X * 2.0**count)
    assert len(runs) == 2  # the first time to see what the loop carries


def test_solves_in_loops_of_compiled_functions_are_refused(backend, double):
    numbers = of(backend, [3.0, 3.0, 3.0], spatial("x"))

    def body(x):
        return (solve_linear(Weights(numbers), x, Solve()),)

    compiled = jit_compile(lambda x: repeat_while(lambda x: max_of(x) > 1, body, x))
    with pytest.raises(NotSupported, match="converged"):
        compiled(of(backend, X, spatial("x")))
    assert_close(jit_compile(lambda x: body(x)[0])(of(backend, X, spatial("x"))), X / 3)


@compiles
def test_a_failing_adjoint_solve_raises_from_compiled_gradients(backend, double):
    adjoint = Solve(rel_tol=1e-12, max_iterations=1)

    def loss(y, numbers):
        return sum_of(
            solve_linear(Weights(numbers), y, Solve(rel_tol=1e-12, gradient_solve=adjoint))
        )

    compiled = jit_compile(gradient(loss, get_output=False))
    y = of(backend, X, spatial("x"))
    with pytest.raises(NotConverged, match="in 1 iteration"):
        compiled(y, of(backend, [1.0, 2.0, 4.0], spatial("x")))
    assert_close(compiled(y, of(backend, [4.0, 4.0, 4.0], spatial("x"))), np.full(3, 0.25))
