"""Nonlinear solves: exact roots, order of convergence, and implicit derivatives."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import root

from phimath.boundary import pad
from phimath.create import NAN
from phimath.dimension import batch, channel, spatial
from phimath.dtype import precision
from phimath.elementwise import exp
from phimath.errors import Diverged, NotConverged, NotSupported, ShapeError, ValueRangeError
from phimath.join import stack
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, nonlinear_report, solve_linear, solve_nonlinear
from phimath.tensor import Tensor
from phimath.transform import gradient, jit_compile
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")
CELLS = 24


def reaction(u, rate):
    """−u″ + rate·eᵘ with u = 0 outside; Bratu's problem of the stable sign."""
    padded = pad(u, {"x": (1, 1)}, 0.0)
    return (2 * u - padded.x[2:] - padded.x[:-2]) * CELLS**2 + rate * exp(u)


def reaction_of_arrays(u, rate):
    padded = np.pad(u, 1)
    return (2 * u - padded[2:] - padded[:-2]) * CELLS**2 + rate * np.exp(u)


def grid(values):
    return wrap(np.broadcast_to(values, CELLS) * 1.0, spatial("x"))


def cube(x, factor):
    return factor * x**3


def test_root_is_that_of_scipy(backend):
    rhs = 10 * np.sin(np.arange(CELLS))
    with precision(64):
        x = solve_nonlinear(reaction, grid(rhs), Solve(x0=grid(0.0)), wrap(3.0))
    expected = root(lambda u: reaction_of_arrays(u, 3.0) - rhs, np.zeros(CELLS), tol=1e-12)
    assert expected.success
    np.testing.assert_allclose(x.numpy(), expected.x, rtol=0, atol=1e-10)
    assert x.backend is backend


def test_convergence_is_quadratic(backend):
    """Each residual is at most a constant times the square of the one before."""
    norms = []
    for steps in range(1, 6):
        solve = Solve(x0=grid(2.0), max_iterations=steps, suppress=[NotConverged])
        with precision(64):
            norms.append(float(nonlinear_report(reaction, grid(10.0), solve, wrap(3.0)).residual))
    logarithms = np.log(norms)
    orders = np.diff(logarithms[1:]) / np.diff(logarithms[:-1])
    assert orders[-1] > 1.7, (norms, orders)


def test_problems_of_a_batch_are_independent(backend):
    y = wrap([0.5, 1.0, 8.0], batch("problems"))
    with precision(64):
        x = solve_nonlinear(cube, y, Solve(x0=1.0), 1.0)
    np.testing.assert_allclose(x.numpy("problems"), np.cbrt([0.5, 1, 8]), rtol=1e-11)


def test_steps_that_are_too_long_are_halved(backend):
    """Newton's method without this leaves every guess beyond 1.39 for infinity."""
    with precision(64):
        x = solve_nonlinear(lambda x: x / (1 + x * x) ** 0.5, 0.0, Solve(x0=3.0, abs_tol=1e-10))
    assert float(x) == pytest.approx(0, abs=1e-9)


def test_single_precision_reaches_its_default_tolerance(backend):
    x = solve_nonlinear(reaction, grid(10.0), Solve(x0=grid(2.0)), wrap(3.0))
    residual = reaction_of_arrays(x.numpy().astype(float), 3.0) - 10
    # Rounding of u alone changes u″ by up to 4 n² 2⁻²⁴ |u| per cell.
    rounding = 4 * CELLS**2 * 2**-24 * np.abs(x.numpy()).max() * CELLS**0.5
    assert np.linalg.norm(residual) <= 1e-5 * 10 * CELLS**0.5 + rounding


@dataclass(frozen=True)
class Point:
    a: Tensor
    b: Tensor


def test_trees_keep_their_form(backend):
    def f(point):
        return (point.a * point.b, point.a + point.b)

    with precision(64):
        found = solve_nonlinear(f, (wrap(6.0), wrap(5.0)), Solve(x0=Point(wrap(1.0), wrap(3.0))))
    assert isinstance(found, Point)
    assert (float(found.a), float(found.b)) == pytest.approx((2, 3), abs=1e-10)


