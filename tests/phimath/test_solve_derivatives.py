"""Implicit derivatives of solves by every method, against differences of NumPy's solutions."""

import numpy as np
import pytest

from phimath.dimension import channel, dual, instance, spatial
from phimath.dtype import precision
from phimath.elementwise import imag, real
from phimath.join import concat
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
N = 5
STEP = 1e-5
METHODS = ["direct", "GMRES", "BiCGStab", "LSQR"]


def random(*sizes, seed=0):
    return np.random.default_rng(seed).standard_normal(sizes)


def as_is(function):
    return function


def difference(function, at, direction):
    """Derivative along a direction, of fourth order."""
    near, far = (
        (function(at + k * STEP * direction) - function(at - k * STEP * direction)) / (2 * k * STEP)
        for k in (1, 10)
    )
    return near + (near - far) / 99


def curvature(function, at, direction):
    step = 1e-3
    near, far = (
        (function(at + k * direction) - 2 * function(at) + function(at - k * direction)) / k**2
        for k in (step, 2 * step)
    )
    return near + (near - far) / 3


def matrices():
    general = random(N, N) + 4 * np.eye(N)
    definite = general @ general.T
    indefinite = random(N, N, seed=3) + random(N, N, seed=3).T
    yield from ((method, general) for method in METHODS)
    yield from ((method, definite) for method in ("CG", "MINRES"))
    yield "MINRES", indefinite


@differentiates
@pytest.mark.parametrize("compiled", [as_is, jit_compile])
@pytest.mark.parametrize(("method", "a"), list(matrices()))
def test_gradients_by_matrix_and_right_hand_side(backend, method, a, compiled):
    def loss(matrix, right):
        return sum_of(weights * solve_linear(matrix, right, Solve(method)) ** 2)

    def expected(a, b):
        return (w * np.linalg.solve(a, b) ** 2).sum()

    b, w, da = random(N, seed=1), random(N, seed=2), random(N, N, seed=4)
    if method in ("CG", "MINRES"):
        da = da + da.T
    with precision(64):
        weights = of(backend, w, spatial("x"))
        arguments = (
            of(backend, a, spatial("x"), dual("x")),
            of(backend, b, spatial("x")),
        )
        slopes = compiled(gradient(loss, "matrix,right", get_output=False))(*arguments)
    by_a, by_b = slopes[0].numpy("x,~x"), slopes[1].numpy("x")
    x = np.linalg.solve(a, b)
    adjoint = np.linalg.solve(a.T, 2 * w * x)
    assert_close(by_b, adjoint, rtol=1e-8, atol=1e-9)
    assert_close(by_a, -np.outer(adjoint, x), rtol=1e-8, atol=1e-9)
    slope = difference(lambda a: expected(a, b), a, da)
    assert_close((by_a * da).sum(), slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("method", "a"), list(matrices()))
def test_forward_derivatives_on_all_backends(backend, method, a):
    b, da, db = random(N, seed=1), random(N, N, seed=4), random(N, seed=5)
    if method in ("CG", "MINRES"):
        da = da + da.T
    with precision(64):
        tensors = [
            (of(backend, m, spatial("x"), dual("x")), of(backend, v, spatial("x")))
            for m, v in ((a, b), (da, db))
        ]
        x, dx = jvp(lambda a, b: solve_linear(a, b, Solve(method)), *tensors)
    expected = np.linalg.solve(a, b)
    assert_close(x.numpy(), expected, rtol=1e-9, atol=1e-10)
    assert_close(dx.numpy(), np.linalg.solve(a, db - da @ expected), rtol=1e-8, atol=1e-9)


@differentiates
@pytest.mark.parametrize("compiled", [as_is, jit_compile])
@pytest.mark.parametrize("method", ["direct", "GMRES", "LSQR"])
def test_second_derivatives(backend, method, compiled):
    a, da, b = random(N, N) + 4 * np.eye(N), random(N, N, seed=4), random(N, seed=1)

    def loss(t):
        return sum_of(solve_linear(matrix + t * change, right, Solve(method)) ** 2)

    def slope(t):
        return gradient(loss, get_output=False)(t)

    with precision(64):
        matrix, change = (of(backend, m, spatial("x"), dual("x")) for m in (a, da))
        right = of(backend, b, spatial("x"))
        found = compiled(gradient(slope, get_output=False))(of(backend, 0.3))
    expected = curvature(
        lambda t: (np.linalg.solve(a + t * da, b) ** 2).sum(), np.float64(0.3), 1.0
    )
    assert_close(float(found), expected, rtol=1e-6)


