"""Tapes: which solves they record, from where, and what a report tells."""

import numpy as np
import pytest

from phimath.dimension import batch, dual, spatial
from phimath.dtype import precision
from phimath.errors import NotConverged, ValueRangeError
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, SolveTape, solve_linear, solve_nonlinear
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, iterate, jit_compile
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
N = 8


def problem(backend):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((N, N))
    a = a @ a.T + np.eye(N)
    return of(backend, a, spatial("x"), dual("x")), of(
        backend, rng.standard_normal(N), spatial("x")
    )


def test_nothing_is_recorded_outside(backend):
    matrix, b = problem(backend)
    with SolveTape() as tape:
        pass
    solve_linear(matrix, b)
    assert len(tape) == 0
    assert repr(tape) == "SolveTape without solves"


def test_reports_are_found_by_position_and_by_settings(backend):
    matrix, b = problem(backend)
    with SolveTape() as tape:
        for method in ("CG", "GMRES"):
            solve_linear(matrix, b, Solve(method, x0=b))
    assert [info.method for info in tape] == ["CG", "GMRES"]
    assert tape[Solve("GMRES")].method == "GMRES"
    assert tape[-1] is tape.solves[1]
    for key in (2, Solve("MINRES"), Solve("CG", rel_tol=1e-3)):
        with pytest.raises(ValueRangeError, match="no report"):
            tape[key]
    assert repr(tape).count("converged after") == 2


def test_tapes_may_be_nested(backend):
    matrix, b = problem(backend)
    with SolveTape() as outer:
        solve_linear(matrix, b)
        with SolveTape() as inner:
            solve_linear(matrix, b)
    assert (len(outer), len(inner)) == (2, 1)


def test_failures_are_recorded_too(backend):
    matrix, b = problem(backend)
    with SolveTape() as tape, pytest.raises(NotConverged):
        solve_linear(matrix, b, Solve("CG", max_iterations=2))
    assert not tape[0].converged.item()
    assert tape[0].iterations == 2


@pytest.mark.parametrize("compiled", [lambda f: f, jit_compile])
@pytest.mark.parametrize("method", ["CG", "MINRES", "GMRES", "BiCGStab", "LSQR", "direct"])
def test_histories_have_the_residuals_of_all_iterations(backend, method, compiled):
    """Row 40: as many as there were, the last one being that of the report."""
    matrix, b = problem(backend)
    solve = compiled(lambda b: solve_linear(matrix, b, Solve(method)))
    with precision(64):
        b = of(
            backend, np.stack([b.numpy(), np.zeros(N), 1e6 * b.numpy()]), batch("b"), spatial("x")
        )
        with SolveTape() as without:
            solve(b)
        with SolveTape(record_trajectories=True) as tape:
            solve(b)
    info = tape[0]
    history = info.history.numpy("b,iteration")
    assert without[0].history is None
    assert history.shape == (3, info.iterations + 1)
    assert_close(history[:, 0], np.linalg.norm(b.numpy("b,x"), axis=1), rtol=1e-12)
    assert_close(history[:, -1], info.residual.numpy("b"), rtol=1e-12, atol=0)
    assert (history[1] == 0).all()
    first = slice(0, min(4, info.iterations))
    assert_close(history[2, first] / 1e6, history[0, first], rtol=1e-3)


def test_compiled_functions_report_after_each_call(backend):
    matrix, b = problem(backend)
    solve = jit_compile(lambda b: solve_linear(matrix, b, Solve("CG")))
    with SolveTape() as tape:
        solve(b)
        solve(0.0 * b)
    assert [info.iterations > 0 for info in tape] == [True, False]
    assert tape[0].decided_by == "rel_tol"


def test_loops_report_their_worst_solve(backend):
    matrix, b = problem(backend)

    @jit_compile
    def run(b):
        return iterate(lambda b: solve_linear(matrix, b, Solve("CG")), 3, b)

    with SolveTape() as tape:
        run(b)
    assert 1 <= len(tape) <= 3


@differentiates
@pytest.mark.parametrize("compiled", [lambda f: f, jit_compile])
def test_solves_of_gradients_are_recorded(backend, compiled):
    matrix, b = problem(backend)
    slope = compiled(gradient(lambda b: sum_of(solve_linear(matrix, b, Solve("CG")))))
    with SolveTape(record_trajectories=True) as tape:
        slope(b)
    assert [info.purpose for info in tape] == ["solution", "adjoint"]
    assert all(info.iterations == info.history.shape.get_size("iteration") - 1 > 0 for info in tape)


def test_nonlinear_solves_are_recorded(backend):
    start = of(backend, np.ones(3), spatial("x"))
    with SolveTape() as tape:
        solve_nonlinear(lambda x: x**3 + x, start * 10.0, Solve(x0=start))
    assert tape[0].method == "Newton-Krylov"
