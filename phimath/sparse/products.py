"""Products with sparse tensors, summed over pairs of dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from phimath.backend.discovery import combine
from phimath.backend.pattern import CompressedRows, compressed, index_type, ordered
from phimath.broadcast import Signature
from phimath.dimension import Dim, batch
from phimath.dtype import BOOL, DEFAULT_INT, precision_bits, promote
from phimath.errors import NotSupported
from phimath.reduce import sum as sum_of
from phimath.shape import Shape, merge_shapes
from phimath.sparse.compressed import Compressed
from phimath.sparse.coordinate import coordinates_of_keys
from phimath.sparse.pattern import (
    ENTRIES,
    ConstantPattern,
    entries_dim,
    integers_like,
    representative,
)
from phimath.sparse.patterns import by_rows, coalesced, constant
from phimath.sparse.segments import chosen, summed_at
from phimath.sparse.tensor import RULES, Sparse
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

Names = tuple[str, ...]


def contract(x: Sparse, names: Names, other: Tensor, other_names: Names) -> Tensor:
    """Product, summed over pairs of dimensions, which agree in sizes and labels.

    Other dimensions of both are matched by name.
    """
    if isinstance(other, Stacked):
        if other.along in other_names:
            other = other.dense()
        elif other.along in x.shape:
            pairs = zip(x.unstacked(other.along), other.components, strict=True)
            parts = [_contracted(one, names, part, other_names) for one, part in pairs]
            return Stacked(parts, other.dim)
        else:
            return other.map(lambda part: contract(x, names, part, other_names))
    return _contracted(x, names, other, other_names)


def _contracted(x: Tensor, names: Names, other: Tensor, other_names: Names) -> Tensor:
    assert isinstance(x, Sparse)
    if isinstance(other, Sparse):
        return _of_two(x, names, other, other_names)
    kept = other.shape.without(other_names)
    matrix = _as_matrix(x, names)
    if matrix is None or any(name in kept for name in matrix.rows.names):
        return _entry_by_entry(x, names, other, other_names)
    paired = dict(zip(names, other_names, strict=True))
    return _times_dense(matrix, other.dense(), tuple(paired[n] for n in matrix.columns.names))


class _Matrix(NamedTuple):
    """A sparse tensor as a matrix whose columns are contracted.

    values: of the entries in the order of the pattern.
    """

    rows: Shape
    columns: Shape
    pattern: CompressedRows
    values: Tensor


def _as_matrix(x: Sparse, names: Names) -> _Matrix | None:
    """`None` if only some of the columns are contracted, or the pattern isn't known."""
    if not isinstance(x.pattern, ConstantPattern) or not names:
        return None
    is_by_columns = set(names) == set(x.pattern.columns.names)
    if not is_by_columns and set(names) != set(x.pattern.rows.names):
        return None
    x = coalesced(x)
    pattern = constant(x.pattern)
    matrix, order = by_rows(pattern)
    if is_by_columns:
        values = x.values if order is None else chosen(x.values, order)
        return _Matrix(pattern.rows, pattern.columns, matrix, values)
    transposed, by_columns = matrix.transposed
    entries = by_columns if order is None else order[by_columns]
    return _Matrix(pattern.columns, pattern.rows, transposed, chosen(x.values, entries))


def _times_dense(matrix: _Matrix, x: Dense, names: Names) -> Dense:
    """names: dimensions of `x` that stand for the columns, in their order."""
    values = matrix.values.dense()
    stored = [n for n in values.signature.stored.names if n != ENTRIES]
    others = [n for n in x.signature.stored.names if n not in names]
    batched = [*(n for n in stored if n in others), *(n for n in stored if n not in others)]
    free = [n for n in others if n not in stored]
    dtype = promote(values.dtype, x.dtype, bits=precision_bits())
    dtype = DEFAULT_INT if dtype is BOOL else dtype
    backend = combine([values.backend, x.backend])
    shape = merge_shapes(matrix.rows, values.shape.without(ENTRIES), x.shape.without(names))
    kept = Shape(*(shape.dim(n) for n in (*batched, *matrix.rows.names, *free)))
    count, channels = kept.only(batched).volume, kept.only(free).volume
    present = [n for n in batched if n in x.shape]
    x = x.cast(dtype).expanded(kept.only(batched).without(present)).dense()
    factors = (
        backend.adopt(values.backend, values.cast(dtype).dense().stored_in((*batched, ENTRIES))),
        backend.adopt(x.backend, x.stored_in((*batched, *names, *free))),
    )
    product = backend.sparse_matmul(
        matrix.pattern,
        backend.reshape(factors[0], (count, matrix.pattern.entries)),
        backend.reshape(factors[1], (count, matrix.pattern.columns, channels)),
    )
    native = backend.reshape(product, kept.int_sizes)
    return Dense(native, Signature(backend, dtype, shape, kept))


