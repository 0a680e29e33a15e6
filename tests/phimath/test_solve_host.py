"""Solves by SciPy and PyAMG, against SciPy's direct ones and differences of these."""

import numpy as np
import pytest
import scipy.sparse as sp
import scipy.sparse.linalg
from scipy.sparse.linalg import spsolve

from phimath.boundary import PERIODIC, ZERO
from phimath.convert import convert
from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.dtype import precision
from phimath.errors import Diverged, NotConverged, NotSupported
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, SolveTape, choice, solve_linear
from phimath.sparse import to_format
from phimath.stencil import laplace
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")
ON_HOST = [
    *("scipy-direct", "scipy-CG", "scipy-GMres", "scipy-lGMres", "scipy-biCG", "scipy-biCG-stab"),
    *("scipy-CGS", "scipy-QMR", "scipy-GCrotMK", "scipy-lsqr"),
]


def random(*sizes):
    """The same in each test, whichever ran before."""
    return np.random.default_rng(len(sizes)).standard_normal(sizes)


def plane(n, convection=0.0, ends=2.0):
    """−∇² + convection in one direction, on n² cells."""
    c = convection
    line = sp.diags_array([-1 - c, 2.0, -1 + c], offsets=[-1, 0, 1], shape=(n, n)).tolil()
    line[0, 0] = line[-1, -1] = ends
    one = sp.eye_array(n)
    return (sp.kron(line, one) + sp.kron(one, line)).tocsr()


FLOW = plane(5, 0.3)
B = random(25)


def of(backend, matrix):
    return convert(wrap(matrix, spatial("x"), dual("x")), backend)


def vector(backend, values, *dims):
    return wrap(backend.from_numpy(np.asarray(values)), *(dims or [spatial("x")]))


def report(matrix, b, solve):
    with SolveTape() as tape:
        solve_linear(matrix, b, solve)
    return tape[0]