@differentiates
@pytest.mark.parametrize("sizes", [(7, 4), (4, 7)])
def test_gradients_of_least_squares(backend, sizes):
    a, b, da = random(*sizes), random(sizes[0], seed=1), random(*sizes, seed=2)
    w = random(sizes[1], seed=3)

    def loss(matrix, right):
        return sum_of(weights * solve_linear(matrix, right) ** 2)

    def expected(a, b):
        return (w * np.linalg.lstsq(a, b)[0] ** 2).sum()

    with precision(64):
        weights = of(backend, w, channel("w"))
        matrix = of(backend, a, instance("data"), dual("w"))
        right = of(backend, b, instance("data"))
        by_a, by_b = gradient(loss, "matrix,right", get_output=False)(matrix, right)
    slope = difference(lambda a: expected(a, b), a, da)
    assert_close((by_a.numpy("data,~w") * da).sum(), slope, rtol=1e-7)
    db = random(sizes[0], seed=5)
    slope = difference(lambda b: expected(a, b), b, db)
    assert_close((by_b.numpy() * db).sum(), slope, rtol=1e-7)


@pytest.mark.parametrize("sizes", [(7, 4), (4, 7)])
def test_forward_derivatives_of_least_squares(backend, sizes):
    a, b, da = random(*sizes), random(sizes[0], seed=1), random(*sizes, seed=2)
    with precision(64):
        matrix, change = (of(backend, m, instance("data"), dual("w")) for m in (a, da))
        right = of(backend, b, instance("data"))
        _, dx = jvp(lambda a: solve_linear(a, right), (matrix,), (change,))
    expected = difference(lambda a: np.linalg.lstsq(a, b)[0], a, da)
    assert_close(dx.numpy(), expected, rtol=1e-7, atol=1e-8)


@differentiates
@pytest.mark.parametrize("method", METHODS)
def test_gradients_of_complex_systems(backend, method):
    """For L = ∑ w·Re x² the gradient by b is A⁻ᴴ times that by x."""
    a = random(N, N) + 4 * np.eye(N) + 1j * random(N, N, seed=6)
    b = random(N, seed=1) + 1j * random(N, seed=2)
    da, db = random(N, N, seed=7) * (1 + 2j), random(N, seed=8) * (2 - 1j)

    def loss(matrix, right):
        x = solve_linear(matrix, right, Solve(method))
        return sum_of(real(x) ** 2 + 2.0 * imag(x))

    def expected(a, b):
        x = np.linalg.solve(a, b)
        return (x.real**2 + 2 * x.imag).sum()

    with precision(64):
        matrix = of(backend, a, spatial("x"), dual("x"))
        by_a, by_b = gradient(loss, "matrix,right", get_output=False)(
            matrix, of(backend, b, spatial("x"))
        )
    slope = difference(lambda a: expected(a, b), a, da)
    assert_close((by_a.numpy("x,~x").conj() * da).sum().real, slope, rtol=1e-7)
    slope = difference(lambda b: expected(a, b), b, db)
    assert_close((by_b.numpy().conj() * db).sum().real, slope, rtol=1e-7)


@differentiates
@pytest.mark.parametrize("compiled", [as_is, jit_compile])
def test_gradients_of_singular_systems(backend, compiled):
    """The null space stays: that of a ring with couplings k."""

    def ring(k):
        return np.diag(k + np.roll(k, 1)) - _coupled(k) - _coupled(k).T

    def _coupled(k):
        return np.roll(np.diag(k), 1, axis=0)

    k, b, w = 1 + random(N) ** 2, random(N, seed=1), random(N, seed=2)

    def apply(x, k):
        flux = k * (x - shifted(x, -1))
        return flux - shifted(flux, 1)

    def shifted(x, by):
        return concat([x.x[-by:], x.x[:-by]], "x")

    def loss(b, k):
        return sum_of(weights * solve_linear(apply, b, Solve("CG", rank_deficiency=1), k) ** 2)

    def expected(b, k):
        return (w * (np.linalg.pinv(ring(k)) @ b) ** 2).sum()

    with precision(64):
        weights = of(backend, w, spatial("x"))
        arguments = of(backend, b, spatial("x")), of(backend, k, spatial("x"))
        by_b, by_k = compiled(gradient(loss, "b,k", get_output=False))(*arguments)
    direction = random(N, seed=3)
    slope = difference(lambda b: expected(b, k), b, direction)
    assert_close((by_b.numpy() * direction).sum(), slope, rtol=1e-7)
    slope = difference(lambda k: expected(b, k), k, direction)
    assert_close((by_k.numpy() * direction).sum(), slope, rtol=1e-7)


@differentiates
def test_adjoint_solves_are_on_the_tape_with_their_own_settings(backend):
    a, b = random(N, N) + 4 * np.eye(N), random(N, seed=1)
    matrix = of(backend, a, spatial("x"), dual("x"))
    solve = Solve("GMRES", gradient_solve=Solve("BiCGStab"))
    with SolveTape() as tape:
        gradient(lambda b: sum_of(solve_linear(matrix, b, solve)))(of(backend, b, spatial("x")))
    assert [(info.method, info.purpose) for info in tape] == [
        ("GMRES", "solution"),
        ("BiCGStab", "adjoint"),
    ]
    assert 0 < tape[1].iterations <= N + 1
    assert repr(tape[1]).startswith("adjoint BiCGStab (asked for): converged after")