def _entry_by_entry(x: Sparse, names: Names, other: Tensor, other_names: Names) -> Tensor:
    """Multiply all entries with what they meet, then add up."""
    summed = [Dim(f"_summed{i}", batch, x.shape.get_size(n), None) for i, n in enumerate(names)]
    shapes = []
    for shape, old in ((x.shape, names), (other.shape, other_names)):
        new = dict(zip(old, summed, strict=True))
        shapes.append(Shape(*(new.get(dim.name, dim) for dim in shape.dims)))
    product = x.with_shape(shapes[0]) * other.with_shape(shapes[1])
    return sum_of(product, Shape(*summed))


# --- products of two sparse tensors ---


def _of_two(x: Sparse, names: Names, other: Sparse, other_names: Names) -> Tensor:
    left, right = coalesced(x), coalesced(other)
    first, second = constant(left.pattern), constant(right.pattern)
    rows = first.dims.without(names)
    columns = second.dims.without(other_names)
    are_sparse = set(names) <= set(first.dims.names) and set(other_names) <= set(second.dims.names)
    if not are_sparse or any(name in columns for name in rows.names):
        raise NotSupported(
            f"The product of two sparse tensors of shapes {x.shape} and {other.shape} needs sums "
            "over sparse dimensions, and different names of those that stay. Rename one, e.g. "
            "rename_dims(b, '~x', '~z'), or use dense(b)."
        )
    inner = Shape(*(first.dims.dim(name) for name in names)).volume
    a = _pairs_side(first, rows.names, names, rows.volume, inner)
    b = _pairs_side(second, other_names, columns.names, inner, columns.volume)
    pairs = _pairs(a[0], b[0])
    entries = [
        index if order is None else order[index]
        for index, (_, order) in zip(pairs, (a, b), strict=True)
    ]
    products = chosen(left.values, entries[0]) * chosen(right.values, entries[1])
    keys, places, _ = ordered(columns.volume, a[0].row_of_entry[pairs[0]], b[0].indices[pairs[1]])
    position = integers_like(places, representative(products))
    values = summed_at(products, position, Shape(entries_dim(len(keys))))
    if not rows and not columns:
        return sum_of(values, ENTRIES)
    are_compressed = isinstance(first, Compressed) and isinstance(second, Compressed)
    if are_compressed and rows and columns:
        matrix = compressed(rows.volume, columns.volume, keys)
        return Sparse(Compressed(rows, columns, matrix), values)
    return Sparse(coordinates_of_keys(rows, columns, keys), values)


def _pairs_side(
    pattern: ConstantPattern, rows: Names, columns: Names, row_count: int, column_count: int
) -> tuple[CompressedRows, NDArray[np.integer] | None]:
    if isinstance(pattern, Compressed) and (rows, columns) == (
        pattern.rows.names,
        pattern.columns.names,
    ):
        return pattern.matrix, None
    keys, _, order = ordered(
        column_count, pattern.host_position(rows), pattern.host_position(columns)
    )
    assert order is not None, "coalesced before"
    return compressed(row_count, column_count, keys), order


def _pairs(
    left: CompressedRows, right: CompressedRows
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Entries of both, by number, whose products make up the product of the matrices."""
    lengths = np.diff(right.pointers)[left.indices]
    total = int(lengths.sum())
    dtype = index_type(total)
    first = np.repeat(np.arange(left.entries, dtype=dtype), lengths)
    begin = np.cumsum(lengths) - lengths
    offset = np.repeat(begin - right.pointers[left.indices], lengths)
    return first, np.arange(total, dtype=dtype) - offset


RULES["contract"] = contract
