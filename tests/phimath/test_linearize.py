"""Matrices of linear functions: against the functions themselves, NumPy and known matrices."""

from __future__ import annotations

import numpy as np
import pytest

from phimath import (
    batch,
    boundary,
    channel,
    concat,
    convolve,
    cos,
    cumulative_sum,
    dense,
    downsample2x,
    dual,
    exp,
    fft,
    get_format,
    gradient,
    grid_sample,
    ifft,
    instance,
    iterate,
    jit_compile,
    laplace,
    matrix_from_function,
    mean,
    norm,
    pad,
    precision,
    real,
    rename_dims,
    scatter,
    sort,
    sparse_tensor,
    spatial,
    spatial_gradient,
    stack,
    stored_values,
    tensor,
    upsample2x,
    where,
    wrap,
)
from phimath import max as max_of
from phimath import sum as sum_of
from phimath.errors import DTypeError, NotSupported, ShapeError
from phimath.sparse import Sparse
from phimath.testing.assertions import assert_close as assert_equal_arrays
from phimath.transform.linearize import probing
from tests.phimath.linear_examples import assert_close, example, tridiagonal

BACKWARDS = slice(None, None, -1)


def array_of(f, x=None):
    """Matrix (rows, columns) and bias of a function of one dimension."""
    matrix, bias = matrix_from_function(f, example() if x is None else x)
    full = dense(matrix)
    rows = [name for name in full.shape.names if not name.startswith("~")]
    return full.numpy([*rows, *full.shape.dual.names]), bias.numpy(bias.shape)


# --- known matrices ---


def test_second_differences_with_all_sides(backend):
    periodic = tridiagonal() + np.eye(4, k=3) + np.eye(4, k=-3)
    reflect = tridiagonal()
    reflect[0, 1] = reflect[-1, -2] = 2
    for sides, expected in (
        (0, tridiagonal()),
        (boundary.ZERO_GRADIENT, tridiagonal(first=-1, last=-1)),
        (boundary.SYMMETRIC, tridiagonal(first=-1, last=-1)),
        (boundary.ANTISYMMETRIC, tridiagonal(first=-3, last=-3)),
        (boundary.PERIODIC, periodic),
        (boundary.REFLECT, reflect),
    ):
        found, bias = array_of(lambda x, sides=sides: laplace(x, padding=sides))
        assert_close(found, expected)
        assert_close(bias, np.zeros(4))


def test_constants_go_to_the_bias(backend):
    found, bias = array_of(lambda x: laplace(x, padding=1))
    assert_close(found, tridiagonal())
    assert_close(bias, [1, 0, 0, 1])
    found, bias = array_of(lambda x: 3 - x)
    assert_close(found, -1)
    assert_close(bias, [3, 3, 3, 3])


def test_slices_flips_means_and_multiples(backend):
    assert_close(array_of(lambda x: x.x[1:])[0], np.eye(4)[1:])
    assert_close(array_of(lambda x: x.x[BACKWARDS])[0], np.eye(4)[::-1])
    assert_close(array_of(mean)[0], np.full(4, 0.25))
    assert_close(array_of(lambda x: 2 * x)[0], 2)
    assert_close(array_of(lambda x: stack([x, 2 * x], channel("v")))[0], [1, 2])


def test_the_laplacian_of_a_plane_has_its_33_entries(backend):
    zero = tensor(np.zeros((3, 3)), spatial("x,y"))
    matrix, _ = matrix_from_function(lambda u: laplace(u, padding=0), zero)
    assert get_format(matrix) == "csr"
    assert stored_values(matrix).shape.volume == 33
    one = np.eye(3)
    expected = np.kron(tridiagonal(3), one) + np.kron(one, tridiagonal(3))
    found = dense(matrix).numpy("x,y,~x,~y").reshape(9, 9)
    assert_close(found, expected)


# --- functions of all kinds, against themselves ---

MASK = np.array([True, False, True, True, False, True])
SPARSE = np.array([[0, 2.0, 0, 0, 0, 1], [1, 0, 0, 0, 3, 0]])


