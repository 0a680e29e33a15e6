from __future__ import annotations

import numpy as np
import pytest

from phimath import batch, channel, dual, instance, precision, spatial, stack, tensor, vec, wrap
from phimath.errors import DimensionError, ShapeError
from phimath.linear_algebra import cross, dot, eigenvalues, einsum, matrix_rank, svd
from phimath.testing.assertions import assert_close

RNG = np.random.default_rng(0)
A = RNG.random((2, 3, 4)).astype(np.float32)
B = RNG.random((2, 4, 5)).astype(np.float32)


def test_dot_contracts_pairs_and_keeps_common_dimensions(backend):
    a, b = tensor(A, batch("b"), spatial("x,y")), tensor(B, batch("b"), spatial("z"), channel("c"))
    assert_close(dot(a, "y", b, "z").numpy("b,x,c"), A @ B, rtol=1e-5)


def test_dot_over_several_dimensions(backend):
    a, b = tensor(A, spatial("x,y,z")), tensor(A, channel("p,q,r"))
    assert_close(
        dot(a, "x,y", b, "p,q").numpy("z,r"), np.tensordot(A, A, ((0, 1), (0, 1))), rtol=1e-5
    )


def test_dot_of_vectors_at_many_points(backend):
    a = tensor(A, batch("b"), spatial("x"), channel("vector"))
    assert_close(dot(a, "vector", a, "vector").numpy("b,x"), (A * A).sum(-1), rtol=1e-5)


def test_dot_of_integers_and_booleans_counts(backend):
    mask = tensor(np.array([True, True, False]), spatial("x"))
    count = dot(mask, "x", mask, "x")
    assert count.dtype.name == "int64"
    assert int(count) == 2


def test_dot_of_lazily_expanded_values_counts_all_elements(backend):
    ones = tensor(np.float32(1)).expanded(spatial(x=5))
    assert float(dot(ones, "x", ones, "x")) == 5


def test_dot_of_components_kept_apart():
    velocity = stack(
        {"x": wrap([1.0, 2.0], spatial("s")), "y": wrap([3.0, 4.0], spatial("s"))},
        channel("vector"),
    )
    assert_close(
        dot(velocity, "vector", velocity, "vector").numpy(), np.array([10, 20], np.float32)
    )


def test_dot_refuses_what_does_not_match():
    a = wrap(A, batch("b"), spatial("x,y"))
    with pytest.raises(ShapeError, match="'x' of size 3 with 'y' of size 4"):
        dot(a, "x", a, "y")
    with pytest.raises(ShapeError, match="Name equally many"):
        dot(a, "x,y", a, "x")
    with pytest.raises(DimensionError, match="no dimension 'z'"):
        dot(a, "z", a, "x")
    with pytest.raises(ShapeError, match="labelled x,y with 'vector' labelled y,x"):
        dot(vec(x=1, y=2), "vector", vec(y=1, x=2), "vector")


# --- matrix products ---


def test_a_matrix_maps_a_vector(backend):
    matrix = tensor(A[0], channel("rows"), dual("columns"))
    vector = tensor(A[0, 0], channel("columns"))
    assert_close((matrix @ vector).numpy("rows"), A[0] @ A[0, 0], rtol=1e-5)


def test_matrices_multiply_to_a_matrix(backend):
    square = RNG.random((3, 3)).astype(np.float32)
    matrix = tensor(square, channel("v"), dual("v"))
    assert_close((matrix @ matrix).numpy("v,~v"), square @ square, rtol=1e-5)


def test_a_vector_multiplies_a_matrix_from_the_left(backend):
    square = RNG.random((3, 3)).astype(np.float32)
    product = tensor(square[0], channel("v")) @ tensor(square, channel("v"), dual("v"))
    assert_close(product.numpy("~v"), square[0] @ square, rtol=1e-5)


def test_vectors_multiply_to_a_scalar():
    assert int(vec(x=1, y=2) @ vec(x=1, y=2)) == 5