@pytest.mark.parametrize("method", ON_HOST)
def test_methods_of_scipy_find_the_solution_of_elimination(backend, method):
    matrix = plane(5) if method == "scipy-CG" else FLOW
    with precision(64):
        x = solve_linear(of(backend, matrix), vector(backend, B), Solve(method))
        dense = solve_linear(
            to_format(of(backend, matrix), "dense"), vector(backend, B), Solve(method)
        )
    assert_close(x.numpy(), spsolve(matrix.tocsc(), B), rtol=0, atol=1e-9)
    assert_close(dense.numpy(), x.numpy(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", ["GMRES", "BiCGStab", *ON_HOST[2:8]])
def test_incomplete_elimination_preconditions_all_of_them(backend, method):
    matrix = plane(12, 0.3)
    b = random(144)
    with precision(64):
        plain = report(of(backend, matrix), vector(backend, b), Solve(method, rel_tol=1e-8))
        solve = Solve(method, rel_tol=1e-8, preconditioner="ilu")
        found = report(of(backend, matrix), vector(backend, b), solve)
    assert_close(found.x.numpy(), spsolve(matrix.tocsc(), b), rtol=0, atol=1e-6)
    assert found.iterations < plain.iterations
    assert found.preconditioner == "ilu"


@pytest.mark.parametrize(("preconditioner", "most"), [("jacobi", 91), ("ilu", 30)])
def test_iterations_of_conjugate_gradients_stay_in_their_bounds(preconditioner, most):
    """Row 36: 76 and 25 at 32², 1.2 times as many are allowed."""
    numpy = wrap(0.0).backend
    solve = Solve("CG", preconditioner=preconditioner)
    b = random(32**2)
    found = report(of(numpy, plane(32).astype("float32")), vector(numpy, b), solve)
    assert found.iterations <= most


def test_matrices_of_a_batch_and_many_right_hand_sides(backend):
    factors, b = np.array([1.0, 3.0]), random(2, 25, 3)
    for method in ("direct", "scipy-biCG-stab"):
        with precision(64):
            matrices = of(backend, FLOW) * vector(backend, factors, batch("b"))
            right = vector(backend, b, batch("b"), spatial("x"), channel("c"))
            x = solve_linear(matrices, right, Solve(method)).numpy("b,x,c")
        expected = [spsolve(f * FLOW.tocsc(), r) for f, r in zip(factors, b, strict=True)]
        assert_close(x, np.stack(expected), rtol=0, atol=1e-9)


COMPLEX = (FLOW + 1j * sp.diags_array(random(1, 25)[0])).tocsr()


@pytest.mark.parametrize("matrix", [FLOW, COMPLEX], ids=["real", "complex"])
def test_complex_right_hand_sides(backend, matrix):
    b = B + 1j * B[::-1]
    for method, preconditioner in (("direct", None), ("scipy-GMres", None), ("GMRES", "ilu")):
        with precision(64):
            solve = Solve(method, preconditioner=preconditioner)
            x = solve_linear(of(backend, matrix), vector(backend, b), solve)
        assert_close(x.numpy(), spsolve(matrix.tocsc(), b), rtol=0, atol=1e-9)


@pytest.mark.parametrize("bits", [32, 64])
def test_closed_boxes_are_solved_by_elimination(backend, bits):
    """Row 35: without null space, and without what has no solution."""
    matrix, b = plane(32, ends=1.0), random(32**2) + 1
    with precision(bits):
        right = vector(backend, b.astype(f"float{bits}"))
        found = report(of(backend, matrix.astype(f"float{bits}")), right, Solve("scipy-direct"))
    x = found.x.numpy().astype(float)
    residual = matrix @ x - (b - b.mean())
    assert np.linalg.norm(residual) <= (1e-4 if bits == 32 else 1e-12) * np.linalg.norm(b)
    assert abs(x.mean()) <= 1e-5
    assert_close(found.removed.numpy(), 32 * b.mean(), rtol=1e-4)


def test_a_singular_matrix_without_known_null_space_is_told(backend):
    matrix = sp.csr_array(np.array([[1.0, 2.0], [2.0, 4.0]]))
    with pytest.raises(Diverged, match="The matrix is singular"):
        solve_linear(of(backend, matrix), vector(backend, [1.0, 1.0]), Solve("direct"))


def test_too_few_iterations_raise_with_the_partial_result(backend):
    matrix, b = of(backend, plane(5)), vector(backend, B)
    with pytest.raises(NotConverged, match="by scipy-CG did not reach") as caught:
        solve_linear(matrix, b, Solve("scipy-CG", max_iterations=2))
    assert caught.value.result.iterations == 2
    assert float(caught.value.result.residual) < np.linalg.norm(B)


def test_history_tells_what_is_known(backend):
    """The residuals before and after; SciPy doesn't tell those in between."""
    with precision(64), SolveTape(record_trajectories=True) as tape:
        solve_linear(of(backend, plane(5)), vector(backend, B), Solve("scipy-CG", rel_tol=1e-6))
    history = tape[0].history.numpy()
    assert len(history) == tape[0].iterations + 1
    assert_close(history[0], np.linalg.norm(B))
    assert history[-1] <= 1e-6 * np.linalg.norm(B)
    assert np.isnan(history[1:-1]).all()


def test_warm_start_saves_iterations(backend):
    """Row 37: the tolerance counts from the right-hand side."""
    with precision(64):
        matrix, b = of(backend, plane(12)), vector(backend, random(144))
        x = solve_linear(matrix, b, Solve("scipy-direct"))
        cold = report(matrix, b, Solve("scipy-CG", rel_tol=1e-3))
        warm = report(matrix, b, Solve("scipy-CG", rel_tol=1e-3, x0=x * 1.01))
    assert warm.iterations < 0.7 * cold.iterations


# --- derivatives ---

PATTERN = FLOW.tocsr()
WEIGHTS, CHANGE = random(25), random(PATTERN.nnz)
STEP = 1e-5


def loss_by_scipy(values, b):
    matrix = sp.csr_array((values, PATTERN.indices, PATTERN.indptr)).tocsc()
    return WEIGHTS @ spsolve(matrix, b) ** 2


def slope_by_scipy(function):
    return (function(STEP) - function(-STEP)) / (2 * STEP)


BY_VALUES = slope_by_scipy(lambda s: loss_by_scipy(PATTERN.data + s * CHANGE, B))
BY_B = slope_by_scipy(lambda s: loss_by_scipy(PATTERN.data, B + s * WEIGHTS))
DIFFERENTIATED = [
    *(("direct", None), ("scipy-GMres", None), ("scipy-lsqr", None)),
    *(("scipy-biCG-stab", "ilu"), ("BiCGStab", "ilu")),
]


def loss_of(backend, method, preconditioner):
    matrix = of(backend, FLOW)

    def loss(values, b):
        solve = Solve(method, rel_tol=1e-12, preconditioner=preconditioner)
        x = solve_linear(matrix.with_values(values), b, solve)
        return sum_of(vector(backend, WEIGHTS) * x**2, "x")

    return loss, (matrix.values, vector(backend, B))


@differentiates
@pytest.mark.parametrize(("method", "preconditioner"), DIFFERENTIATED)
def test_gradients_match_differences_of_direct_solves(backend, method, preconditioner):
    with precision(64):
        loss, point = loss_of(backend, method, preconditioner)
        by_values, by_b = gradient(loss, "values,b", get_output=False)(*point)
    assert_close(by_values.numpy() @ CHANGE, BY_VALUES, rtol=1e-7)
    assert_close(by_b.numpy() @ WEIGHTS, BY_B, rtol=1e-7)


@differentiates
@pytest.mark.parametrize(("method", "preconditioner"), [DIFFERENTIATED[0], DIFFERENTIATED[4]])
def test_compiled_gradients_match_differences(backend, method, preconditioner):
    with precision(64):
        loss, point = loss_of(backend, method, preconditioner)
        run = jit_compile(gradient(loss, "values,b"), optimize="off")
        value, (by_values, by_b) = run(*point)
    assert_close(value.numpy(), loss_by_scipy(PATTERN.data, B), rtol=1e-9)
    assert_close(by_values.numpy() @ CHANGE, BY_VALUES, rtol=1e-7)
    assert_close(by_b.numpy() @ WEIGHTS, BY_B, rtol=1e-7)


@pytest.mark.parametrize(("method", "preconditioner"), DIFFERENTIATED)
def test_tangents_match_differences(backend, method, preconditioner):
    with precision(64):
        loss, point = loss_of(backend, method, preconditioner)
        tangents = vector(backend, CHANGE, instance("_entries")), vector(backend, WEIGHTS)
        _, tangent = jvp(loss, point, tangents)
    assert_close(tangent.numpy(), BY_VALUES + BY_B, rtol=1e-7)


def test_factors_serve_many_right_hand_sides_and_the_adjoint(backend, monkeypatch):
    made = []

    def counted(*args, splu=scipy.sparse.linalg.splu, **options):
        made.append(args)
        return splu(*args, **options)

    monkeypatch.setattr(scipy.sparse.linalg, "splu", counted)
    with precision(64):
        matrix, b = of(backend, plane(4, 0.1)), vector(backend, B[:16])

        def loss(b):
            return sum_of(solve_linear(matrix, b, Solve("direct")) ** 2, "x")

        for _ in range(3):
            loss(b)
            b = b + 1
        solve_linear(matrix.with_values(matrix.values * 1), b, Solve("direct"))
        if backend.name not in ("numpy", "strict", "array_api_strict"):
            gradient(loss)(b)
        assert len(made) == 1
        for _ in range(2):  # with matrices of their own, which are equal
            solve_linear(lambda x: -laplace(x, padding=ZERO), b, Solve("direct"))
    assert len(made) == 2


# --- what is chosen ---


def test_the_choice_depends_on_size_and_structure(backend, monkeypatch):
    with precision(64):
        b = vector(backend, B)
        small = report(of(backend, FLOW), b, Solve())
        monkeypatch.setattr(choice, "_SMALL_IN_PLANE", 10)
        monkeypatch.setattr(choice, "has_pyamg", lambda: False)
        flow, balance = (report(of(backend, a), b, Solve()) for a in (FLOW, plane(5)))
    assert (small.method, small.reason) == ("direct", "the sparse matrix is small enough")
    assert (flow.method, flow.preconditioner) == ("BiCGStab", "ilu")
    assert (balance.method, balance.preconditioner) == ("CG", "jacobi")


def test_a_traced_matrix_may_be_assumed_to_be_definite(backend):
    """A compiled program can't see that."""
    matrix = plane(5)

    @jit_compile(optimize="off")
    def solve(a, b):
        return solve_linear(a, b, Solve(assume="definite"))

    with precision(64), SolveTape() as tape:
        x = solve(of(backend, matrix), vector(backend, B))
    assert (tape[0].method, tape[0].preconditioner) == ("CG", "jacobi")
    assert_close(x.numpy(), spsolve(matrix.tocsc(), B), rtol=0, atol=1e-9)


@pytest.mark.only_on("numpy", "strict")
@pytest.mark.parametrize(("assume", "method"), [("symmetric", "MINRES"), ("definite", "CG")])
def test_functions_in_programs_may_be_assumed_to_be_symmetric(backend, assume, method):
    @jit_compile
    def solve(b):
        return solve_linear(lambda x: 2.0 * x, b, Solve(assume=assume))

    with precision(64), SolveTape() as tape:
        half = solve(vector(backend, B))
    assert tape[0].method == method
    assert_close(half.numpy(), B / 2, rtol=1e-12)


def test_functions_become_matrices_for_methods_that_take_entries(backend):
    """Affine ones, too; what they use from around them counts."""

    def function(x):
        return -laplace(x, padding=ZERO) * scale + 1

    with precision(64):
        scale = vector(backend, np.full(6, 2.0))
        b = vector(backend, B[:6])
        x = solve_linear(function, b, Solve("scipy-direct"))
    line = sp.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(6, 6))
    assert_close(x.numpy(), spsolve(2 * line.tocsc(), B[:6] - 1), rtol=1e-12)


def test_wrong_wishes_are_refused(backend, monkeypatch):
    matrix, b = of(backend, FLOW), vector(backend, B)
    monkeypatch.setattr("phimath.solve.host.kinds.has_pyamg", lambda: False)
    with pytest.raises(NotSupported, match="pip install pyamg"):
        solve_linear(matrix, b, Solve("GMRES", preconditioner="amg"))
    for preconditioner in ("jacobi", lambda r: r):
        with pytest.raises(NotSupported, match="without 'scipy-'"):
            solve_linear(matrix, b, Solve("scipy-CG", preconditioner=preconditioner))
    with pytest.raises(NotSupported, match="Use 'BiCGStab'"):
        Solve("biCG-stab(2)")
    with pytest.raises(NotSupported, match="assume='big' means nothing"):
        Solve(assume="big")


def test_algebraic_multigrid_takes_few_iterations(backend):
    matrix = plane(32)
    b = random(32**2)
    with precision(64):
        solve = Solve("CG", rel_tol=1e-8, preconditioner="amg")
        found = report(of(backend, matrix), vector(backend, b), solve)
        flow = Solve("scipy-GMres", rel_tol=1e-8, preconditioner="amg")
        other = report(of(backend, plane(32, 0.1)), vector(backend, b), flow)
    assert_close(found.x.numpy(), spsolve(matrix.tocsc(), b), rtol=0, atol=1e-5)
    assert found.iterations <= 12
    assert other.iterations <= 20


# --- null spaces ---


@pytest.mark.parametrize("method", ["direct", "auto", "scipy-GMres"])
def test_null_vectors_that_are_given_are_left_out(backend, method):
    """Two of them, not constant: D A D of two closed lines apart, with D in reverse."""
    line = sp.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(6, 6)).tolil()
    line[0, 0] = line[-1, -1] = 1
    scale = np.linspace(1.0, 2.0, 12)
    matrix = sp.diags_array(scale) @ sp.block_diag([line, line]) @ sp.diags_array(scale)
    first, second = np.repeat(np.eye(2), 6, 1) / scale
    b = random(12)
    with precision(64):
        null = [vector(backend, first), vector(backend, first + 2 * second)]
        solve = Solve(method, rank_deficiency=null)
        found = report(of(backend, matrix.tocsr()), vector(backend, b), solve)
    expected = np.linalg.pinv(matrix.toarray()) @ b
    assert_close(found.x.numpy(), expected, rtol=0, atol=1e-9)


