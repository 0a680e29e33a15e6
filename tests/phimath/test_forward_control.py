"""Forward mode through branches, loops, solves, random numbers and compiled functions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from phimath.create import ones_like
from phimath.dimension import batch, spatial
from phimath.elementwise import sin
from phimath.errors import NotConverged
from phimath.random import random_normal, seed
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear, solve_nonlinear
from phimath.sparse import SymmetricOperator
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import cond, iterate, jit_compile, jvp, while_loop
from phimath.transform.loop.checkpoint import Binomial, Every
from tests.support import of

pytestmark = pytest.mark.usefixtures("double")

compiles = pytest.mark.needs("value_and_gradient")  # these backends have a compiler
X, DX = np.array([0.5, -2.0, 3.0]), np.array([1.0, 0.5, -1.0])


@dataclass(frozen=True, eq=False)
class Weights(SymmetricOperator):
    """Multiplies each element by a number; CG is not told the diagonal."""

    numbers: Tensor
    observer: Callable[[], None]

    def apply(self, x):
        self.observer()
        return self.numbers * x

    @property
    def diagonal(self):
        return ones_like(self.numbers)

    @property
    def norm(self):
        return max_of(self.numbers)


def x_of(backend):
    return of(backend, X, spatial("x"))


def derivative(function, backend):
    return jvp(function, (x_of(backend),), (of(backend, DX, spatial("x")),))[1]


def compiled(function):
    return jit_compile(function, optimize="off")


HOW = [lambda f: f, compiled]


# --- branches and loops ---


@pytest.mark.parametrize("how", HOW)
def test_branches(backend, how):
    def function(x):
        return cond(sum_of(x) > 0, lambda x: x**2, lambda x: -x, x)

    found = how(lambda x, v: jvp(function, (x,), (v,)))(
        x_of(backend), of(backend, DX, spatial("x"))
    )
    assert_close(found[1].numpy("x"), 2 * X * DX)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("limit", [None, 10])
def test_loops_until_values_are_large(backend, how, limit):
    def function(x):
        return while_loop(
            lambda y, n: max_of(y) < 100, lambda y, n: (y * x, n + 1), x, 0, max_iterations=limit
        )

    (y, n), (dy, dn) = how(lambda x, v: jvp(function, (x,), (v,)))(
        x_of(backend), of(backend, DX, spatial("x"))
    )
    assert (int(n), int(dn)) == (4, 0)
    assert_close(y.numpy("x"), X**5)
    assert_close(dy.numpy("x"), 5 * X**4 * DX)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("checkpoint", ["all", "sqrt", Every(2), Binomial(2)])
def test_iterations_whatever_is_kept_for_reverse_mode(backend, how, checkpoint):
    def function(x):
        return iterate(lambda y, total: (y * x, total + y), 5, x, 0.0, checkpoint=checkpoint)

    (_, _), (dy, dt) = how(lambda x, v: jvp(function, (x,), (v,)))(
        x_of(backend), of(backend, DX, spatial("x"))
    )
    assert_close(dy.numpy("x"), 6 * X**5 * DX)
    assert_close(dt.numpy("x"), sum(k * X ** (k - 1) for k in range(1, 6)) * DX)


@pytest.mark.parametrize("how", HOW)
def test_trajectories(backend, how):
    def function(x):
        return iterate(lambda y: y * x, batch(t=3), x)

    _, tangent = how(lambda x, v: jvp(function, (x,), (v,)))(
        x_of(backend), of(backend, DX, spatial("x"))
    )
    k = np.arange(1, 5)[:, None]
    assert_close(tangent.numpy("t,x"), k * X ** (k - 1) * DX)


@compiles
def test_random_numbers_of_a_compiled_loop_are_those_of_python(backend):
    def function(x):
        return iterate(lambda y: y * x + random_normal(spatial(x=3)) * y, 3, x)

    seed(3)
    eager = derivative(function, backend)
    seed(3)
    found = compiled(lambda x, v: jvp(function, (x,), (v,))[1])(
        x_of(backend), of(backend, DX, spatial("x"))
    )
    assert_close(found.numpy("x"), eager.numpy("x"), rtol=1e-12)


# --- compiled functions ---


def test_compiled_functions_are_pushed_through_operation_by_operation(backend):
    inner = jit_compile(lambda x, n: sin(x) * n)
    assert_close(derivative(lambda x: inner(x, 2), backend).numpy("x"), 2 * np.cos(X) * DX)
    assert not inner.traces


# --- solves ---


def weighted(numbers, y, observer=lambda: None, **settings):
    return solve_linear(Weights(numbers, observer), y, Solve(rel_tol=1e-13, **settings))


def test_linear_solve_varies_with_operator_and_right_hand_side(backend):
    numbers = np.array([1.0, 2.0, 4.0])

    def function(x):
        return weighted(of(backend, numbers, spatial("x")) + x * 0.1, sin(x))

    weights = numbers + 0.1 * X
    expected = (np.cos(X) - 0.1 * np.sin(X) / weights) / weights * DX
    assert_close(derivative(function, backend).numpy("x"), expected, rtol=1e-10)


def test_derivative_of_a_linear_solve_costs_one_more_solve(backend):
    numbers, calls = of(backend, [1.0, 2.0, 4.0], spatial("x")), []
    weighted(numbers, x_of(backend), lambda: calls.append(1))
    plain = len(calls)
    calls.clear()
    derivative(lambda x: weighted(numbers, x, lambda: calls.append(1)), backend)
    assert plain < len(calls) <= 2 * plain + 2


def test_tangents_that_cannot_be_solved_for_raise(backend):
    numbers = of(backend, [1.0, 2.0, 4.0], spatial("x"))
    hard = Solve(rel_tol=1e-13, max_iterations=1)
    with pytest.raises(NotConverged, match="in 1 iteration"):
        derivative(lambda x: weighted(numbers, x, gradient_solve=hard), backend)


def test_failing_solves_in_compiled_derivatives_raise(backend):
    numbers = of(backend, [1.0, 2.0, 4.0], spatial("x"))

    def function(x, v):
        return jvp(lambda x: weighted(numbers, x, max_iterations=1), (x,), (v,))[1]

    with pytest.raises(NotConverged, match="in 1 iteration"):
        compiled(function)(x_of(backend), of(backend, DX, spatial("x")))


def cube_root(x, start):
    return solve_nonlinear(lambda y, x: y**3 + 0.1 * y * x, x, Solve(x0=start, rel_tol=1e-13), x)


def test_nonlinear_solve_varies_with_all_it_depends_on(backend):
    values = np.array([2.0, 1.0, 3.0])
    start = of(backend, np.ones(3), spatial("x"))
    x, v = of(backend, values, spatial("x")), of(backend, DX, spatial("x"))
    y, tangent = jvp(lambda x: cube_root(x, start), (x,), (v,))
    root = y.numpy("x")
    assert_close(root**3 + 0.1 * root * values, values, rtol=1e-11)
    # 3 y² dy + 0.1 (x dy + y dx) = dx
    expected = (1 - 0.1 * root) / (3 * root**2 + 0.1 * values) * DX
    assert_close(tangent.numpy("x"), expected, rtol=1e-6)


def test_second_derivative_of_a_nonlinear_solve(backend):
    start, one = of(backend, [1.0], spatial("x")), of(backend, [1.0], spatial("x"))

    def root(x):
        return solve_nonlinear(lambda y: y**2, x, Solve(x0=start, rel_tol=1e-13))

    def slope(x):
        return jvp(root, (x,), (one,))[1]

    _, found = jvp(slope, (of(backend, [4.0], spatial("x")),), (one,))
    assert_close(found.numpy("x"), np.array([-0.25 * 4.0**-1.5]), rtol=1e-5)
