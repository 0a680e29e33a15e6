"""Sparse tensors: creation, formats, elementwise operations, parts and reductions.

What a sparse tensor gives is compared with what the dense tensor of the same elements gives.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.sparse

from phimath import all as all_of
from phimath import any as any_of
from phimath import (
    batch,
    channel,
    concat,
    dual,
    expand,
    instance,
    max,
    mean,
    min,
    precision,
    rename_dims,
    spatial,
    stack,
    sum,
    tensor,
    where,
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
    with_diagonal,
)
from phimath.sparse.diagonal import diagonal
from phimath.testing.assertions import assert_close as assert_equal_arrays

FORMATS = ("coo", "csr", "csc")
POSITIONS = np.array([[3, 0], [0, 2], [2, 1], [0, 0], [2, 3]])
NUMBERS = np.array([1.0, -2.0, 3.0, 4.0, 0.5])
SIZES = spatial(x=4) & dual(x=4)


def array_of(positions=POSITIONS, numbers=NUMBERS):
    """The matrix by SciPy."""
    return scipy.sparse.coo_array((numbers, positions.T), (4, 4)).toarray()


def matrix(format="csr", positions=POSITIONS, numbers=NUMBERS):
    indices = wrap(positions, instance("e"), channel(index="x,~x"))
    return sparse_tensor(indices, tensor(numbers, instance("e")), SIZES, format=format)


def as_array(t):
    return t.numpy("x,~x")


def assert_close(found, expected):
    assert_equal_arrays(found, np.asarray(expected), rtol=1e-5)


# --- creation and formats ---


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


# --- elementwise ---


@pytest.mark.parametrize("format", FORMATS)
def test_operations_that_preserve_zero_stay_sparse(backend, format):
    m, d = matrix(format), array_of()
    row = np.arange(4.0) + 1
    rows = row[:, None]
    r, c = tensor(row, spatial("x")), tensor(row, dual("x"))
    cases = [
        (-m, -d), (abs(m), abs(d)), (m * 2, 2 * d), (2 * m, 2 * d), (m / 2, d / 2), (m**2, d**2),
        (m * r, d * rows), (r * m, d * rows), (m * c, d * row), (m / r, d / rows),
        (m + m, 2 * d), (m - m, 0 * d), (m * m, d * d), (m > 1, d > 1), (m + 0, d),
        (where(m > 0, m, 0), np.where(d > 0, d, 0)),
        (where(r > 2, m, 0), np.where(rows > 2, d, 0)),
    ]  # fmt: skip
    for found, expected in cases:
        assert get_format(found) == format
        assert_close(as_array(found), expected)


def test_sums_of_different_patterns_have_the_entries_of_both(backend):
    other = np.array([[0, 0], [1, 1], [3, 0]])
    a, b = array_of(), scipy.sparse.coo_array(([7.0, 8.0, 9.0], other.T), (4, 4)).toarray()
    for first in FORMATS:
        for second in FORMATS:
            m, n = matrix(first), matrix(second, other, np.array([7.0, 8.0, 9.0]))
            assert_close(as_array(m + n), a + b)
            assert_close(as_array(m - n), a - b)
            assert_close(as_array(m * n), a * b)
            assert stored_values(m + n).shape.volume == 6
            assert stored_values(m * n).shape.volume == 2
            assert_close(as_array(where(n > 7, m, n)), np.where(b > 7, a, b))


def test_what_would_be_dense_is_refused(backend):
    m = matrix()
    for operation in (lambda: m + 1, lambda: m == 0, lambda: 2**m, lambda: m <= 0, lambda: 1 / m):
        with pytest.raises(NotSupported, match="would be dense"):
            operation()
    with pytest.raises(NotSupported, match="would be dense"):
        m + tensor([1.0, 2.0, 3.0, 4.0], spatial("x"))


def test_a_dense_operand_of_the_same_size_makes_the_result_dense(backend):
    d = tensor(np.ones((4, 4)), spatial("x"), dual("x"))
    assert get_format(matrix() + d) == "dense"
    assert_close(as_array(matrix() + d), array_of() + 1)
    assert get_format(matrix() * d) == "csr"


def test_duplicates_are_added_up_before_nonlinear_functions(backend):
    twice = np.array([[0, 1], [0, 1], [2, 2]])
    m = matrix("coo", twice, np.array([1.0, -3.0, 2.0]))
    assert_close(as_array(abs(m)), abs(array_of(twice, np.array([1.0, -3.0, 2.0]))))
    assert stored_values(m * 2).shape.volume == 3


def test_zeros_that_are_not_stored_stay_zero(backend):
    infinite = tensor(np.full(4, np.inf), spatial("x"))
    product = as_array(matrix() * infinite)
    assert np.array_equal(product == 0, array_of() == 0)


def test_new_dimensions_of_operands_become_those_of_values(backend):
    factors = tensor([[1.0, 2.0], [3.0, 4.0]], batch("b"), channel("c"))
    product = matrix() * factors
    assert product.shape.volume == 64
    assert_close(as_array(product.b[1].c[0]), 3 * array_of())
    lazily = expand(matrix(), batch(b=3))
    assert_close(as_array(lazily.b[2]), array_of())


def test_results_have_the_precision_of_the_context(backend):
    m = matrix()
    assert (m * 2.0).dtype.name == "float32"
    with precision(64):
        assert (m * 2.0).dtype.name == "float64"


# --- parts ---

PARTS = [
    0,
    2,
    -1,
    slice(1, 3),
    slice(None, None, -1),
    slice(None, None, 2),
    slice(3, 0, -2),
    slice(4, 4),
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("part", PARTS, ids=str)
def test_slices_are_those_of_the_array(backend, format, part):
    m, d = matrix(format), array_of()
    assert_close(m[{"~x": part}].numpy("x" if isinstance(part, int) else "x,~x"), d[:, part])
    assert_close(m.x[part].numpy("~x" if isinstance(part, int) else "x,~x"), d[part])
    if not isinstance(part, int):
        assert get_format(m.x[part]) == format
        assert_close(as_array(m[{"x": part, "~x": part}]), d[part][:, part])


def test_slices_of_several_rows_and_columns(backend):
    generator = np.random.default_rng(0)
    d = generator.random((3, 4, 2, 5)) * (generator.random((3, 4, 2, 5)) < 0.3)
    m = to_format(tensor(d, spatial("x,y"), dual("u,v")), "csr")
    assert_close(m.x[1].numpy("y,~u,~v"), d[1])
    assert_close(m.y[::-2].numpy("x,y,~u,~v"), d[:, ::-2])
    assert_close(m[{"~v": slice(1, 4), "x": 2}].numpy("y,~u,~v"), d[2, :, :, 1:4])
    assert_close(m[{"~u": 1, "~v": 0}].numpy("x,y"), d[:, :, 1, 0])


@pytest.mark.parametrize("format", FORMATS)
def test_lists_of_positions_select_rows_and_columns(backend, format):
    m, d = matrix(format), array_of()
    for positions in ([2, 0], [3, 3, 1], [1]):
        assert_close(as_array(m.x[positions]), d[positions])
        assert_close(as_array(m[{"~x": positions}]), d[:, positions])
        assert is_sparse(m.x[positions])


def test_joined_rows_and_stacks(backend):
    m, d = matrix(), array_of()
    joined = concat([m, m.x[1:], 2 * m], "x")
    assert get_format(joined) == "csr"
    assert_close(as_array(joined), np.concatenate([d, d[1:], 2 * d]))
    columns = concat([m, matrix("coo")], "~x")
    assert_close(as_array(columns), np.concatenate([d, d], 1))
    stacked = stack([m, 2 * m], batch("b"))
    assert is_sparse(stacked)
    assert_close(stacked.numpy("b,x,~x"), np.stack([d, 2 * d]))
    assert_close((stacked * 2).b[1].numpy("x,~x"), 4 * d)


# --- reductions ---


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("reduction", [sum, mean, max, min], ids=lambda f: f.__name__)
def test_reductions_count_zeros_that_are_not_stored(backend, format, reduction):
    for numbers in (NUMBERS, -abs(NUMBERS), abs(NUMBERS)):
        m, d = matrix(format, numbers=numbers), array_of(numbers=numbers)
        reduce = getattr(np, reduction.__name__)
        assert_close(reduction(m, "~x").numpy("x"), reduce(d, 1))
        assert_close(reduction(m, "x").numpy("~x"), reduce(d, 0))
        assert_close(reduction(m).numpy(), reduce(d))


def test_any_and_all_of_a_sparse_condition(backend):
    full = tensor([[1.0, 2.0], [0.0, 3.0]], spatial("x"), dual("x"))
    condition = to_format(full, "csr") > 0
    assert_close(any_of(condition, "~x").numpy("x"), [True, True])
    assert_close(all_of(condition, "~x").numpy("x"), [True, False])
    assert not bool(all_of(condition))


def test_sums_over_some_rows_stay_sparse(backend):
    generator = np.random.default_rng(1)
    d = generator.random((3, 4, 5)) * (generator.random((3, 4, 5)) < 0.3)
    m = to_format(tensor(d, spatial("x,y"), dual("u")), "csr")
    assert is_sparse(sum(m, "x"))
    assert_close(sum(m, "x").numpy("y,~u"), d.sum(0))
    assert_close(mean(m, "y").numpy("x,~u"), d.mean(1))
    assert_close(sum(m, "x,~u").numpy("y"), d.sum((0, 2)))
    with pytest.raises(NotSupported, match="no max"):
        max(m, "x")


def test_reductions_over_dimensions_of_values_stay_sparse(backend):
    m = matrix() * tensor([1.0, -2.0], channel("c"))
    assert_close(as_array(sum(m, "c")), -array_of())
    assert_close(as_array(max(m, "c")), np.maximum(array_of(), -2 * array_of()))
    assert_close(sum(m, "c,~x").numpy("x"), -array_of().sum(1))


# --- diagonals ---


@pytest.mark.parametrize("format", [*FORMATS, "dense"])
def test_diagonals_are_read_and_replaced(backend, format):
    m, d = to_format(matrix(), format), array_of()
    assert_close(diagonal(m).numpy("x"), np.diag(d))
    new = np.array([1.0, 0.0, -2.0, 3.0])
    changed = with_diagonal(m, tensor(new, spatial("x")))
    assert get_format(changed) == format
    assert_close(as_array(changed), d - np.diag(np.diag(d)) + np.diag(new))
    assert_close(as_array(with_diagonal(m, 2)), d - np.diag(np.diag(d)) + 2 * np.eye(4))


def test_diagonals_of_several_rows_and_columns(backend):
    generator = np.random.default_rng(2)
    d = generator.random((3, 2, 3, 2)) * (generator.random((3, 2, 3, 2)) < 0.5)
    full = tensor(d, spatial("x,y"), dual("x,y"))
    for m in (full, to_format(full, "csr"), rename_dims(to_format(full, "coo"), "y,~y", "y,~y")):
        assert_close(diagonal(m).numpy("x,y"), np.einsum("xyxy->xy", d))
        found = with_diagonal(m, 1).numpy("x,y,~x,~y")
        assert_close(np.einsum("xyxy->xy", found), np.ones((3, 2)))


def test_only_square_matrices_have_a_diagonal():
    m = matrix()
    with pytest.raises(ShapeError, match="not square"):
        with_diagonal(m.x[1:], 1)
    with pytest.raises(ShapeError, match="no dimension 'x'"):
        diagonal(m.x[1])
