"""Minimisation against SciPy on the same functions, exact minima, and one problem at a time."""

from dataclasses import dataclass
from threading import active_count

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize
from scipy.optimize import rosen, rosen_der

from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import precision
from phimath.elementwise import log
from phimath.errors import (
    Diverged,
    DTypeError,
    NotConverged,
    NotSupported,
    ShapeError,
    ValueRangeError,
)
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, minimize, minimize_report
from phimath.solve.methods import OPTIMISERS
from phimath.tensor import Tensor
from phimath.transform import gradient, jit_compile
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")
START = np.array([-1.2, 1.0, 0.5, 2.0])
STARTS = np.stack([START, START + 1, np.zeros(4)])
WITHOUT_GRADIENT = [name for name, method in OPTIMISERS.items() if not method.needs_gradient]
# The Hessian of Rosenbrock's function is indefinite at the start, which dogleg can't handle.
WITH_GRADIENT = [
    name for name, method in OPTIMISERS.items() if method.needs_gradient and name != "dogleg"
]


def rosenbrock(x):
    ahead, behind = x.vector[1:], x.vector[:-1]
    return sum_of(100 * (ahead - behind**2) ** 2 + (1 - behind) ** 2)


def bowl(x):
    """Minimum 0 at 1, 2, 3, …; condition number 16."""
    return sum_of((x - wrap([1.0, 2.0, 3.0, 4.0])) ** 2 * wrap([1.0, 4.0, 9.0, 16.0]))


def vector(values):
    return wrap(np.asarray(values, float), channel("vector"))


def problems(values):
    return wrap(np.asarray(values, float), batch("problems"), channel("vector"))


@differentiates
@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "SLSQP"])
def test_iterations_and_minimum_are_those_of_scipy(backend, method):
    with precision(64):
        info = minimize_report(rosenbrock, Solve(method, x0=vector(START)))
    expected = scipy_minimize(rosen, START, jac=rosen_der, method=method)
    assert int(info.iterations) == expected.nit
    np.testing.assert_allclose(info.x.numpy(), expected.x, rtol=0, atol=1e-6)
    assert info.x.backend is backend