@differentiates
@pytest.mark.parametrize("kind", ["matrix", "function"])
def test_gradient_of_elimination_in_a_closed_box(backend, kind):
    matrix, b, weights = plane(4, ends=1.0), random(16), random(1, 16)[0]

    def circle(x):
        return -laplace(x, padding=PERIODIC)

    with precision(64):
        operator = of(backend, matrix) if kind == "matrix" else circle

        def loss(b):
            return sum_of(
                vector(backend, weights) * solve_linear(operator, b, Solve("direct")), "x"
            )

        found = gradient(loss, get_output=False)(vector(backend, b)).numpy()
    periodic = 2 * np.eye(16) - np.roll(np.eye(16), 1, 0) - np.roll(np.eye(16), -1, 0)
    inverse = np.linalg.pinv(matrix.toarray() if kind == "matrix" else periodic)
    assert_close(found, inverse @ weights, rtol=0, atol=1e-9)


@differentiates
@pytest.mark.parametrize("method", ["direct", "scipy-GMres"])
def test_second_derivatives_by_entries_and_right_hand_side(backend, method):
    """Of |A⁻¹ b|², by b and then along one change of the entries."""
    with precision(64):
        matrix = of(backend, FLOW)

        def slope(values):
            def size(b):
                x = solve_linear(matrix.with_values(values), b, Solve(method, rel_tol=1e-13))
                return sum_of(x**2, "x")

            by_b = gradient(size, get_output=False)(vector(backend, B))
            return sum_of(by_b * vector(backend, WEIGHTS), "x")

        found = gradient(slope, get_output=False)(matrix.values).numpy() @ CHANGE

    def slope_by_scipy_at(step):
        a = sp.csr_array((PATTERN.data + step * CHANGE, PATTERN.indices, PATTERN.indptr)).tocsc()
        return 2 * WEIGHTS @ spsolve(a.T.tocsc(), spsolve(a, B))

    assert_close(found, slope_by_scipy(slope_by_scipy_at), rtol=1e-7)
