"""Sparse arrays of SciPy and of the frameworks, on the way in and out."""

import numpy as np
import pytest
import scipy.sparse as sp

from phimath.convert import convert
from phimath.create import tensor
from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.dims import rename_dims
from phimath.errors import NotSupported, ShapeError
from phimath.reduce import sum as sum_of
from phimath.sparse import get_format, native_matrix, sparse_tensor, stored_values
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp
from phimath.wrap import wrap

MATRIX = np.array(
    [[4.0, 1, 0, 0], [0, 3, 0, -1], [2, 0, 0, 0], [0, 0, 0, 5], [1, 0, 0, 0], [0] * 4]
)
AXES = spatial("x"), dual("y")


def of(backend, format="csr", array=MATRIX):
    """A sparse tensor of the backend."""
    return convert(wrap(sp.coo_array(array).asformat(format), *AXES), backend)


@pytest.mark.parametrize("format", ["coo", "csr", "csc", "lil", "dia", "bsr"])
@pytest.mark.parametrize("kind", [sp.csr_array, sp.csr_matrix])
def test_matrices_of_scipy_become_tensors_of_their_format(format, kind):
    found = wrap(kind(MATRIX).asformat(format), *AXES)
    assert get_format(found) == (format if format in ("csr", "csc") else "coo")
    assert_close(found.numpy("x,~y"), MATRIX)


def test_entries_at_one_place_are_added_up():
    twice = sp.coo_array(([1.0, 2.0, 4.0], ([0, 1, 0], [1, 0, 1])), (2, 2))
    unsorted = sp.csr_array(([1.0, 2.0, 4.0], [1, 0, 0], [0, 2, 3]), (2, 2))
    assert_close(wrap(twice, *AXES).numpy("x,~y"), twice.toarray())
    assert_close(wrap(unsorted, *AXES).numpy("x,~y"), unsorted.toarray())


def test_axes_are_unpacked_and_rows_are_the_ordinary_dimensions():
    unpacked = wrap(sp.csr_array(MATRIX), [spatial(x=2, y=3), dual(z=2, w=2)])
    assert_close(unpacked.numpy("x,y,~z,~w"), MATRIX.reshape(2, 3, 2, 2))
    assert_close(native_matrix(unpacked).toarray(), MATRIX)
    turned = wrap(sp.csr_array(MATRIX), dual("y"), spatial("x"))
    assert get_format(turned) == "csc"
    assert_close(native_matrix(turned).toarray(), MATRIX.T)


def test_one_axis_for_each_dimension_without_columns():
    grid = wrap(sp.coo_array(MATRIX), spatial("x,y"))
    assert_close(grid.numpy("x,y"), MATRIX)
    found = native_matrix(rename_dims(grid, "x,y", channel("a,b")))
    assert_close(found.toarray(), MATRIX)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "int32"])
@pytest.mark.parametrize("format", ["coo", "csr", "csc"])
def test_what_goes_out_comes_in_again(backend, format, dtype):
    """By the framework's own sparse array; TensorFlow and JAX don't have all formats."""
    x = of(backend, format, MATRIX.astype(dtype))
    native = native_matrix(x)
    again = wrap(native, *AXES)
    assert again.dtype is x.dtype
    assert_close(again.numpy("x,~y"), MATRIX)
    if backend.name in ("torch", "numpy"):
        assert get_format(again) == format


def test_elements_of_other_frameworks_get_the_precision_of_the_context():
    double = sp.csr_array(MATRIX)
    assert tensor(double, *AXES).dtype.precision == 64  # of NumPy, the default backend
    assert wrap(double, *AXES).dtype.precision == 64


def test_dense_tensors_become_sparse_arrays(backend):
    found = native_matrix(wrap(backend.from_numpy(MATRIX), *AXES))
    assert_close(wrap(found, *AXES).numpy("x,~y"), MATRIX)


@pytest.mark.needs("value_and_gradient")
def test_values_of_a_native_matrix_keep_their_derivative(backend):
    """Where the framework follows what happens: inside of a gradient."""

    def total(values):
        pattern = of(backend, "coo")
        x = wrap(native_matrix(pattern.with_values(values)), *AXES)
        return sum_of(stored_values(x) ** 2)

    values = of(backend, "coo").values
    found = gradient(total, get_output=False)(values)
    assert_close(found.numpy(), 2 * values.numpy())


def test_what_is_no_matrix_is_told(backend):
    batched = of(backend) * wrap([1.0, 2.0], batch("b"))
    with pytest.raises(ShapeError, match="more than one matrix"):
        native_matrix(batched)
    with pytest.raises(ShapeError, match="no names"):
        wrap(sp.csr_array(MATRIX))
    with pytest.raises(ShapeError, match="cannot be"):
        wrap(sp.csr_array(MATRIX), spatial(x=7), dual("y"))
    with pytest.raises(ShapeError, match="no dimension names"):
        of(backend) + sp.csr_array(MATRIX)


def test_traced_positions_can_not_leave_a_program(backend):
    indices = wrap(backend.from_numpy(np.array([[0, 1], [1, 0]])), instance("e"), channel(i="x,~x"))

    def leave(indices):
        return native_matrix(sparse_tensor(indices, 1.0, spatial(x=2) & dual(x=2)))

    with pytest.raises(NotSupported):
        jit_compile(leave)(indices)


def test_a_tangent_does_not_get_lost_in_a_sparse_array(backend):
    x = of(backend, "coo")
    with pytest.raises(NotSupported, match="would get lost"):
        jvp(lambda values: native_matrix(x.with_values(values)), (x.values,), (x.values,))


def test_sparse_arrays_change_their_framework(backend):
    native = convert(sp.csr_array(MATRIX), backend)
    assert_close(wrap(native, *AXES).numpy("x,~y"), MATRIX)
    assert_close(convert(native, "numpy").toarray(), MATRIX)