@differentiates
@pytest.mark.parametrize("method", WITH_GRADIENT)
def test_methods_with_gradients_find_the_minimum(backend, method):
    with precision(64):
        x = minimize(bowl, Solve(method, abs_tol=1e-8, x0=vector(np.zeros(4))))
    np.testing.assert_allclose(x.numpy(), [1, 2, 3, 4], rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", WITHOUT_GRADIENT)
def test_methods_without_gradients_find_the_minimum_on_every_backend(backend, method):
    with precision(64):
        x = minimize(bowl, Solve(method, abs_tol=1e-8, x0=vector(np.zeros(4))))
    np.testing.assert_allclose(x.numpy(), [1, 2, 3, 4], rtol=0, atol=1e-4)


@pytest.mark.parametrize("method", ["Nelder-Mead", "COBYQA"])
def test_problems_of_a_batch_end_where_each_alone_ends(backend, method):
    with precision(64):
        together = minimize(bowl, Solve(method, x0=problems(STARTS)))
        alone = [minimize(bowl, Solve(method, x0=vector(start))).numpy() for start in STARTS]
    np.testing.assert_allclose(together.numpy("problems,vector"), alone, rtol=0, atol=1e-9)


@differentiates
@pytest.mark.parametrize("method", ["L-BFGS-B", "GD"])
def test_problems_of_a_batch_take_the_iterations_that_each_alone_takes(backend, method):
    solve = {"abs_tol": 1e-3 if method == "GD" else 0.0}
    function = bowl if method == "GD" else rosenbrock
    with precision(64):
        together = minimize_report(function, Solve(method, x0=problems(STARTS), **solve))
        alone = [minimize_report(function, Solve(method, x0=vector(s), **solve)) for s in STARTS]
    assert together.iterations.numpy().tolist() == [int(info.iterations) for info in alone]
    expected = [info.x.numpy() for info in alone]
    np.testing.assert_allclose(together.x.numpy("problems,vector"), expected, rtol=0, atol=1e-9)


@differentiates
def test_one_evaluation_serves_all_problems(backend):
    calls = []

    def counted(x):
        calls.append(x.shape)
        return rosenbrock(x)

    with precision(64):
        info = minimize_report(counted, Solve(x0=problems(STARTS)))
        alone = [minimize_report(rosenbrock, Solve(x0=vector(start))) for start in STARTS]
    assert len(calls) == info.evaluations
    assert max(a.evaluations for a in alone) <= info.evaluations < sum(a.evaluations for a in alone)


def test_a_loss_without_the_batch_is_one_problem_with_more_unknowns(backend):
    target = np.arange(6.0).reshape(2, 3)
    goal = wrap(target, batch("problems"), spatial("x"))
    start = goal * 0.0
    with precision(64):
        info = minimize_report(
            lambda x: sum_of((x - goal) ** 2, "problems,x"), Solve("Powell", x0=start)
        )
    assert info.value.rank == 0
    np.testing.assert_allclose(info.x.numpy("problems,x"), target, rtol=0, atol=1e-6)


def test_a_guess_without_the_batch_of_the_loss_gets_it(backend):
    goal = wrap([3.0, 4.0], batch("problems"))
    with precision(64):
        x = minimize(lambda x: (x - goal) ** 2, Solve("Nelder-Mead", abs_tol=1e-8, x0=0))
    np.testing.assert_allclose(x.numpy("problems"), [3, 4], rtol=0, atol=1e-6)


@dataclass(frozen=True)
class Line:
    slope: Tensor
    offset: Tensor


@differentiates
def test_trees_keep_their_form(backend):
    x = np.linspace(-1, 1, 11)
    samples, values = wrap(x, instance("points")), wrap(2 * x + 3, instance("points"))

    def misfit(line):
        return sum_of((line.slope * samples + line.offset - values) ** 2)

    with precision(64):
        line = minimize(misfit, Solve(abs_tol=1e-12, x0=Line(wrap(0.0), wrap(0.0))))
    assert isinstance(line, Line)
    assert float(line.slope) == pytest.approx(2, abs=1e-6)
    assert float(line.offset) == pytest.approx(3, abs=1e-6)


def test_several_arguments_are_given_as_a_tuple(backend):
    with precision(64):
        a, b = minimize(
            lambda a, b: (a - 1) ** 2 + (b - a) ** 2,
            Solve("Nelder-Mead", abs_tol=1e-8, x0=(wrap(0.0), wrap(0.0))),
        )
    assert (float(a), float(b)) == pytest.approx((1, 1), abs=1e-6)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((None, 2.5), [1, 2, 2.5, 2.5]),
        ((1.5, None), [1.5, 2, 3, 4]),
        ((0, 0.8), [0.8, 0.8, 0.8, 0.8]),
    ],
)
@pytest.mark.parametrize("method", ["L-BFGS-B", "TNC", "SLSQP", "trust-constr", "GD", "COBYQA"])
@differentiates
def test_bounds_hold_the_unknowns(backend, method, bounds, expected):
    solve = Solve(method, abs_tol=1e-9, x0=vector([0.5, 3, 0, 0]))
    with precision(64):
        x = minimize(bowl, solve, bounds=bounds)
    np.testing.assert_allclose(x.numpy(), expected, rtol=0, atol=1e-4)


@differentiates
def test_bounds_may_differ_per_component(backend):
    with precision(64):
        x = minimize(bowl, Solve(x0=vector(np.zeros(4))), bounds=(vector([2, 0, 0, 5]), None))
    np.testing.assert_allclose(x.numpy(), [2, 2, 3, 5], rtol=0, atol=1e-5)