def _sparse_rows(x):
    positions = wrap(np.argwhere(SPARSE), instance("e"), channel(index="r,~x"))
    numbers = tensor(SPARSE[SPARSE != 0], instance("e"))
    return sparse_tensor(positions, numbers, instance(r=2) & dual(x=6)) @ x


def _scattered(x, mode):
    values = rename_dims(x, "x", instance("p"))
    at = wrap([0, 2, 2, 1, 0, 3], instance("p"))
    if mode == "update":
        at = wrap([0, 2, 5, 1, 4, 3], instance("p"))
    return scatter(rename_dims(x, "x", spatial("z")), at, values, mode=mode)


FUNCTIONS = {
    "division": lambda x: x / wrap(np.arange(1.0, 7), spatial("x")),
    "product": lambda x: wrap(np.arange(6.0), spatial("x")) * x,
    "negative": lambda x: -x - 1,
    "where": lambda x: where(wrap(MASK, spatial("x")), x, 0),
    "where-both": lambda x: where(wrap(MASK, spatial("x")), x, x.x[BACKWARDS]),
    "sum": sum_of,
    "running-sum": lambda x: cumulative_sum(x, "x"),
    "step": lambda x: x.x[1::2],
    "list": lambda x: x.x[[3, 0, 3]],
    "positions": lambda x: x.x[wrap([5, 0, 2], instance("p"))],
    "mask": lambda x: x.x[wrap(MASK, spatial("x"))],
    "concat": lambda x: concat([x, x.x[:2], wrap([1.0], spatial("x"))], "x"),
    "stack": lambda x: stack([x, x.x[BACKWARDS]], channel("v")),
    "pad": lambda x: pad(x, {"x": (2, 1)}, boundary.PERIODIC),
    "crop": lambda x: pad(x, {"x": (-1, 2)}, 5),
    "gradient": spatial_gradient,
    "laplace-twice": lambda x: laplace(laplace(x, padding=boundary.PERIODIC), padding=0),
    "symmetric-gradient": lambda x: pad(x, {"x": 2}, boundary.SYMMETRIC_GRADIENT),
    "downsample": downsample2x,
    "upsample": upsample2x,
    "convolve-odd": lambda x: convolve(x, wrap([1.0, 2.0, -1.0], spatial("x"))),
    "convolve-even": lambda x: convolve(x, wrap([1.0, 2.0], spatial("x"))),
    "grid-sample": lambda x: grid_sample(
        x, wrap([[0.5], [1.25], [-1.0], [9.0]], instance("p"), channel(vector="x")),
        boundary.ZERO_GRADIENT,
    ),
    "scatter-add": lambda x: _scattered(x, "add"),
    "scatter-update": lambda x: _scattered(x, "update"),
    "matrix": lambda x: wrap(np.arange(12.0).reshape(2, 6), instance("r"), dual("x")) @ x,
    "sparse-matrix": _sparse_rows,
    "fourier": lambda x: real(ifft(fft(x) * 2)),
    "power-1": lambda x: x**1,
    "loop": lambda x: iterate(lambda u: laplace(u, padding=0), 3, x),
    "mean-removed": lambda x: x - mean(x),
    "nothing": lambda x: 0 * x + 1,
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_matrix_is_what_the_function_does(backend, name):
    f = FUNCTIONS[name]
    with precision(64):
        zero = np.zeros(6)
        x = tensor(zero, spatial("x"))
        bias = f(x)
        matrix, found_bias = matrix_from_function(f, x, auto_compress=False)
        full = dense(matrix)
        assert_equal_arrays(found_bias.numpy(bias.shape), bias.numpy(bias.shape), rtol=1e-12)
        for i in range(6):
            unit = zero.copy()
            unit[i] = 1
            expected = (f(tensor(unit, spatial("x"))) - bias).numpy(bias.shape)
            column = full[{"~x": i}].expanded(bias.shape).numpy(bias.shape)
            assert_equal_arrays(column, expected, rtol=1e-10, atol=1e-12)


def test_several_tensors_in_and_out(backend):
    def f(tree):
        return {"a": 2 * tree["u"].x[1:] + 1, "b": sum_of(tree["v"]) - mean(tree["u"])}

    x = {"u": example(), "v": example(3)}
    matrix, bias = matrix_from_function(f, x)
    expected = np.zeros((4, 7))
    expected[:3, 1:4] = 2 * np.eye(3)
    expected[3] = [-0.25] * 4 + [1] * 3
    assert_close(dense(matrix).numpy("unknown,~unknown"), expected)
    assert_close(bias.numpy(), [1, 1, 1, 0])


def test_several_arguments_count_as_a_tree(backend):
    matrix, _ = matrix_from_function(lambda u, v: u.x[0] + 2 * v.x[1], example(2), example(2))
    assert_close(dense(matrix).numpy(), [1, 0, 0, 2])


def test_auxiliary_arguments_may_be_anything(backend):
    def f(x, factor, shift, sides=0):
        return factor**2 * laplace(x, padding=sides) + exp(shift)

    arguments = example(), tensor(3.0), tensor(0.0)
    matrix, bias = matrix_from_function(
        f, *arguments, auxiliary_args="factor,shift", sides=boundary.ZERO_GRADIENT
    )
    assert_close(dense(matrix).numpy("x,~x"), 9 * tridiagonal(first=-1, last=-1))
    assert_close(bias.numpy(), np.ones(4))
    with pytest.raises(ShapeError, match="no argument 'wrong'"):
        matrix_from_function(f, *arguments, auxiliary_args="wrong")


def test_batch_dimensions_are_independent_matrices(backend):
    factors = tensor([1.0, 2.0], batch("b"))
    x = tensor(np.zeros((2, 4)), batch("b"), spatial("x"))
    matrix, _ = matrix_from_function(lambda x: laplace(factors * x, padding=0), x)
    assert_close(dense(matrix).numpy("b,x,~x"), np.stack([tridiagonal(), 2 * tridiagonal()]))
    with pytest.raises(NotSupported, match="batch"):
        matrix_from_function(lambda x: x - mean(x, "b"), x)


def test_components_that_are_independent_are_left_out(backend):
    x = tensor(np.zeros((5, 2)), spatial("x"), channel("vector"))
    matrix, _ = matrix_from_function(lambda x: laplace(x, padding=0), x)
    assert set(matrix.shape.names) == {"x", "~x"}
    assert_close(dense(matrix).numpy("x,~x"), tridiagonal(5))
    matrix, _ = matrix_from_function(lambda x: laplace(x, padding=0), x, auto_compress=False)
    assert set(matrix.shape.names) == {"x", "vector", "~x", "~vector"}
    turned = wrap([1.0, 2.0], channel("vector"))
    matrix, _ = matrix_from_function(lambda x: turned * x, x)
    assert set(matrix.shape.names) == {"vector", "~vector"}


def test_complex_functions(backend):
    x = tensor(np.zeros(4, np.complex64), spatial("x"))
    found, _ = array_of(lambda x: 1j * laplace(x, padding=0), x)
    assert_close(found, 1j * tridiagonal())
    with pytest.raises(NotSupported, match="'real'"):
        matrix_from_function(real, x)


def test_full_rows(backend):
    n = 600

    def f(x):
        total = sum_of(x * wrap(np.arange(float(n)), spatial("x")))
        return concat([laplace(x, padding=0), total.expanded(spatial(x=1))], "x")

    with precision(64):
        matrix, _ = matrix_from_function(f, tensor(np.zeros(n), spatial("x")))
        assert isinstance(matrix, Sparse)
        expected = np.concatenate([tridiagonal(n), np.arange(float(n))[None]])
        assert_close(dense(matrix).numpy("x,~x"), expected)


def test_full_rows_without_automatic_differentiation_take_a_probe_per_unknown(monkeypatch):
    def f(x):
        return concat([laplace(x, padding=0), sum_of(x).expanded(spatial(x=1))], "x")

    x = wrap(np.zeros(40), spatial("x"))
    monkeypatch.setattr(probing, "PROBES", 40)
    expected = np.concatenate([tridiagonal(40), np.ones((1, 40))])
    assert_close(dense(matrix_from_function(f, x)[0]).numpy("x,~x"), expected)
    monkeypatch.setattr(probing, "PROBES", 39)
    monkeypatch.setattr("phimath.transform.linearize.matrix.DENSE_LIMIT", 0)
    with pytest.raises(NotSupported, match="depend on 40 unknowns"):
        matrix_from_function(f, x)


def _next_to_a_sum(x):
    return concat([x, sum_of(x).expanded(spatial(x=1))], "x")


def _all_at_one_place(x):
    at = wrap([0] * 20, instance("p"))
    return scatter(spatial(z=20), at, rename_dims(x, "x", instance("p")), mode="add")


@pytest.mark.parametrize("f", [_next_to_a_sum, _all_at_one_place])
def test_layers_that_would_fill_the_memory_are_not_made(f, monkeypatch):
    x = wrap(np.zeros(20), spatial("x"))
    matrix_from_function(f, x)
    monkeypatch.setattr("phimath.transform.tracer.dependence.layers.LIMIT", 399)
    monkeypatch.setattr("phimath.transform.linearize.matrix.DENSE_LIMIT", 0)
    with pytest.raises(NotSupported, match="depends on up to 20 variables per element"):
        matrix_from_function(f, x)


# --- what is not linear ---


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("divide", lambda x: 1 / x),
        ("multiply", lambda x: x * x),
        ("sort", sort),
        ("cos", cos),
        ("max", max_of),
        ("greater", lambda x: where(x > 0, x, 0)),
        ("greater", lambda x: x if x.x[0] > 0 else -x),
        ("multiply", norm),
    ],
)
def test_the_operation_that_is_not_linear_is_named(backend, name, f):
    with pytest.raises(NotSupported, match=f"'{name}'"):
        matrix_from_function(f, example())


