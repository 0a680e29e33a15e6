"""Matrices and solves that users of the predecessor rely on: rows 28 to 43 of its behaviours.

As `test_reference_behaviour.py`; the file is split for its length.
"""

import numpy as np
import pytest

from phimath.boundary import ANTISYMMETRIC, ONE, PERIODIC, REFLECT, ZERO, ZERO_GRADIENT
from phimath.dimension import channel, instance, spatial
from phimath.dims import rename_dims
from phimath.dtype import precision
from phimath.elementwise import where
from phimath.errors import Diverged, NotConverged, NotSupported
from phimath.order import sort
from phimath.reduce import mean
from phimath.reduce import sum as sum_of
from phimath.scatter import scatter
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.sparse import dense, get_format, stored_values, to_format
from phimath.stencil import laplace
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile_linear, matrix_from_function
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")
METHODS = ["auto", "CG", "BiCGStab", "direct", "GMRES", "LSQR", "scipy-direct", "scipy-lsqr"]


def of(backend, values, *dims):
    return wrap(backend.from_numpy(np.asarray(values, np.float32)), *(dims or [spatial("x")]))


def random(*sizes):
    return np.random.default_rng(1).standard_normal(sizes)


def second_differences(padding):
    return lambda x: laplace(x, padding=padding)


def matrix_of(function, backend, n=4):
    matrix, bias = matrix_from_function(function, of(backend, np.ones(n)))
    return dense(matrix), bias


def tridiagonal(first, last):
    matrix = np.diag([-2.0] * 4) + np.diag([1.0] * 3, 1) + np.diag([1.0] * 3, -1)
    matrix[0], matrix[-1] = first, last
    return matrix


@pytest.mark.parametrize(
    ("padding", "first", "constant"),
    [
        (ZERO, [-2, 1, 0, 0], 0),
        (ONE, [-2, 1, 0, 0], 1),
        (ZERO_GRADIENT, [-1, 1, 0, 0], 0),
        (PERIODIC, [-2, 1, 0, 1], 0),
        (REFLECT, [-2, 2, 0, 0], 0),
        (ANTISYMMETRIC, [-3, 1, 0, 0], 0),  # row 30: wrong there
    ],
    ids=["zero", "one", "boundary", "periodic", "reflect", "antisymmetric"],
)
def test_row_28_second_differences_as_matrices(backend, padding, first, constant):
    matrix, bias = matrix_of(second_differences(padding), backend)
    assert_close(matrix.numpy("x,~x"), tridiagonal(first, first[::-1]))
    assert_close(bias.numpy(), np.array([constant, 0, 0, constant]))


def test_row_29_slices_flips_means_and_multiples(backend):
    shifted, _ = matrix_of(lambda x: x.x[1:], backend)
    assert_close(shifted.numpy("x,~x"), np.eye(4)[1:])
    flipped, _ = matrix_of(lambda x: x.x[::-1], backend)
    assert_close(flipped.numpy("x,~x"), np.eye(4)[::-1])
    assert_close(matrix_of(mean, backend)[0].numpy(), np.full(4, 0.25))
    assert_close(matrix_of(lambda x: 2 * x, backend)[0].numpy(), 2.0)


def test_row_30_what_was_silently_wrong(backend):
    matrix, bias = matrix_of(lambda x: 3 - x, backend)
    assert_close((matrix.numpy(), bias.numpy()), (-1.0, np.full(4, 3.0)))
    chosen = wrap([True, False, True, True], spatial("x"))
    found = matrix_of(lambda x: where(chosen, x, 0), backend)[0].numpy("x,~x")
    assert_close(found, np.diag([1.0, 0, 1, 1]))
    places = wrap([[0], [2], [2], [1]], instance("p"), channel(vector="x"))

    def added(x):
        return scatter(spatial(x=4), places, rename_dims(x, "x", instance("p")), mode="add")

    expected = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0]])
    assert_close(matrix_of(added, backend)[0].numpy("x,~x"), expected)
    for name, function in (("divide", lambda x: 1 / x), ("sort", sort)):
        with pytest.raises(NotSupported, match=f"not linear: it uses '{name}'"):
            matrix_of(function, backend)


@pytest.mark.parametrize("format", ["coo", "csr"])
def test_row_31_entries_of_a_plane(backend, format):
    """No duplicates in either format; theirs has 42 in coo."""
    plane = of(backend, np.ones((3, 3)), spatial("x,y"))
    matrix = to_format(matrix_from_function(second_differences(ZERO), plane)[0], format)
    assert get_format(matrix) == format
    assert stored_values(matrix).shape.volume == 33


@pytest.mark.parametrize("method", METHODS)
def test_row_32_all_methods_agree(backend, method):
    b, function = random(8), jit_compile_linear(second_differences(ZERO))
    with SolveTape() as tape:
        x = solve_linear(function, of(backend, b), Solve(method))
    matrix = np.diag([-2.0] * 8) + np.diag([1.0] * 7, 1) + np.diag([1.0] * 7, -1)
    assert_close(x.numpy(), np.linalg.solve(matrix, b), rtol=0, atol=1e-3)
    assert method != "CG" or tape[0].iterations <= 8


@pytest.mark.parametrize("offset", [0.0, 1.0])
@pytest.mark.parametrize("method", ["auto", "direct", "scipy-direct", "scipy-CG"])
def test_row_33_the_mean_of_closed_problems_is_left_out(backend, method, offset):
    b = random(8)
    b -= b.mean()
    function = jit_compile_linear(second_differences(ZERO_GRADIENT))
    x = solve_linear(function, of(backend, b + offset), Solve(method)).numpy()
    assert abs(x.mean()) < 1e-6
    assert_close(np.diff(x, 2), b[1:-1], rtol=0, atol=1e-4)


def test_row_34_without_null_space_an_inconsistent_system_diverges(backend):
    function = jit_compile_linear(second_differences(ZERO_GRADIENT))
    with pytest.raises(Diverged):
        solve_linear(function, of(backend, random(8) + 1), Solve("CG", rank_deficiency=0))


@pytest.mark.parametrize("method", ["scipy-direct", "scipy-CG"])
def test_row_38_constants_of_functions_go_to_the_right_hand_side(backend, method):
    zero = of(backend, np.zeros(5))
    x = solve_linear(second_differences(ONE), zero, Solve(method))
    assert_close(x.numpy(), np.ones(5), atol=1e-5)


def test_row_39_partial_results_on_request(backend):
    b, function = of(backend, random(8)), second_differences(ZERO)
    with pytest.raises(NotConverged):
        solve_linear(function, b, Solve("scipy-CG", max_iterations=1))
    settings = Solve("scipy-CG", max_iterations=1, suppress=[NotConverged])
    assert np.isfinite(solve_linear(function, b, settings).numpy()).all()


@differentiates
@pytest.mark.parametrize("method", ["auto", "direct", "scipy-CG"])
def test_row_43_gradients_through_solves(backend, method):
    function = second_differences(ZERO)

    def total(c, y):
        with precision(64):
            return sum_of(solve_linear(lambda x, c: c * function(x), y, Solve(method), c), "x")

    one, two = (wrap(backend.from_numpy(np.asarray(c))) for c in (1.0, 2.0))
    y = of(backend, [1.0, 2, 3])
    by_y = gradient(total, "y", get_output=False)(one, y)
    assert_close(by_y.numpy(), np.array([-1.5, -2, -1.5]), rtol=1e-5)
    assert_close(gradient(total, "c", get_output=False)(two, y).numpy(), 2.5, rtol=1e-5)
