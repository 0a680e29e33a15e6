"""All methods on matrices, against NumPy's direct solves."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.dtype import precision
from phimath.errors import Diverged, NotConverged, NotSupported, ShapeError
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.solve.engine import solve_plain
from phimath.sparse import DenseMatrix
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap
from tests.support import of

GENERAL = ["auto", "direct", "GMRES", "BiCGStab", "LSQR"]
N = 8


def random(*sizes):
    return np.random.default_rng(len(sizes)).standard_normal(sizes)


def general(n=N):
    return random(n, n) + 4 * np.eye(n)


def complex_general(n=N):
    return general(n) + 1j * random(1, n, n)[0]


def definite(n=N):
    return general(n) @ general(n).T


def indefinite(n=N):
    found = random(n, n) + random(n, n).T
    assert len(set(np.sign(np.linalg.eigvalsh(found)))) == 2
    return found


def hermitian(n=N):
    return complex_general(n) @ complex_general(n).conj().T


KINDS = [
    *((method, general) for method in GENERAL),
    *((method, complex_general) for method in GENERAL),
    *((method, hermitian) for method in (*GENERAL, "CG", "MINRES")),
    *((method, definite) for method in (*GENERAL, "CG", "MINRES")),
    *((method, indefinite) for method in (*GENERAL, "MINRES")),
]


@pytest.mark.parametrize(("method", "matrix"), KINDS)
def test_each_method_finds_the_solution_of_elimination(backend, method, matrix):
    a, b = matrix(), random(N)
    with precision(64):
        tensor = of(backend, a, spatial("x"), dual("x"))
        x = solve_linear(tensor, of(backend, b, spatial("x")), Solve(method))
    assert_close(x.numpy(), np.linalg.solve(a, b), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["GMRES", "BiCGStab", "LSQR", "MINRES", "CG", "direct"])
def test_systems_of_a_batch_and_further_dimensions_are_independent(backend, method):
    matrices = np.stack([definite(), 2 * np.eye(N), definite() + np.eye(N)])
    b = random(3, N, 2)
    b[1] = 0
    with precision(64):
        tensor = of(backend, matrices, batch("b"), spatial("x"), dual("x"))
        right = of(backend, b, batch("b"), spatial("x"), channel("vector"))
        x = solve_linear(tensor, right, Solve(method))
    assert_close(x.numpy("b,x,vector"), np.linalg.solve(matrices, b), rtol=0, atol=1e-9)


@pytest.mark.parametrize("sizes", [(10, 6), (6, 10), (6, 6)])
def test_least_squares_give_the_shortest_solution(backend, sizes):
    a, b = random(*sizes), random(sizes[0])
    with precision(64):
        tensor = of(backend, a, instance("data"), dual("weights"))
        x = solve_linear(tensor, of(backend, b, instance("data")), Solve(max_iterations=100))
    assert x.shape is channel(weights=sizes[1])
    assert_close(x.numpy(), np.linalg.lstsq(a, b)[0], rtol=0, atol=1e-9)


def test_several_dimensions_list_rows_and_columns(backend):
    a, b = general(6).reshape(2, 3, 2, 3), random(3, 2)
    with precision(64):
        tensor = of(backend, a, spatial("x,y"), dual("x,y"))
        x = solve_linear(tensor, of(backend, b, spatial("y,x")))
    expected = np.linalg.solve(a.reshape(6, 6), b.T.ravel()).reshape(2, 3)
    assert_close(x.numpy("x,y"), expected, rtol=0, atol=1e-12)


def test_gmres_finds_its_way_through_a_rotation(backend):
    """Where the first steps gain nothing: a cyclic shift."""
    a = np.roll(np.eye(N), 1, axis=0)
    b = np.eye(N)[0]
    with precision(64):
        x = solve_linear(
            of(backend, a, spatial("x"), dual("x")), of(backend, b, spatial("x")), Solve("GMRES")
        )
    assert_close(x.numpy(), np.linalg.solve(a, b), atol=1e-12)


def test_gmres_forgets_old_directions_without_losing_its_way():
    """Convection and diffusion on 32² cells, which SciPy's restarted GMRES solves in 141 steps."""
    line = sp.diags_array([-1.1, 2.0, -0.9], offsets=[-1, 0, 1], shape=(32, 32))
    one = sp.eye_array(32)
    a = (sp.kron(line, one) + sp.kron(one, line)).tocsr()
    b = np.random.default_rng(0).standard_normal(32**2)
    with precision(64), SolveTape() as tape:
        matrix = wrap(a, spatial("x"), dual("x"))
        solve_linear(matrix, wrap(b, spatial("x")), Solve("GMRES", rel_tol=1e-8))
    assert tape[0].iterations <= 141
    assert_close(tape[0].x.numpy(), spsolve(a.tocsc(), b), rtol=0, atol=1e-5)


def test_conjugate_gradients_solve_negative_definite_systems(backend):
    a, b = -definite(), random(N)
    with precision(64):
        x = solve_linear(
            of(backend, a, spatial("x"), dual("x")), of(backend, b, spatial("x")), Solve("CG")
        )
    assert_close(x.numpy(), np.linalg.solve(a, b), rtol=0, atol=1e-9)


