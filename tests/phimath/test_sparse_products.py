"""Products with sparse tensors against those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from phimath import (
    batch,
    channel,
    dot,
    dual,
    instance,
    precision,
    rename_dims,
    spatial,
    stack,
    tensor,
    wrap,
)
from phimath.errors import NotSupported, ShapeError
from phimath.sparse import dense, get_format, is_sparse, sparse_tensor, to_format
from phimath.testing.assertions import assert_close as assert_equal_arrays

FORMATS = ("coo", "csr", "csc")
RNG = np.random.default_rng(0)


def assert_close(found, expected):
    assert_equal_arrays(found, np.asarray(expected), rtol=1e-5, atol=1e-6)


def random(*sizes, share=0.3, dtype="float64"):
    """Array with some elements, the others zero."""
    array = RNG.standard_normal(sizes) * (RNG.random(sizes) < share)
    return (array + 1j * array[::-1] if dtype.startswith("complex") else 4 * array).astype(dtype)


D = random(5, 4)
V = RNG.standard_normal(4)
W = RNG.standard_normal(5)


@pytest.fixture(params=FORMATS)
def format(request):
    return request.param


def matrix(array, format):
    return to_format(tensor(array, spatial("x"), dual("y")), format)


def test_products_with_vectors_from_both_sides(backend, format):
    m = matrix(D, format)
    right, left = tensor(V, spatial("y")), tensor(W, spatial("x"))
    assert_close((m @ right).numpy("x"), D @ V)
    assert_close(dot(left, "x", m, "x").numpy("~y"), W @ D)
    assert_close(dot(m, "x", left, "x").numpy("~y"), W @ D)
    assert (m @ right).dtype.name == "float32"


def test_vector_times_matrix_by_operator(backend, format):
    m = rename_dims(matrix(random(4, 4), format), "~y", dual("x"))
    v = tensor(V, spatial("x"))
    assert_close((v @ m).numpy("~x"), (v @ dense(m)).numpy("~x"))


def test_integers_booleans_and_complex_numbers(backend, format):
    for dtype in ("int64", "int32", "complex128", "complex64"):
        a, v = random(5, 4, dtype=dtype), random(4, share=1, dtype=dtype)
        product = matrix(a, format) @ tensor(v, spatial("y"))
        assert product.dtype.kind == ("int" if dtype.startswith("int") else "complex")
        assert_close(product.numpy("x"), a @ v)
    mask = matrix(D, format) > 0
    count = mask @ tensor(np.ones(4, bool), spatial("y"))
    assert count.dtype.name == "int64"
    assert_close(count.numpy("x"), (D > 0).sum(1))


def test_several_vectors_and_batches_at_once(backend, format):
    m = matrix(D, format)
    many = RNG.standard_normal((2, 4, 3))
    product = m @ tensor(many, batch("b"), spatial("y"), channel("vector"))
    assert_close(product.numpy("b,x,vector"), np.einsum("xy,byv->bxv", D, many))
    apart = stack([tensor(many[0, :, i], spatial("y")) for i in range(3)], channel("c"))
    assert_close((m @ apart).numpy("x,c"), D @ many[0])


def test_values_with_batch_and_channel_dimensions(backend, format):
    factors = RNG.standard_normal((2, 3))
    m = matrix(D, format) * tensor(factors, batch("b"), channel("c"))
    v, many = tensor(V, spatial("y")), RNG.standard_normal((4, 3))
    assert_close((m @ v).numpy("b,c,x"), np.einsum("bc,xy,y->bcx", factors, D, V))
    matched = m @ tensor(many, spatial("y"), channel("c"))
    assert_close(matched.numpy("b,c,x"), np.einsum("bc,xy,yc->bcx", factors, D, many))


def test_several_rows_and_columns_in_any_order(backend, format):
    a, v = random(2, 3, 4, 2), RNG.standard_normal((2, 4))
    m = to_format(tensor(a, spatial("x,y"), dual("u,v")), format)
    x = tensor(v, spatial("v,u"))
    assert_close((m @ x).numpy("x,y"), np.einsum("xyuv,vu->xy", a, v))
    partly = dot(m, "~v", x, "v")
    assert_close(partly.numpy("x,y,~u,u"), np.einsum("xyuv,vw->xyuw", a, v))


def test_a_dimension_that_both_have_is_matched(backend, format):
    a, v = random(3, 3), RNG.standard_normal((3, 3))
    m = to_format(tensor(a, spatial("x"), dual("y")), format)
    product = m @ tensor(v, spatial("x,y"))
    assert_close(product.numpy("x"), np.einsum("xy,xy->x", a, v))


def test_sparse_times_sparse_is_sparse(backend, format):
    a, b = random(5, 4), random(4, 6)
    for other in FORMATS:
        m, n = matrix(a, format), to_format(tensor(b, spatial("y"), dual("z")), other)
        product = m @ n
        assert is_sparse(product)
        assert_close(product.numpy("x,~z"), a @ b)
    square = to_format(tensor(random(4, 4), spatial("x"), dual("x")), format)
    array = square.numpy("x,~x")
    assert_close((square @ square @ square).numpy("x,~x"), array @ array @ array)
    if format == "csr":
        assert get_format(square @ square) == "csr"


def test_sparse_times_sparse_with_several_dimensions(backend):
    a, b = random(2, 3, 4, 2), random(4, 2, 5)
    m = to_format(tensor(a, spatial("x,y"), dual("u,v")), "csr")
    n = to_format(tensor(b, spatial("u,v"), dual("w")), "csr")
    assert_close((m @ n).numpy("x,y,~w"), np.einsum("xyuv,uvw->xyw", a, b))
    assert_close(dot(m, "~u", n, "u").numpy("x,y,~v,v,~w"), np.einsum("xyuv,ukw->xyvkw", a, b))
    vector = to_format(tensor(b[:, :, 0], spatial("u,v")), "coo")
    assert_close((m @ vector).numpy("x,y"), np.einsum("xyuv,uv->xy", a, b[:, :, 0]))
    assert_close(dot(vector, "u,v", vector, "u,v").numpy(), (b[:, :, 0] ** 2).sum())


def test_sparse_products_of_batched_values(backend):
    a, b, factors = random(4, 4), random(4, 4), RNG.standard_normal(3)
    m = to_format(tensor(a, spatial("x"), dual("x")), "csr") * tensor(factors, batch("b"))
    n = to_format(tensor(b, spatial("x"), dual("x")), "csr")
    assert_close((m @ n).numpy("b,x,~x"), factors[:, None, None] * (a @ b))


def test_stacked_matrices_multiply_one_by_one(backend):
    a, b = random(5, 4), random(5, 4)
    m = stack([matrix(a, "csr"), matrix(b, "coo")], batch("b"))
    assert_close((m @ tensor(V, spatial("y"))).numpy("b,x"), np.stack([a @ V, b @ V]))


def test_rows_of_any_length(backend, format):
    a = np.zeros((40, 50))
    a[0] = RNG.standard_normal(50)
    a[7, 3] = 2
    v = RNG.standard_normal(50)
    assert_close((matrix(a, format) @ tensor(v, spatial("y"))).numpy("x"), a @ v)


def test_products_keep_double_precision(backend, format):
    with precision(64):
        m, v = matrix(D, format), tensor(V, spatial("y"))
        assert_equal_arrays((m @ v).numpy("x"), D @ V, rtol=1e-14, atol=1e-14)


def test_numpy_matrices_join_other_backends(backend, format):
    m = to_format(wrap(D, spatial("x"), dual("y")), format)
    product = m @ tensor(V, spatial("y"))
    assert product.backend.name == backend.name
    assert_close(product.numpy("x"), D @ V)


def test_what_does_not_fit_is_refused():
    m = matrix(D, "csr")
    with pytest.raises(ShapeError, match="size 4"):
        m @ wrap(W, spatial("y"))
    with pytest.raises(ShapeError, match="finds no dimension 'y'"):
        m @ wrap(V, spatial("z"))
    indices = wrap([[0, 0]], instance("e"), channel(index="x,~y"))
    other = sparse_tensor(indices, 1.0, spatial(x=5) & dual(y=4))
    with pytest.raises(NotSupported, match="Rename one"):
        dot(m, "~y", other, "~y")