@differentiates
@pytest.mark.parametrize("method", ["L-BFGS-B", "GD"])
def test_trajectories_begin_at_the_guess_and_never_go_up(backend, method):
    with precision(64):
        info = minimize_report(bowl, Solve(method, x0=problems(STARTS)), trajectory=True)
    points, losses = (
        info.trajectory.numpy("problems,trajectory,vector"),
        info.losses.numpy("problems,trajectory"),
    )
    np.testing.assert_array_equal(points[:, 0], STARTS)
    assert (np.diff(losses) <= 0).all()
    expected = ((points - [1, 2, 3, 4]) ** 2 * [1, 4, 9, 16]).sum(-1)
    np.testing.assert_allclose(losses, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(points[:, -1], info.x.numpy("problems,vector"))


@differentiates
def test_compiled_functions_are_compiled_with_their_gradient_once(backend):
    runs = []

    @jit_compile
    def function(x):
        runs.append(None)
        return bowl(x)

    for start in (np.zeros(4), np.ones(4)):
        x = minimize(function, Solve(x0=vector(start)))
        np.testing.assert_allclose(x.numpy(), [1, 2, 3, 4], rtol=0, atol=1e-3)
    assert len(runs) <= 3  # tracers may run a function a few times, but not once per evaluation


@differentiates
def test_single_precision_converges_with_default_tolerances(backend):
    info = minimize_report(rosenbrock, Solve(x0=problems(STARTS)))
    assert info.x.dtype.precision == 32
    assert float(info.value.problems[2]) < 1e-5


@differentiates
def test_a_partial_result_comes_with_the_error_or_alone(backend):
    solve = Solve(x0=vector(START), max_iterations=3)
    with pytest.raises(NotConverged, match="found no minimum in") as caught:
        minimize(rosenbrock, solve)
    assert caught.value.result.iterations.item() == 3
    assert float(caught.value.result.value) < rosen(START)
    partial = minimize(
        rosenbrock, Solve(x0=vector(START), max_iterations=3, suppress=[NotConverged])
    )
    np.testing.assert_array_equal(partial.numpy(), caught.value.result.x.numpy())


@differentiates
def test_a_loss_that_is_not_finite_is_reported_as_divergence(backend):
    with pytest.raises(Diverged, match="NaN"):
        minimize(lambda x: sum_of(log(x)), Solve(x0=vector([-1.0, -2.0])))


class BrokenError(Exception):
    pass


@pytest.mark.parametrize("shape", [(4,), (3, 4)])
@pytest.mark.parametrize("method", ["Nelder-Mead", "Powell"])
def test_an_error_in_the_function_is_raised_at_once_and_leaves_no_thread(backend, shape, method):
    calls = []

    def broken(x):
        calls.append(None)
        if len(calls) == 4:
            raise BrokenError
        return bowl(x)

    before = active_count()
    start = vector(START) if shape == (4,) else problems(STARTS)
    with pytest.raises(BrokenError):
        minimize(broken, Solve(method, x0=start))
    assert len(calls) == 4
    assert active_count() == before


@pytest.mark.parametrize(
    ("solve", "options", "error", "message"),
    [
        (Solve(), {}, ValueRangeError, "initial guess"),
        (Solve("Newton-Krylov", x0=wrap(1.0)), {}, NotSupported, "does not minimise"),
        (Solve(rel_tol=0.1, x0=wrap(1.0)), {}, ValueRangeError, "rel_tol=0.1"),
        (Solve("BFGS", x0=wrap(1.0)), {"bounds": (0, 1)}, NotSupported, "knows no bounds"),
        (Solve("Powell", x0=wrap(1.0)), {"bounds": (1, 0)}, ValueRangeError, "above the upper"),
        (Solve("Powell", x0=wrap(1)), {}, DTypeError, "real floating"),
        (Solve("Powell", x0=wrap([1.0, 2.0])), {}, ShapeError, "scalar"),
    ],
)
def test_bad_settings_are_named(solve, options, error, message):
    with pytest.raises(error, match=message):
        minimize(lambda x: x * x, solve, **options)


def test_numpy_names_what_works_there():
    with pytest.raises(NotSupported, match=r"Nelder-Mead.*from phisim.torch import"):
        minimize(bowl, Solve(x0=vector(START)))


@differentiates
def test_minimising_inside_of_a_gradient_is_refused(backend):
    def nested(x):
        return sum_of(minimize(bowl, Solve("Powell", x0=x)))

    with pytest.raises(NotSupported, match="can't be compiled or differentiated"):
        gradient(nested)(vector(START))