def test_products_without_a_common_dimension_are_errors():
    with pytest.raises(ShapeError, match="no common channel dimension"):
        vec(x=1, y=2) @ wrap([1.0, 2.0], spatial("x"))
    with pytest.raises(ShapeError, match="'~w' finds no dimension 'w'"):
        wrap(np.ones((2, 2)), channel("v"), dual("w")) @ vec(x=1, y=2)


def test_views_of_dimensions_contract(backend):
    a = tensor(A[0], spatial("x,y"))
    assert_close((a.x * a.x).numpy("y"), (A[0] ** 2).sum(0), rtol=1e-5)


def test_einsum_by_names(backend):
    a, b = tensor(A, batch("b"), spatial("x,y")), tensor(B, batch("b"), spatial("y,z"))
    assert_close(einsum("x,y; y,z -> x,z", a, b).numpy("b,x,z"), A @ B, rtol=1e-5)
    assert_close(einsum("x,y -> ", a).numpy("b"), A.sum((1, 2)), rtol=1e-5)
    three = einsum("x,y; y,z; x -> z", a, b, tensor(A[0, :, 0], spatial("x")))
    assert_close(three.numpy("b,z"), np.einsum("bxy,byz,x->bz", A, B, A[0, :, 0]), rtol=1e-5)


def test_einsum_says_what_is_wrong():
    a = wrap(A[0], spatial("x,y"))
    with pytest.raises(ShapeError, match="has 1 terms for 2 tensors"):
        einsum("x,y -> x", a, a)
    with pytest.raises(ShapeError, match="names 'z', which no term names"):
        einsum("x,y -> z", a)
    with pytest.raises(DimensionError, match="no dimension 'w'"):
        einsum("w -> w", a)


def test_cross_products(backend):
    assert float(cross(vec(x=1, y=2), vec(x=3, y=4))) == -2
    a, b = RNG.random((2, 4, 3)).astype(np.float32)
    result = cross(*(tensor(v, instance("p"), channel(vector="x,y,z")) for v in (a, b)))
    assert_close(result.numpy("p,vector"), np.cross(a, b), rtol=1e-4, atol=1e-6)
    with pytest.raises(ShapeError, match="size 2 or 3"):
        cross(vec(x=1), vec(x=1))


# --- decompositions ---


def test_eigenvalues_are_the_roots_of_the_characteristic_polynomial(backend):
    matrices = RNG.random((2, 3, 3)).astype(np.float32)
    result = eigenvalues(tensor(matrices, batch("b"), channel("v"), dual("v"))).numpy(
        "b,eigenvalues"
    )
    for matrix, values in zip(matrices, result, strict=True):
        assert_close(
            np.sort_complex(values),
            np.sort_complex(np.roots(np.poly(matrix))),
            rtol=1e-3,
            atol=1e-4,
        )
    with pytest.raises(ShapeError, match="need a square matrix"):
        eigenvalues(tensor(A[0], channel("v"), dual("w")))


def test_svd_reconstructs_and_truncates(backend):
    with precision(64):
        x = tensor(A.astype(np.float64), batch("b"), instance("points"), channel("values"))
        latents, singular, to_value = svd(x)
        assert_close(
            (to_value @ (singular * latents)).numpy("b,points,values"),
            A.astype(np.float64),
            rtol=1e-9,
        )
        assert_close(
            singular.numpy("b,singular"), np.linalg.svd(A.astype(np.float64))[1], rtol=1e-9
        )
        assert svd(x, latent_dim=channel(k=2))[2].shape.get_size("~k") == 2
    with pytest.raises(ShapeError, match="Only 3 singular values"):
        svd(x, latent_dim=channel(k=7))


def test_the_rank_counts_independent_rows(backend):
    matrices = np.stack([np.ones((3, 3)), np.eye(3), np.diag([1, 1, 0])]).astype(np.float32)
    assert_close(
        matrix_rank(tensor(matrices, batch("b"), channel("v"), dual("v"))).numpy(),
        np.array([1, 3, 2]),
    )
