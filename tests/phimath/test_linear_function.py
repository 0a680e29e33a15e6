"""Linear functions that remember their matrices, and solves with them."""

from __future__ import annotations

import gc
from weakref import ref

import numpy as np
import pytest

from phimath import (
    boundary,
    dense,
    jit_compile_linear,
    laplace,
    mean,
    precision,
    spatial,
    tensor,
    wrap,
)
from phimath import sum as sum_of
from phimath.shape import EMPTY_SHAPE
from phimath.solve import Solve, solve_linear
from phimath.tensor import dense_of
from phimath.testing.assertions import assert_close as assert_equal_arrays
from tests.phimath.linear_examples import assert_close, example, tridiagonal

# --- matrices that are kept ---


def test_compiled_linear_functions_give_values_and_matrices(backend):
    @jit_compile_linear
    def f(x):
        return laplace(x, padding=1)

    x = example()
    assert_close(f(x).numpy(), laplace(x, padding=1).numpy())
    matrix, bias = f.sparse_matrix_and_bias(x)
    assert_close(dense(matrix).numpy("x,~x"), tridiagonal())
    assert_close(bias.numpy(), [1, 0, 0, 1])
    assert f.sparse_matrix(2 * x) is matrix
    assert f.sparse_matrix(example(5)) is not matrix


def test_other_auxiliary_tensors_make_another_matrix(backend):
    @jit_compile_linear(auxiliary_args="c")
    def f(x, c):
        return c * laplace(x, padding=0)

    first, second = tensor(2.0), tensor(3.0)
    matrix = f.sparse_matrix(example(), first)
    assert_close(dense(matrix).numpy("x,~x"), 2 * tridiagonal())
    assert_close(dense(f.sparse_matrix(example(), second)).numpy("x,~x"), 3 * tridiagonal())
    assert f.sparse_matrix(example(), first) is matrix


@pytest.mark.needs("compile")
def test_matrices_made_in_programs_of_a_framework_stay_there(backend):
    f = jit_compile_linear(lambda x: laplace(x, padding=0))

    def program(array):
        f.sparse_matrix(example())
        return (array,)

    backend.compile(program, [example().stored_native])
    assert_close(dense(f.sparse_matrix(example())).numpy("x,~x"), tridiagonal())


@pytest.mark.needs("value_and_gradient")
def test_matrices_of_what_a_framework_is_seen_to_differentiate_are_made_anew(backend):
    def loss(array):
        c = dense_of(array, backend, EMPTY_SHAPE)
        f = jit_compile_linear(lambda x: c * laplace(x, padding=0))
        g = jit_compile_linear(lambda x, c: c * laplace(x, padding=0), auxiliary_args="c")
        first, second = f.sparse_matrix(example()), g.sparse_matrix(example(), c)
        if backend.records((array,)) or not backend.is_available(array):
            assert f.sparse_matrix(example()) is not first
            assert g.sparse_matrix(example(), c) is not second
        return (sum_of(first**2) + sum_of(second**2)).stored_native, ()

    c = tensor(3.0).stored_native
    _, _, (found,) = backend.value_and_gradient(loss, [c])
    # Rows have the entries c, −2 c and c, where there are such columns.
    slope = 2 * 3.0 * (tridiagonal() ** 2).sum()
    np.testing.assert_allclose(backend.to_numpy(found), 2 * slope, rtol=1e-5)


def test_nested_linear_functions(backend):
    inner = jit_compile_linear(lambda x: laplace(x, padding=0))
    outer = jit_compile_linear(lambda x: x - inner(x))
    assert_close(dense(outer.sparse_matrix(example())).numpy("x,~x"), np.eye(4) - tridiagonal())


# --- solves ---


@pytest.mark.parametrize("method", ["auto", "CG", "GMRES"])
def test_solves_with_functions_use_their_matrix(backend, method):
    with precision(64):
        f = jit_compile_linear(lambda x: laplace(x, padding=1))
        y = np.array([1.0, -2.0, 0.5, 3.0])
        found = solve_linear(f, tensor(y, spatial("x")), Solve(method))
        expected = np.linalg.solve(tridiagonal(), y - [1, 0, 0, 1])
        assert_equal_arrays(found.numpy(), expected, rtol=1e-9, atol=1e-9)


def test_an_affine_function_solved_for_zero(backend):
    f = jit_compile_linear(lambda x: laplace(x, padding=1))
    found = solve_linear(f, tensor(np.zeros(8), spatial("x")), Solve("CG", rel_tol=1e-6))
    assert_close(found.numpy(), np.ones(8))


def test_singular_functions_are_projected(backend):
    with precision(64):
        f = jit_compile_linear(lambda x: laplace(x, padding=boundary.ZERO_GRADIENT))
        y = np.random.default_rng(0).standard_normal(8)
        found = solve_linear(f, tensor(y, spatial("x"))).numpy()
        matrix = tridiagonal(8, first=-1, last=-1)
        expected = np.linalg.pinv(matrix) @ (y - y.mean())
        assert_equal_arrays(found, expected, rtol=1e-8, atol=1e-8)


def test_trees_are_solved_for(backend):
    with precision(64):

        def coupled(t):
            return {"a": 2 * t["a"] + t["b"].x[:2], "b": 3 * t["b"] - mean(t["a"])}

        f = jit_compile_linear(coupled)
        y = {"a": tensor([1.0, 2.0], spatial("x")), "b": tensor([1.0, 0.0, 2.0], spatial("x"))}
        x = solve_linear(f, y)
        again = f(x)
        for key in y:
            assert_equal_arrays(again[key].numpy(), y[key].numpy(), rtol=1e-8, atol=1e-8)


def test_matrices_go_with_their_function():
    f = jit_compile_linear(lambda x: 2 * x)
    kept = ref(f.sparse_matrix(wrap([1.0, 2.0], spatial("x"))))
    gc.collect()
    assert kept() is not None
    del f
    gc.collect()
    assert kept() is None