@pytest.mark.parametrize("kind", ["general", "skew", "singular but consistent"])
def test_krylov_method_solves_like_a_direct_solver(backend, kind):
    matrix = np.random.default_rng(1).standard_normal((12, 12))
    if kind == "skew":
        matrix = matrix - matrix.T
    b = matrix @ np.arange(12.0)
    if kind == "singular but consistent":
        matrix[-1], b[-1] = matrix[0], b[0]
    a = wrap(matrix, channel("rows"), channel("unknown"))

    def apply(x):
        rows = sum_of(a * x, "unknown")
        return stack([rows.rows[i] for i in range(12)], channel("unknown"))

    with precision(64):
        settings = Solve("GMRES", rel_tol=0.0, abs_tol=1e-11)
        x = solve_linear(apply, wrap(b, channel("unknown")), settings)
    np.testing.assert_allclose(matrix @ x.numpy(), b, rtol=0, atol=1e-9)


@differentiates
def test_implicit_derivatives_equal_finite_differences(backend):
    def loss(y, rate):
        return sum_of(solve_nonlinear(reaction, y, Solve(x0=grid(2.0)), rate) ** 2)

    h = 1e-4
    with precision(64):
        by_y, by_rate = gradient(loss, "y,rate", get_output=False)(grid(10.0), wrap(3.0))
        up, down = loss(grid(10.0), wrap(3.0 + h)), loss(grid(10.0), wrap(3.0 - h))
        assert float(by_rate) == pytest.approx(float(up - down) / (2 * h), rel=1e-7)
        bump = h * (np.arange(CELLS) == 5)
        up, down = loss(grid(10.0 + bump), wrap(3.0)), loss(grid(10.0 - bump), wrap(3.0))
    assert by_y.numpy()[5] == pytest.approx((float(up) - float(down)) / (2 * h), rel=1e-6)


@differentiates
@pytest.mark.parametrize("power", [1, 2])
def test_second_derivatives_are_exact(backend, power):
    """x = (3/k)^(1/3); the derivative of a power of x needs the one of x again."""

    def of(k):
        return solve_nonlinear(cube, wrap(3.0), Solve(x0=wrap(1.0)), k) ** power

    with precision(64):
        second = gradient(lambda k: gradient(of, get_output=False)(k), get_output=False)(wrap(2.0))
    p = power / 3
    assert float(second) == pytest.approx(p * (p + 1) * 3**p * 2 ** (-p - 2), rel=1e-9)


@dataclass(frozen=True, eq=False)
class Spring:
    stiffness: Tensor

    def __call__(self, x):
        return self.stiffness * (x + x**3)


@differentiates
def test_tensors_inside_of_the_function_have_derivatives(backend):
    def of(stiffness):
        return solve_nonlinear(Spring(stiffness), wrap(4.0), Solve(x0=wrap(0.5)))

    with precision(64):
        slope = gradient(of, get_output=False)(wrap(2.0))
    # x = 1 at stiffness 2; d(k (x + x³)) = 0.
    assert float(slope) == pytest.approx(-2 / (2 * 4), rel=1e-9)


@pytest.mark.needs("compile")
def test_compiled_solves_equal_eager_ones(backend):
    def solution(y):
        return solve_nonlinear(reaction, y, Solve(x0=grid(2.0)), wrap(3.0))

    with precision(64):
        eager = solution(grid(10.0)).numpy()
        np.testing.assert_allclose(jit_compile(solution)(grid(10.0)).numpy(), eager, rtol=1e-11)


def test_a_partial_result_comes_with_the_error(backend):
    with pytest.raises(NotConverged, match="in 1 Newton steps") as caught:
        solve_nonlinear(cube, 8.0, Solve(x0=1.0, max_iterations=1), 1.0)
    assert 0 < float(caught.value.result.residual) < 7


def test_an_equation_without_a_root_is_not_converged(backend):
    with pytest.raises(NotConverged, match="better x0"):
        solve_nonlinear(lambda x: x * x, -1.0, Solve(x0=1.0))


def test_an_undefined_residual_is_reported_as_divergence(backend):
    with pytest.raises(Diverged, match="largest residual nan"):
        solve_nonlinear(lambda x: NAN * x, 1.0, Solve(x0=-1.0))


@pytest.mark.parametrize(
    ("y", "solve", "error", "message"),
    [
        (1.0, Solve(), ValueRangeError, "initial guess"),
        (1.0, Solve("CG", x0=1.0), NotSupported, "solves no nonlinear systems"),
        (wrap([1.0, 2.0]), Solve(x0=1.0), ShapeError, "for 1 unknowns"),
    ],
)
def test_bad_settings_are_named(y, solve, error, message):
    with pytest.raises(error, match=message):
        solve_nonlinear(lambda x: x * x, y, solve)
