"""Sparse matrices as operators: what is found in their entries, and solves with them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from phimath import (
    batch,
    channel,
    dual,
    gradient,
    instance,
    jit_compile,
    jvp,
    precision,
    sparse_tensor,
    spatial,
    stored_values,
    tensor,
    tensor_like,
    to_format,
    wrap,
)
from phimath import sum as sum_of
from phimath.errors import NotSupported, ShapeError
from phimath.solve import Solve, solve_linear
from phimath.sparse import SparseMatrix
from phimath.testing.assertions import assert_close

RNG = np.random.default_rng(0)
N = 8


def line(kind, n=N):
    """Second difference with zero or closed sides, or periodic; negative semi-definite."""
    matrix = np.diag(np.full(n, -2.0)) + np.eye(n, k=1) + np.eye(n, k=-1)
    if kind == "closed":
        matrix[0, 0] = matrix[-1, -1] = -1
    if kind == "periodic":
        matrix[0, -1] = matrix[-1, 0] = 1
    return matrix


def plane(kind, n=N):
    one = np.eye(n)
    return np.kron(line(kind, n), one) + np.kron(one, line(kind, n))


def of(array, format="csr"):
    """Also in compiled functions."""
    n, m = array.shape
    positions = wrap(np.argwhere(array), instance("e"), channel(index="x,~x"))
    numbers = tensor(array[array != 0], instance("e"))
    return sparse_tensor(positions, numbers, spatial(x=n) & dual(x=m), format=format)


def vector(array):
    return tensor(array, spatial("x"))


GENERAL = line("zero") + np.diag(RNG.random(N - 1), 1) + 5 * np.eye(N)


# --- what is found in the entries ---


def test_symmetry_and_definiteness(backend):
    for array, is_symmetric, sign in (
        (line("zero"), True, -1),
        (-plane("closed"), True, 1),
        (GENERAL, False, 0),
        (line("zero") + 2 * np.eye(N), True, 0),
        (np.diag(RNG.random(N - 1), 1), False, 0),
    ):
        operator = SparseMatrix.of(of(array))
        assert operator.is_symmetric == is_symmetric
        assert operator.is_positive == (sign > 0)
        assert operator.is_definite == (sign != 0)


def test_hermitian_matrices_are_symmetric(backend):
    array = line("zero") * (1 + 0j)
    array[0, 1], array[1, 0] = 0.5j, -0.5j
    assert SparseMatrix.of(of(array)).is_symmetric
    array[1, 0] = 0.5j
    assert not SparseMatrix.of(of(array)).is_symmetric


def test_a_constant_without_effect_is_found(backend):
    for kind, is_singular in (("closed", True), ("periodic", True), ("zero", False)):
        operator = SparseMatrix.of(of(plane(kind)))
        assert operator.is_singular == is_singular
    x = vector(RNG.random(N))
    projected = SparseMatrix.of(of(line("closed"))).project(x).numpy()
    assert_close(projected, x.numpy() - x.numpy().mean(), rtol=1e-5, atol=1e-6)


def test_several_parts_have_a_constant_each(backend):
    array = scipy.sparse.block_diag(
        [line("closed", 3), line("zero", 4), line("periodic", 5), np.zeros((1, 1))]
    ).toarray()
    array[7, 7] -= 1e-3
    operator = SparseMatrix.of(of(array + 0 * np.eye(13)))
    x = RNG.random(13)
    expected = x.copy()
    for part in (slice(0, 3), slice(7, 12), slice(12, 13)):
        if part.start != 7:
            expected[part] -= x[part].mean()
    assert_close(operator.project(vector(x)).numpy(), expected, rtol=1e-5, atol=1e-6)


def test_the_left_null_space_of_unsymmetric_matrices(backend):
    upwind = np.eye(N) - np.roll(np.eye(N), 1, 0)
    upwind[:, 3] *= 2  # columns still sum to zero, rows don't
    operator = SparseMatrix.of(of(upwind))
    assert not operator.is_singular
    assert operator.transposed().is_singular


def test_transposed_norm_and_diagonal(backend):
    operator = SparseMatrix.of(of(GENERAL))
    x = vector(RNG.random(N))
    assert_close(operator.transposed().apply(x).numpy(), GENERAL.T @ x.numpy(), rtol=1e-5)
    assert_close(operator.norm.numpy(), np.abs(GENERAL).sum(1).max(), rtol=1e-5)
    assert operator.diagonal is not None
    assert_close(operator.diagonal.numpy(), np.diag(GENERAL), rtol=1e-5)
    assert SparseMatrix.of(of(np.eye(N, k=1))).diagonal is None


def test_rows_and_columns_in_another_order(backend):
    array = plane("closed", 3).reshape(3, 3, 3, 3)
    matrix = to_format(wrap(array, spatial("x,y"), dual("y,x")), "coo")
    matrix = tensor_like(matrix, tensor(stored_values(matrix)))
    shuffled = np.einsum("xyvu->xyuv", array)
    operator = SparseMatrix.of(matrix)
    assert operator.rows == operator.columns
    x = RNG.random((3, 3))
    found = operator.apply(tensor(x, spatial("x,y")))
    assert_close(found.numpy("x,y"), np.einsum("xyuv,uv->xy", shuffled, x), rtol=1e-4, atol=1e-5)


# --- solves ---

METHODS = ("auto", "CG", "MINRES", "GMRES", "BiCGStab", "LSQR")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_methods_find_the_solution_of_elimination(backend, method, mode):
    array = plane("zero", 4)
    b = RNG.standard_normal(16)
    with precision(64):
        matrix = of(array)

        def solve(b):
            return solve_linear(matrix, b, Solve(method))

        found = (jit_compile(solve) if mode == "compiled" else solve)(vector(b))
        assert_close(found.numpy(), np.linalg.solve(array, b), rtol=1e-8, atol=1e-9)


def test_matrices_are_arguments_of_compiled_solves(backend):
    with precision(64):
        for array in (plane("zero", 4), GENERAL):
            b = RNG.standard_normal(len(array))
            found = jit_compile(solve_linear)(of(array), vector(b))
            assert_close(found.numpy(), np.linalg.solve(array, b), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("kind", ["closed", "periodic"])
def test_singular_systems_are_projected(backend, kind):
    array = plane(kind, 4)
    b = RNG.standard_normal(16)
    with precision(64):
        found = solve_linear(of(array), vector(b)).numpy()
    assert_close(found, np.linalg.pinv(array) @ (b - b.mean()), rtol=1e-8, atol=1e-9)


def test_single_precision_reaches_what_rounding_allows(backend):
    array = plane("closed", 32)
    b = RNG.standard_normal(32**2)
    found = solve_linear(of(array.astype("float32")), vector(b.astype("float32"))).numpy()
    residual = array @ found - (b - b.mean())
    assert np.linalg.norm(residual) < 2e-5 * np.linalg.norm(b)


def test_batches_of_matrices_and_of_right_hand_sides(backend):
    factors, b = np.array([1.0, 3.0]), RNG.standard_normal((2, N))
    with precision(64):
        matrix = of(GENERAL) * tensor(factors, batch("b"))
        found = solve_linear(matrix, tensor(b, batch("b"), spatial("x")))
        expected = [np.linalg.solve(f * GENERAL, r) for f, r in zip(factors, b, strict=True)]
        assert_close(found.numpy("b,x"), np.stack(expected), rtol=1e-8, atol=1e-9)
        found = solve_linear(of(GENERAL), tensor(b, channel("c"), spatial("x")))
        assert_close(found.numpy("c,x"), np.linalg.solve(GENERAL, b.T).T, rtol=1e-8, atol=1e-9)


def test_complex_systems(backend):
    array = GENERAL + 1j * np.diag(RNG.random(N))
    b = RNG.standard_normal(N) + 1j * RNG.standard_normal(N)
    with precision(64):
        found = solve_linear(of(array), vector(b))
        assert_close(found.numpy(), np.linalg.solve(array, b), rtol=1e-8, atol=1e-9)


def test_least_squares(backend):
    array = RNG.standard_normal((N, 5)) * (RNG.random((N, 5)) < 0.6)
    array[:5] += np.eye(5)
    b = RNG.standard_normal(N)
    positions = wrap(np.argwhere(array), instance("e"), channel(index="x,~u"))
    with precision(64):
        numbers = tensor(array[array != 0], instance("e"))
        matrix = sparse_tensor(positions, numbers, spatial(x=N) & dual(u=5), format="csr")
        found = solve_linear(matrix, vector(b))
        expected = np.linalg.lstsq(array, b, rcond=None)[0]
        assert_close(found.numpy("u"), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("array", [plane("zero", 3), plane("closed", 3), GENERAL], ids=str)
def test_gradients_by_entries_and_right_hand_side(backend, mode, array):
    n = len(array)
    b, weights = RNG.standard_normal(n), RNG.standard_normal(n)
    weights -= weights.mean()
    with precision(64):
        matrix = of(array)

        def loss(m, b):
            return sum_of(solve_linear(m, b, Solve(rel_tol=1e-13)) * vector(weights))

        derivative = gradient(loss, "m,b", get_output=False)
        derivative = jit_compile(derivative) if mode == "compiled" else derivative
        by_matrix, by_b = derivative(matrix, vector(b))
        inverse = np.linalg.pinv(array)
        adjoint, x = inverse.T @ weights, inverse @ b
        assert_close(by_b.numpy(), adjoint, rtol=1e-7, atol=1e-8)
        expected = -np.outer(adjoint, x) * (array != 0)
        assert_close(by_matrix.numpy("x,~x"), expected, rtol=1e-7, atol=1e-8)


def test_tangents_of_solves(backend):
    array, change = plane("zero", 3), RNG.standard_normal((9, 9))
    change = change * (array != 0)
    b = RNG.standard_normal(9)
    with precision(64):
        x, tangent = jvp(solve_linear, (of(array), vector(b)), (of(change), 0.0))
        assert_close(x.numpy(), np.linalg.solve(array, b), rtol=1e-8, atol=1e-9)
        expected = -np.linalg.solve(array, change @ x.numpy())
        assert_close(tangent.numpy(), expected, rtol=1e-8, atol=1e-9)


def test_what_is_no_matrix_is_refused():
    with pytest.raises(ShapeError, match="lists its rows"):
        SparseMatrix.of(of(GENERAL).x[0])
    with pytest.raises(NotSupported, match="square systems only"):
        solve_linear(of(GENERAL).x[1:], vector(np.ones(N - 1)), Solve("CG"))
