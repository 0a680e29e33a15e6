"""Sparse tensors: creation, formats, printing and pickling.

What a sparse tensor gives is compared with what the dense tensor of the same elements gives.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from phimath import (
    batch,
    channel,
    dual,
    instance,
    rename_dims,
    spatial,
    sum,
    tensor,
    wrap,
)
from phimath.errors import LabelError, NotSupported, ShapeError, ValueRangeError
from phimath.sparse import (
    dense,
    get_format,
    get_sparsity,
    is_sparse,
    sparse_tensor,
    stored_indices,
    stored_values,
    tensor_like,
    to_format,
)
from tests.phimath.sparse_examples import (
    NUMBERS,
    POSITIONS,
    SIZES,
    array_of,
    as_array,
    assert_close,
    matrix,
)

FORMATS = ("coo", "csr", "csc")


@pytest.mark.parametrize("format", FORMATS)
def test_elements_are_those_of_scipy(backend, format):
    m = matrix(format)
    assert m.backend.name == backend.name
    assert get_format(m) == format
    assert is_sparse(m)
    assert get_sparsity(m) == 5 / 16
    assert_close(as_array(m), array_of())


def test_entries_at_one_position_add_up(backend):
    twice = np.concatenate([POSITIONS, POSITIONS[:2]])
    numbers = np.concatenate([NUMBERS, [10.0, 20.0]])
    for format in FORMATS:
        assert_close(as_array(matrix(format, twice, numbers)), array_of(twice, numbers))
    assert stored_values(matrix("coo", twice, numbers)).shape.volume == 7
    assert stored_values(matrix("csr", twice, numbers)).shape.volume == 5


def test_any_number_of_rows_and_columns_by_name(backend):
    indices = wrap([[1, 0, 2, 1], [0, 1, 0, 3]], instance("e"), channel(index="y,~v,x,~u"))
    shape = spatial(x=3, y=2) & dual(u=4, v=2)
    m = sparse_tensor(indices, tensor([1.0, 2.0], instance("e")), shape, format="csr")
    expected = np.zeros((3, 2, 4, 2))
    expected[2, 1, 1, 0], expected[0, 0, 3, 1] = 1, 2
    assert_close(m.numpy("x,y,~u,~v"), expected)


def test_tensors_without_columns_are_sparse_grids(backend):
    indices = wrap([[1, 0], [2, 1]], instance("e"), channel(index="x,y"))
    grid = sparse_tensor(indices, tensor([1.0, 2.0], instance("e")), spatial(x=3, y=2))
    assert_close(grid.numpy("x,y"), [[0, 0], [1, 0], [0, 2]])
    with pytest.raises(ShapeError, match="no columns"):
        to_format(grid, "csr")


def test_positions_along_one_dimension_need_no_labels(backend):
    found = sparse_tensor(
        wrap([2, 0], instance("e")), tensor([1.0, 2.0], instance("e")), spatial(x=3)
    )
    assert_close(found.numpy("x"), [2, 0, 1])


def test_values_may_have_batch_and_channel_dimensions(backend):
    values = np.arange(20.0).reshape(2, 5, 2)
    indices = wrap(POSITIONS, instance("e"), channel(index="x,~x"))
    m = sparse_tensor(indices, tensor(values, batch("b"), instance("e"), channel("c")), SIZES)
    for b in range(2):
        for c in range(2):
            assert_close(as_array(m.b[b].c[c]), array_of(numbers=values[b, :, c]))


def test_batches_of_indices_become_a_stack(backend):
    positions = np.stack([POSITIONS, POSITIONS[:, ::-1]])
    indices = wrap(positions, batch("b"), instance("e"), channel(index="x,~x"))
    m = sparse_tensor(indices, tensor(NUMBERS, instance("e")), SIZES)
    assert_close(m.numpy("b,x,~x"), np.stack([array_of(), array_of().T]))


def test_indices_are_32_bit_unless_positions_need_more(backend):
    indices = wrap([[5, 7]], instance("e"), channel(index="x,~x"))
    small = sparse_tensor(indices, 1.0, spatial(x=1000) & dual(x=1000))
    large = sparse_tensor(indices, 1.0, spatial(x=2**40) & dual(x=8))
    large = abs(large + large) / 2
    assert stored_indices(small).dtype.name == "int32"
    assert stored_indices(large).dtype.name == "int64"
    assert_close(stored_indices(large).numpy("entries,index"), [[5, 7]])


def test_dense_tensors_become_sparse(backend):
    d = tensor(array_of(), spatial("x"), dual("x"))
    for format in FORMATS:
        m = to_format(d, format)
        assert get_format(m) == format
        assert stored_values(m).shape.volume == 5
        assert_close(as_array(m), array_of())
    assert get_format(dense(to_format(d, "csr"))) == "dense" == get_format(d)


def test_stored_values_and_indices_are_in_one_order(backend):
    for format in FORMATS:
        m = matrix(format)
        again = sparse_tensor(stored_indices(m), stored_values(m), SIZES)
        assert_close(as_array(again), array_of())
        doubled = tensor_like(m, stored_values(m) * 2)
        assert get_format(doubled) == format
        assert_close(as_array(doubled), 2 * array_of())


def test_tensor_like_takes_one_number_for_all_entries(backend):
    assert_close(as_array(tensor_like(matrix(), 3)), 3 * (array_of() != 0))


def test_no_entries_at_all(backend):
    for format in FORMATS:
        m = sparse_tensor(None, tensor(1.0), SIZES, format=format)
        assert_close(as_array(m), np.zeros((4, 4)))
        assert_close((m @ tensor(NUMBERS[:4], spatial("x"))).numpy("x"), np.zeros(4))
        assert_close(sum(m, "~x").numpy("x"), np.zeros(4))


def test_bad_indices_are_refused():
    values = wrap([1.0], instance("e"))
    with pytest.raises(ValueRangeError, match="Index 4 is out of range for '~x' of size 4"):
        sparse_tensor(wrap([[0, 4]], instance("e"), channel(index="x,~x")), values, SIZES)
    with pytest.raises(LabelError, match="labelled with the dimensions"):
        sparse_tensor(wrap([[0, 3]], instance("e"), channel(index="x,~y")), values, SIZES)
    indices = wrap([[0, 3], [1, 1]], instance("e"), channel(index="x,~x"))
    with pytest.raises(ShapeError, match="2 indices, but 1 values"):
        sparse_tensor(indices, values, SIZES)
    with pytest.raises(NotSupported, match="no format 'bsr'"):
        to_format(values, "bsr")


def test_renaming_rows_to_columns_transposes_without_moving(backend):
    m = matrix("csr")
    transposed = rename_dims(m, "x,~x", dual("x") & spatial("x"))
    assert get_format(transposed) == "csc"
    assert_close(as_array(transposed), array_of().T)
    assert_close(as_array(transposed + m), array_of().T + array_of())


def test_printing_shows_few_elements_or_counts_entries(backend):
    assert "csr, 5 entries" in repr(matrix())
    indices = wrap([[5, 7]], instance("e"), channel(index="x,~x"))
    large = sparse_tensor(indices, 1.0, spatial(x=10**6) & dual(x=10**6))
    assert "coo, 1 entries" in repr(large)


def test_pickling_keeps_the_format():
    for format in FORMATS:
        again = pickle.loads(pickle.dumps(matrix(format)))
        assert get_format(again) == format
        assert_close(as_array(again), array_of())
