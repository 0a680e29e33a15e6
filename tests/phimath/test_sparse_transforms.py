"""Sparse tensors inside of transforms: their values are variables, their patterns are not."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest

from phimath import (
    batch,
    channel,
    custom_gradient,
    dual,
    equal,
    gradient,
    instance,
    iterate,
    jit_compile,
    jvp,
    precision,
    rename_dims,
    spatial,
    stop_gradient,
    sum,
    tensor,
    vectorize,
    wrap,
)
from phimath.errors import NotSupported
from phimath.sparse import (
    Sparse,
    dense,
    get_format,
    is_sparse,
    sparse_tensor,
    stored_values,
    tensor_like,
    to_format,
)
from phimath.testing.assertions import assert_close

RNG = np.random.default_rng(0)
A = RNG.standard_normal((4, 4)) * (RNG.random((4, 4)) < 0.5) + 3 * np.eye(4)
B = RNG.standard_normal((4, 4)) * (RNG.random((4, 4)) < 0.5)
V = RNG.standard_normal(4)
FORMATS = ("coo", "csr", "csc")


def matrix(array=A, format="csr"):
    """Also in compiled functions, where the values of constants can't be read."""
    positions = wrap(np.argwhere(array), instance("e"), channel(index="x,~x"))
    numbers = tensor(array[array != 0], instance("e"))
    return sparse_tensor(positions, numbers, spatial(x=4) & dual(x=4), format=format)


def vector():
    return tensor(V, spatial("x"))


def many_operations(m, v):
    """Scalar that depends on matrix and vector in many ways."""
    n = matrix(B)
    transposed = rename_dims(m, "x,~x", dual("x") & spatial("x"))
    results = [
        m @ v, v @ m, (m @ m) @ v, (m + n) @ v, (m * v) @ v, (m * n) @ v, transposed @ v,
        sum(m, "~x"), sum(m * m, "x"), m.x[1:] @ v, m.x[0] @ v, dense(m) @ v, (2 * m - n / 3) @ v,
    ]  # fmt: skip
    return reduce(add, (sum(result * result, result.shape) for result in results))


@pytest.mark.parametrize("format", FORMATS)
def test_compiled_results_are_the_eager_ones(backend, format):
    m, v = matrix(format=format), vector()
    compiled = jit_compile(many_operations)
    for _ in range(2):
        assert_close(compiled(m, v), many_operations(m, v), rtol=1e-5)
    assert len(compiled.traces) == 1


def test_equal_patterns_share_a_program(backend):
    compiled = jit_compile(lambda m, v: m @ v)
    compiled(matrix(), vector())
    compiled(matrix(2 * A), vector())
    compiled(matrix(), vector())
    assert len(compiled.traces) == 1
    compiled(matrix(B), vector())
    assert len(compiled.traces) == 2


def test_compiled_functions_give_sparse_tensors(backend):
    found = jit_compile(lambda m, v: (m * v + matrix(B), {"m": m}))(matrix(), vector())
    assert is_sparse(found[0])
    assert get_format(found[1]["m"]) == "csr"
    assert_close(found[0].numpy("x,~x"), A * V[:, None] + B, rtol=1e-5)


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_gradients_agree_with_differences(backend, format, mode):
    with precision(64):
        m, v = matrix(format=format), vector()

        def loss(values, v):
            return many_operations(tensor_like(m, values), v)

        derivative = gradient(loss, "values,v", get_output=False)
        if mode == "compiled":
            derivative = jit_compile(derivative)
        found = derivative(stored_values(m), v)
        step = 1e-6
        for i, (array, part) in enumerate(zip((stored_values(m), v), found, strict=True)):
            direction = RNG.standard_normal(array.shape.volume)
            change = wrap(direction, array.shape)
            ends = []
            for sign in (1, -1):
                arguments = [stored_values(m), v]
                arguments[i] = arguments[i] + sign * step * change
                ends.append(float(loss(*arguments)))
            expected = (ends[0] - ends[1]) / (2 * step)
            assert_close(float(sum(part * change)), expected, rtol=1e-6)


@pytest.mark.needs("value_and_gradient")
def test_the_gradient_by_a_matrix_is_sparse(backend):
    m, v = matrix(), vector()
    found = gradient(lambda m: sum((m @ v) ** 2), "m", get_output=False)(m)
    assert isinstance(found, Sparse)
    expected = 2 * np.outer(A @ V, V) * (A != 0)
    assert_close(found.numpy("x,~x"), expected, rtol=1e-4)


@pytest.mark.needs("value_and_gradient")
def test_second_derivatives(backend):
    with precision(64):
        m, v = matrix(), vector()

        def slope(m):
            loss = gradient(lambda m, v: sum((m @ v) ** 3), "v", get_output=False)
            return sum(loss(m, v) ** 2)

        found = gradient(slope, "m", get_output=False)(m)
        direction = tensor_like(m, wrap(RNG.standard_normal(int((A != 0).sum())), instance("e")))
        step = 1e-6
        ends = [float(slope(m + sign * step * direction)) for sign in (1, -1)]
        expected = (ends[0] - ends[1]) / (2 * step)
        along = float(sum(stored_values(found) * stored_values(direction)))
        assert_close(along, expected, rtol=1e-6)


