"""SciPy's sparse LU as a differentiable operation, on a system that is not symmetric."""

import numpy as np
import pytest
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from phimath.dimension import channel, instance, spatial
from phimath.dims import rename_dims
from phimath.elementwise import sin
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import (
    custom_gradient,
    gradient,
    hessian,
    iterate,
    jit_compile,
    jvp,
    numpy_call,
    vectorize,
    vjp,
)
from phimath.wrap import wrap

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
N = 7
GENERATOR = np.random.default_rng(0)
ROWS = np.concatenate([np.arange(N), np.arange(N - 1), np.arange(2, N)])
COLUMNS = np.concatenate([np.arange(N), np.arange(1, N), np.arange(N - 2)])
VALUES = np.concatenate(
    [4 + GENERATOR.random(N), GENERATOR.random(N - 1), -1 - GENERATOR.random(N - 2)]
)
B = GENERATOR.random(N)
STEP = 1e-6


class Factorized:
    """A solve and its derivatives, which share one factorisation per matrix."""

    def __init__(self):
        self.values = self.factors = None
        self.factorizations = 0

    def factors_of(self, values):
        if not np.array_equal(values, self.values):
            self.values, self.factors = values.copy(), splu(matrix_of(values))
            self.factorizations += 1
        return self.factors

    def solve(self, values, b):
        return self.factors_of(values).solve(b)

    def adjoint(self, inputs, x, cotangent):
        y = self.factors_of(inputs[0]).solve(cotangent, trans="T")
        return -y[ROWS] * x[COLUMNS], y

    def push(self, inputs, x, tangents):
        change, change_of_b = tangents
        return self.factors_of(inputs[0]).solve(change_of_b - matrix_of(change) @ x)

    def __call__(self, values, b):
        return numpy_call(self.solve, values, b, output=b, gradient=self.adjoint, jvp=self.push)


def matrix_of(values):
    return csc_matrix((values, (ROWS, COLUMNS)), (N, N))


def loss_of(solve):
    """The solution weighted unevenly, so that its adjoint differs from it."""

    def loss(values, b):
        x = solve(values, b)
        weights = wrap(np.arange(1.0, N + 1), spatial("x"))
        return sum_of(weights * sin(x) * x, "x")

    return loss


def loss_by_numpy(values, b):
    x = np.linalg.solve(matrix_of(values).toarray(), b)
    return np.sum(np.arange(1.0, N + 1) * np.sin(x) * x)


def differences(function, at):
    """Central differences of a function of an array by each of its elements."""
    directions = STEP * np.eye(len(at))
    return np.array([(function(at + d) - function(at - d)) / (2 * STEP) for d in directions])


BY_VALUES = differences(lambda values: loss_by_numpy(values, B), VALUES)
BY_B = differences(lambda b: loss_by_numpy(VALUES, b), B)


def system(backend):
    values, b = (backend.from_numpy(array) for array in (VALUES, B))
    return wrap(values, instance("entries")), wrap(b, spatial("x"))


@pytest.mark.parametrize("compiled", [False, True])
def test_solution_is_that_of_dense_matrices(backend, compiled):
    solve = Factorized()
    solution = jit_compile(solve) if compiled else solve
    assert_close(
        solution(*system(backend)).numpy(), np.linalg.solve(matrix_of(VALUES).toarray(), B)
    )


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_gradient_is_the_difference_quotient_by_one_factorization(backend, compiled):
    solve = Factorized()
    slopes = gradient(loss_of(solve), "values,b", get_output=False)
    for _ in range(2):
        by_values, by_b = (jit_compile(slopes) if compiled else slopes)(*system(backend))
        assert_close(by_values.numpy(), BY_VALUES, rtol=1e-6)
        assert_close(by_b.numpy(), BY_B, rtol=1e-6)
    assert solve.factorizations == 1


@pytest.mark.parametrize("compiled", [False, True])
def test_forward_mode_is_the_difference_quotient_by_one_factorization(backend, compiled):
    solve = Factorized()
    change, change_of_b = np.cos(VALUES), np.sin(B)

    def push(values, b, *tangents):
        return jvp(loss_of(solve), (values, b), tangents)

    push = jit_compile(push) if compiled else push
    tangents = (
        wrap(backend.from_numpy(change), instance("entries")),
        wrap(backend.from_numpy(change_of_b), spatial("x")),
    )
    _, tangent = push(*system(backend), *tangents)
    assert_close(tangent.numpy(), BY_VALUES @ change + BY_B @ change_of_b, rtol=1e-6)
    assert solve.factorizations == 1


@differentiates
def test_jvp_and_vjp_are_adjoint(backend):
    solve = Factorized()
    values, b = system(backend)
    change, weights = wrap(np.cos(VALUES), instance("entries")), wrap(np.sin(B), spatial("x"))
    _, tangent = jvp(lambda values: solve(values, b), (values,), (change,))
    _, pullback = vjp(lambda values: solve(values, b), values)
    forwards = sum_of(weights * tangent, "x")
    backwards = sum_of(pullback(weights)[0] * change, "entries")
    assert_close(forwards.numpy(), backwards.numpy(), rtol=1e-12)


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_gradient_of_implicit_steps_is_the_difference_quotient(backend, compiled):
    solve = Factorized()

    def loss(values, b):
        x = iterate(lambda x: solve(values, x) + 1, 4, b, checkpoint="sqrt")
        return sum_of(x**2, "x")

    def by_numpy(values):
        matrix, x = matrix_of(values).toarray(), B
        for _ in range(4):
            x = np.linalg.solve(matrix, x) + 1
        return np.sum(x**2)

    slope = gradient(loss, get_output=False)
    found = (jit_compile(slope) if compiled else slope)(*system(backend))
    assert_close(found.numpy(), differences(by_numpy, VALUES), rtol=1e-6)
    assert solve.factorizations == 1


def test_vectorize_solves_for_many_right_hand_sides(backend):
    values, _ = system(backend)
    many = np.stack([B, 2 * B, B[::-1]])
    solve = Factorized()
    b = wrap(backend.from_numpy(many), instance("cases"), spatial("x"))
    found = vectorize(lambda b: solve(values, b), "cases")(b)
    expected = np.linalg.solve(matrix_of(VALUES).toarray(), many.T).T
    assert_close(found.numpy("cases,x"), expected)
    assert solve.factorizations == 1


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_rules_of_tensors_differentiate_again(backend, compiled):
    """A dense system, whose derivative is written with the solve itself."""

    def solver(transposed):
        def call(matrix, b):
            def solve(a, b):
                return np.linalg.solve(a.T if transposed else a, b)

            return numpy_call(solve, matrix, b, output=b)

        def rule(inputs, x, cotangent):
            y = solver(not transposed)(inputs["matrix"], cotangent)
            row, column = (x, y) if transposed else (y, x)
            row, column = (
                rename_dims(row, "x", channel("row")),
                rename_dims(column, "x", channel("column")),
            )
            return {"matrix": -row * column, "b": y}

        return custom_gradient(call, rule)

    def loss(matrix, b):
        return sum_of(solver(False)(matrix, b) ** 3, "x")

    a = matrix_of(VALUES).toarray()
    matrix = wrap(backend.from_numpy(a), channel("row,column"))
    second = hessian(loss, "b", get_output=False)
    found = (jit_compile(second) if compiled else second)(matrix, system(backend)[1])
    inverse = np.linalg.inv(a)
    expected = inverse.T @ np.diag(6 * inverse @ B) @ inverse
    assert_close(found.numpy("x,~x"), expected, rtol=1e-10)
