"""Solves of functions without a matrix, and their derivatives."""

import numpy as np
import pytest

from phimath.boundary import pad
from phimath.dimension import batch, channel, spatial
from phimath.dtype import precision
from phimath.errors import ShapeError
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.solve.pose import pose
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp
from phimath.wrap import wrap
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
N = 6
METHODS = ["auto", "GMRES", "BiCGStab"]


def random(*sizes):
    return np.random.default_rng(len(sizes)).standard_normal(sizes)


def second_difference(x, outside=0.0):
    padded = pad(x, {"x": (1, 1)}, outside)
    return padded.x[2:] + padded.x[:-2] - 2.0 * x


def implicit(x, diffusivity, outside=0.0):
    """An implicit Euler step, with a little transport that makes it unsymmetric."""
    padded = pad(x, {"x": (1, 1)}, outside)
    return x - diffusivity * second_difference(x, outside) + 0.3 * (padded.x[2:] - x)


def matrix(diffusivity, n=N):
    """Columns: images of unit vectors."""
    shift = np.eye(n, k=1)
    lines = np.eye(n, k=1) + np.eye(n, k=-1) - 2 * np.eye(n)
    return np.eye(n) - np.asarray(diffusivity)[..., None] * lines + 0.3 * (shift - np.eye(n))


@pytest.mark.parametrize("method", METHODS)
def test_linear_function_is_inverted(backend, method):
    b = random(N)
    with precision(64):
        x = solve_linear(implicit, of(backend, b, spatial("x")), Solve(method), 2.0)
    assert_close(x.numpy(), np.linalg.solve(matrix(2.0), b), rtol=0, atol=1e-11)


def test_affine_function_moves_its_constant_to_the_right(backend):
    """Row 38."""
    with precision(64):
        zero = of(backend, np.zeros(8), spatial("x"))
        x = solve_linear(lambda x: second_difference(x, 1.0), zero, Solve("CG"))
    assert_close(x.numpy(), np.ones(8), rtol=1e-11)


def test_trees_go_in_and_come_out(backend):
    """A saddle point problem: two unknowns of different shapes in a dict, equations in a tuple."""
    a, c = random(4, 4) + 4 * np.eye(4), random(2, 4)

    def saddle(unknown):
        u, p = unknown["u"], unknown["p"]
        first = sum_of(left * u, "x") + sum_of(transposed * p, "p")
        return first, sum_of(coupling * u, "x")

    with precision(64):
        left = of(backend, a, channel("row"), spatial("x"))
        coupling = of(backend, c, channel("p"), spatial("x"))
        transposed = of(backend, c.T, channel("row"), channel("p"))
        right = of(backend, np.ones(4), channel("row")), of(backend, np.ones(2), channel("p"))
        guess = {"u": wrap(np.zeros(4), spatial("x")), "p": wrap(np.zeros(2), channel("p"))}
        x = solve_linear(saddle, right, Solve("GMRES", x0=guess))
    full = np.block([[a, c.T], [c, np.zeros((2, 2))]])
    expected = np.linalg.solve(full, np.ones(6))
    assert_close(x["u"].numpy(), expected[:4], rtol=0, atol=1e-10)
    assert_close(x["p"].numpy(), expected[4:], rtol=0, atol=1e-10)


def test_equations_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="same equations"):
        solve_linear(lambda x: x.x[1:], wrap(np.ones(4), spatial("x")), Solve())
    with pytest.raises(ShapeError, match="same equations"):
        solve_linear(lambda x: x, wrap(np.ones(4), spatial("x")), Solve(x0=wrap(0.0)))


@differentiates
@pytest.mark.parametrize("method", METHODS)
def test_gradients_by_right_hand_side_argument_and_surroundings(backend, method):
    """Also by what the function uses from around it."""

    def loss(b, diffusivity, outside):
        def step(x, diffusivity):
            return implicit(x, diffusivity, outside)

        return sum_of(weights * solve_linear(step, b, Solve(method), diffusivity))

    def expected(b, diffusivity, outside):
        constant = np.zeros(N)
        constant[[0, -1]] = -diffusivity * outside
        constant[-1] += 0.3 * outside
        return (w * np.linalg.solve(matrix(diffusivity), b - constant)).sum()

    b, w, d, c = random(N), random(N) ** 2, 1 + random(N) ** 2, 0.7
    d = 1.7
    with precision(64):
        weights = of(backend, w, spatial("x"))
        value, slopes = gradient(loss, "b,diffusivity,outside")(
            of(backend, b, spatial("x")), of(backend, d), of(backend, c)
        )
    assert_close(float(value), expected(b, d, c), rtol=1e-11)
    by_b = np.linalg.solve(matrix(d).T, w)
    assert_close(slopes[0].numpy(), by_b, rtol=0, atol=1e-10)
    step = 1e-5
    by_d = (expected(b, d + step, c) - expected(b, d - step, c)) / (2 * step)
    by_c = (expected(b, d, c + step) - expected(b, d, c - step)) / (2 * step)
    assert_close(float(slopes[1]), by_d, rtol=1e-7)
    assert_close(float(slopes[2]), by_c, rtol=1e-7)