def test_indefinite_matrix_given_to_conjugate_gradients_is_told(backend):
    tensor = of(backend, np.diag([1.0, -1, 2]), spatial("x"), dual("x"))
    right = of(backend, [1.0, 1, 1], spatial("x"))
    with pytest.raises(Diverged, match=r"indefinite.*MINRES") as caught:
        solve_linear(tensor, right, Solve("CG"))
    assert np.isfinite(caught.value.result.x.numpy()).all()


def test_a_system_without_solution_is_told(backend):
    tensor = of(backend, np.diag([1.0, 0, 2]), spatial("x"), dual("x"))
    right = of(backend, [1.0, 1, 1], spatial("x"))
    for method in ("GMRES", "MINRES"):
        with pytest.raises(Diverged, match="has no solution") as caught:
            solve_linear(tensor, right, Solve(method))
        assert np.isfinite(caught.value.result.x.numpy()).all()


def test_nan_in_the_matrix_is_told(backend):
    a = definite()
    a[2, 3] = np.nan
    tensor, right = of(backend, a, spatial("x"), dual("x")), of(backend, random(N), spatial("x"))
    for method in ("CG", "GMRES", "BiCGStab", "MINRES"):
        with pytest.raises(Diverged, match="in: operator") as caught:
            solve_linear(tensor, right, Solve(method))
        assert np.isfinite(caught.value.result.x.numpy()).all()


def test_no_iterations_give_the_guess_with_an_error(backend):
    tensor = of(backend, definite(), spatial("x"), dual("x"))
    right = of(backend, random(N), spatial("x"))
    guess = solve_linear(tensor, right) * 0.9
    with pytest.raises(NotConverged, match="in 0 iterations") as caught:
        solve_linear(tensor, right, Solve("CG", max_iterations=0, x0=guess))
    assert_close(caught.value.result.x.numpy(), guess.numpy(), rtol=1e-5)


def test_preconditioner_may_be_a_function_or_an_operator(backend):
    a, b = np.diag(10.0 ** np.arange(N)) + 0.1 * definite(), random(N)
    inverse = np.linalg.inv(a)
    with precision(64):
        tensor = of(backend, a, spatial("x"), dual("x"))
        right = of(backend, b, spatial("x"))
        operator = DenseMatrix.of(tensor)
        exact = DenseMatrix.of(of(backend, inverse, spatial("x"), dual("x")))
        for given in (exact, exact.apply, "direct"):
            for method in ("CG", "MINRES", "GMRES", "BiCGStab"):
                info = solve_plain(operator, right, Solve(method, preconditioner=given)).info
                assert info.iterations <= 3
                assert_close(info.x.numpy(), inverse @ b, rtol=1e-6)


def test_conjugate_gradients_precondition_once_per_iteration_and_small_numbers_do_not_matter():
    b = wrap(1e-12 * random(N), channel("x"))
    calls = []

    def scaled(r):
        calls.append(r)
        return 1e-12 * r

    with precision(32), SolveTape() as tape:
        matrix = wrap(definite().astype(np.float32), channel("x"), dual("x"))
        solve_linear(matrix, b, Solve("CG", 1e-4, preconditioner=scaled))
    assert len(calls) == tape[0].iterations


def test_report_says_which_method_and_why(backend):
    operator = DenseMatrix.of(of(backend, definite(), spatial("x"), dual("x")))
    right = of(backend, random(N), spatial("x"))
    text = repr(solve_plain(operator, right, Solve()).info)
    assert text.startswith("direct (all entries of the matrix are stored): converged after 1 iter")
    text = repr(solve_plain(operator, right, Solve("CG", preconditioner="direct")).info)
    assert text.startswith("CG with direct (asked for): converged")


def test_wrong_problems_are_refused():
    matrix, right = wrap(np.eye(3), spatial("x"), dual("x")), wrap(np.ones(3), spatial("x"))
    with pytest.raises(ShapeError, match="no dimension 'x'"):
        solve_linear(matrix, wrap(np.ones(3), spatial("y")))
    with pytest.raises(ShapeError, match="has 3 rows along 'x'"):
        solve_linear(matrix, wrap(np.ones(4), spatial("x")))
    with pytest.raises(ShapeError, match="columns along dual dimensions"):
        solve_linear(wrap(np.eye(3), spatial("x,y")), right)
    with pytest.raises(NotSupported, match=r"'separable' can't be used.*direct"):
        solve_linear(matrix, right, Solve("separable"))
    with pytest.raises(NotSupported, match="solves no linear systems"):
        solve_linear(matrix, right, Solve("L-BFGS-B"))
    with pytest.raises(NotSupported, match=r"square systems only.*LSQR"):
        solve_linear(wrap(np.ones((3, 2)), spatial("x"), dual("y")), right, Solve("CG"))
    with pytest.raises(TypeError, match="not of int"):
        solve_linear(3, right)