def test_integers_are_no_results():
    with pytest.raises(DTypeError, match="linear in floating numbers, not in int64"):
        matrix_from_function(lambda x: x.cast(wrap(1).dtype), example())


def test_integers_are_no_unknowns():
    with pytest.raises(DTypeError, match="linear in floating numbers"):
        matrix_from_function(lambda x: x, wrap([1, 2], spatial("x")))


# --- traced coefficients ---


def test_matrices_of_traced_coefficients(backend):
    def build(coefficient, x):
        def f(u):
            return laplace(coefficient * u, padding=0)

        matrix, bias = matrix_from_function(f, u_like)
        return matrix, matrix @ x + bias

    u_like = example()
    c = tensor([1.0, 2.0, 3.0, 4.0], spatial("x"))
    matrix, product = jit_compile(build)(c, example())
    expected = tridiagonal() * np.array([1.0, 2, 3, 4])
    assert get_format(matrix) == "csr"
    assert_close(dense(matrix).numpy("x,~x"), expected)
    assert_close(product.numpy(), expected @ example().numpy())


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_gradients_by_coefficients(backend, mode):
    x = np.array([1.0, -1.0, 2.0, 0.5])
    with precision(64):

        def loss(c):
            template = tensor(np.zeros(4), spatial("x"))
            matrix, _ = matrix_from_function(lambda u: laplace(c * u, padding=0), template)
            return sum_of((matrix @ tensor(x, spatial("x"))) ** 2)

        derivative = gradient(loss, "c", get_output=False)
        derivative = jit_compile(derivative) if mode == "compiled" else derivative
        c = np.array([1.0, 2.0, 3.0, 4.0])
        found = derivative(tensor(c, spatial("x")))
        second = tridiagonal()
        assert_close(found.numpy(), 2 * (second.T @ second @ (c * x)) * x)