def test_tangents_agree_with_differences(backend):
    with precision(64):
        m, v = matrix(), vector()
        dm, dv = tensor_like(m, stored_values(m) * 0.3 + 1), v * 2 + 1
        output, tangent = jvp(many_operations, (m, v), (dm, dv))
        assert_close(output, many_operations(m, v), rtol=1e-12)
        step = 1e-6
        ends = [float(many_operations(m + s * step * dm, v + s * step * dv)) for s in (1, -1)]
        assert_close(float(tangent), (ends[0] - ends[1]) / (2 * step), rtol=1e-6)


def test_the_tangent_of_a_matrix_is_a_matrix_of_its_pattern(backend):
    m = matrix()
    output, tangent = jvp(lambda m: m * m, (m,), (matrix(B),))
    assert is_sparse(output)
    assert is_sparse(tangent)
    assert_close(tangent.numpy("x,~x"), 2 * A * (A != 0) * B, rtol=1e-5)
    output, tangent = jvp(lambda m, v: (m, m @ v), (m, vector()), (0.0, vector()))
    assert is_sparse(tangent[0])
    assert_close(tangent[1].numpy("x"), A @ V, rtol=1e-5)


def test_values_pass_through_custom_gradients(backend):
    def product(m, v):
        return m @ v

    def pullback(inputs, output, cotangent):
        m, v = inputs["m"], inputs["v"]
        return {"m": cotangent * rename_dims(v, "x", dual("x")), "v": cotangent @ m}

    def rule(inputs, output, tangents):
        return tangents["m"] @ inputs["v"] + inputs["m"] @ tangents["v"]

    ours = custom_gradient(product, pullback, jvp=rule)
    m, v = matrix(), vector()
    assert_close(ours(m, v).numpy("x"), A @ V, rtol=1e-5)
    _, tangent = jvp(ours, (m, v), (m, 0.0))
    assert_close(tangent.numpy("x"), A @ V, rtol=1e-5)


@pytest.mark.needs("value_and_gradient")
def test_matrices_are_states_of_loops(backend):
    def step(m, v):
        return m * 0.5, m @ v

    for wrapped in (lambda f: f, jit_compile):
        run = wrapped(lambda m, v: iterate(step, 3, m, v))
        m, v = run(matrix(), vector())
        assert is_sparse(m)
        expected = 0.25 * A @ (0.5 * A @ (A @ V))
        assert_close(v.numpy("x"), expected, rtol=1e-4)


def test_vectorized_functions_of_batched_values(backend):
    factors = tensor([1.0, 2.0], batch("b"))
    found = vectorize(lambda m: m @ vector(), "b")(matrix() * factors)
    assert_close(found.numpy("b,x"), np.stack([A @ V, 2 * A @ V]), rtol=1e-5)


def test_stopped_and_converted_tensors_keep_their_storage(backend):
    assert is_sparse(stop_gradient(matrix()))


# --- indices that are traced ---


def traced(positions, numbers, v):
    m = sparse_tensor(positions, numbers, spatial(x=4) & dual(x=4))
    distinct = sparse_tensor(positions, numbers, m.shape, can_contain_double_entries=False)
    transposed = rename_dims(m, "x,~x", dual("x") & spatial("x"))
    return (
        m @ v, v @ m, dense(m), sum(m, "~x"), sum(m), (2 * m) @ v, (m + matrix()) @ v,
        (m - m) @ v, transposed @ v, (m * v) @ v, dense(abs(distinct)), dense(distinct * distinct),
    )  # fmt: skip


def test_traced_indices_give_the_eager_results(backend):
    positions = wrap([[0, 1], [3, 2], [1, 1]], instance("e"), channel(index="x,~x"))
    arguments = tensor(positions), tensor([1.0, -2.0, 3.0], instance("e")), vector()
    eager, compiled = traced(*arguments), jit_compile(traced)(*arguments)
    for found, expected in zip(compiled, eager, strict=True):
        assert_close(found, expected, rtol=1e-5)


def test_what_needs_traced_indices_is_refused(backend):
    positions = tensor(wrap([[0, 1]], instance("e"), channel(index="x,~x")))

    def compress(positions):
        return to_format(sparse_tensor(positions, 1.0, spatial(x=4) & dual(x=4)), "csr")

    def absolute(positions):
        return abs(sparse_tensor(positions, 1.0, spatial(x=4) & dual(x=4)))

    with pytest.raises(NotSupported, match="indices are traced"):
        jit_compile(compress)(positions)
    with pytest.raises(NotSupported, match="can_contain_double_entries=False"):
        jit_compile(absolute)(positions)


def test_traced_patterns_leave_compiled_functions(backend):
    positions = tensor(wrap([[0, 1], [3, 2]], instance("e"), channel(index="x,~x")))

    def build(positions):
        return sparse_tensor(positions, 2.0, spatial(x=4) & dual(x=4))

    found = jit_compile(build)(positions)
    assert is_sparse(found)
    assert equal(dense(found), dense(build(positions)))
