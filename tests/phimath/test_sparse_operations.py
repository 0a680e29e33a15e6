"""Operations on sparse tensors: elementwise, parts, reductions and diagonals.

What a sparse tensor gives is compared with what the dense tensor of the same elements gives.
"""

from __future__ import annotations

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
)
from phimath.errors import NotSupported, ShapeError
from phimath.sparse import (
    get_format,
    is_sparse,
    stored_values,
    to_format,
    with_diagonal,
)
from phimath.sparse.diagonal import diagonal
from tests.phimath.sparse_examples import NUMBERS, array_of, as_array, assert_close, matrix

FORMATS = ("coo", "csr", "csc")
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


@pytest.mark.parametrize("format", [*FORMATS, "dense"])
def test_fractions_on_the_diagonal_of_integers_stay_fractions(backend, format):
    integers = np.array([1, -2, 3, 4, 5])
    changed = with_diagonal(to_format(matrix(numbers=integers), format), 0.5)
    expected = array_of(numbers=integers).astype(float)
    np.fill_diagonal(expected, 0.5)
    assert_close(as_array(changed), expected)


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