def test_forward_derivatives_by_all_that_the_function_uses(backend):
    """On NumPy, too."""
    b, db = random(N), random(2, N)[1]

    def solution(b, diffusivity, outside):
        def step(x, diffusivity):
            return implicit(x, diffusivity, outside)

        return solve_linear(step, b, Solve(), diffusivity)

    def expected(b, diffusivity, outside):
        constant = np.zeros(N)
        constant[[0, -1]] = -diffusivity * outside
        constant[-1] += 0.3 * outside
        return np.linalg.solve(matrix(diffusivity), b - constant)

    with precision(64):
        primals = of(backend, b, spatial("x")), of(backend, 1.7), of(backend, 0.7)
        tangents = of(backend, db, spatial("x")), of(backend, -0.5), of(backend, 2.0)
        x, dx = jvp(solution, primals, tangents)
    assert_close(x.numpy(), expected(b, 1.7, 0.7), rtol=0, atol=1e-11)
    step = 1e-5
    ahead, behind = (expected(b + s * db, 1.7 - s * 0.5, 0.7 + s * 2.0) for s in (step, -step))
    assert_close(dx.numpy(), (ahead - behind) / (2 * step), rtol=0, atol=1e-8)


@differentiates
@pytest.mark.parametrize("compiled", [lambda f: f, jit_compile])
def test_derivatives_of_derivatives(backend, compiled):
    """Of a gradient, backwards and forwards; what the function uses lies around it."""
    b, w = random(N), random(N) ** 2

    def loss(diffusivity):
        return sum_of(weights * solve_linear(lambda x: implicit(x, diffusivity), right) ** 2)

    def slope(diffusivity):
        return gradient(loss, get_output=False)(diffusivity)

    def expected(d):
        return (w * np.linalg.solve(matrix(d), b) ** 2).sum()

    with precision(64):
        weights, right = of(backend, w, spatial("x")), of(backend, b, spatial("x"))
        at = of(backend, 1.7)
        backwards = compiled(gradient(slope, get_output=False))(at)
        forwards = compiled(lambda at: jvp(slope, (at,), (1.0,))[1])(at)
        mixed = compiled(gradient(lambda at: jvp(loss, (at,), (1.0,))[1], get_output=False))(at)
    step = 1e-3
    near, far = (
        (expected(1.7 + s) - 2 * expected(1.7) + expected(1.7 - s)) / s**2 for s in (step, 2 * step)
    )
    curvature = near + (near - far) / 3
    for found in (backwards, forwards, mixed):
        assert_close(float(found), curvature, rtol=1e-6)


def test_compiled_solves_are_those_of_eager_ones(backend):
    def step(b, diffusivity):
        return solve_linear(lambda x: implicit(x, diffusivity), b, Solve("BiCGStab"))

    b = random(3, N)
    with precision(64):
        found = jit_compile(step)(of(backend, b, batch("b"), spatial("x")), of(backend, 2.0))
    assert_close(found.numpy("b,x"), np.linalg.solve(matrix(2.0), b.T).T, rtol=0, atol=1e-11)


def test_a_constant_that_is_zero_is_left_out(backend):
    y = wrap(backend.from_numpy(np.ones(3)), spatial("x"))
    assert pose(lambda x: 2 * x, y, Solve(), (), {}).operator.bias is None
    assert pose(lambda x: 2 * x + 1, y, Solve(), (), {}).operator.bias is not None


@pytest.mark.needs("value_and_gradient")
def test_a_constant_that_is_zero_has_a_derivative(backend):
    """2 x + c = y: dx = −dc / 2."""
    y, c = (wrap(backend.from_numpy(values), spatial("x")) for values in (np.ones(3), np.zeros(3)))

    def total(c):
        return sum_of(solve_linear(lambda x, c: 2 * x + c, y, Solve(), c), "x")

    assert_close(gradient(total, get_output=False)(c).numpy(), np.full(3, -0.5), rtol=1e-6)
