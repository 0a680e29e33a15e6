"""Sparse matrices on their way to the host, and functions there of them and of vectors."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.pattern import CompressedRows
from phimath.dtype import precision_bits, promote
from phimath.shape import Shape
from phimath.solve.host.kinds import wide
from phimath.sparse import DenseMatrix, Sparse, SparseMatrix, WrappedOperator
from phimath.sparse.compressed import Compressed
from phimath.sparse.pattern import entries_dim
from phimath.tensor import dense_of
from phimath.transform.host.call import HostOperation
from phimath.transform.host.tree import ArrayForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.sparse import LinearOperator
    from phimath.tensor import Tensor


def has_entries(operator: LinearOperator) -> bool:
    """Whether the operator is a matrix whose positions of entries are known."""
    if isinstance(operator, WrappedOperator):
        return has_entries(operator.operator)
    if isinstance(operator, SparseMatrix):
        return operator.matrix.pattern.is_constant
    return isinstance(operator, DenseMatrix)


def stored_matrix(operator: LinearOperator) -> SparseMatrix | None:
    """The operator as a sparse matrix; `None` if it has no entries, or nobody knows where."""
    if not has_entries(operator):
        return None
    if isinstance(operator, WrappedOperator):
        return stored_matrix(operator.operator)
    if isinstance(operator, DenseMatrix):
        return _with_all_entries(operator)
    assert isinstance(operator, SparseMatrix)
    return operator


def _with_all_entries(operator: DenseMatrix) -> SparseMatrix:
    matrix, rows, columns = operator.matrix, operator.row_dims, operator.column_dims
    duals = Shape(*(matrix.shape.dim(name) for name in operator.dual_names))
    others = matrix.shape.without((*rows.names, *duals.names))
    dense = matrix.dense()
    native = dense.stored_in((*others.names, *rows.names, *duals.names))
    pattern = _all_entries(rows.volume, columns.volume)
    native = dense.backend.reshape(native, (*others.int_sizes, pattern.entries))
    listing = Shape(*others.dims, entries_dim(pattern.entries))
    values = dense_of(native, dense.backend, listing)
    return SparseMatrix(Sparse(Compressed(rows, duals, pattern), values), rows, columns)


@lru_cache(maxsize=64)
def _all_entries(rows: int, columns: int) -> CompressedRows:
    pointers = np.arange(rows + 1, dtype=np.int64) * columns
    return CompressedRows(columns, pointers, np.tile(np.arange(columns), rows))


def called_on_host(
    matrix: SparseMatrix,
    b: Tensor,
    function: Callable[[CompressedRows, NDArray[Any], NDArray[Any]], NDArray[Any]],
) -> Tensor:
    """Columns of x that a function gives for pattern, values and columns of b (rows, n).

    The columns are of double precision.  It is called once for each of the matrices; other
    dimensions of b list columns.
    """
    examples, pattern = matrix.others, matrix.pattern
    b = b.expanded(matrix.row_dims)
    given = b.shape.without(examples)
    rest = given.without(matrix.rows)
    order = tuple(given.position(name) for name in (*matrix.rows, *rest.names))
    dtype = promote(matrix.matrix.dtype, b.dtype, bits=precision_bits())
    form = ArrayForm(Shape(*matrix.column_dims.dims, *rest.dims), dtype)

    def run(values: NDArray[Any], right: NDArray[Any]) -> list[NDArray[Any]]:
        columns = right.transpose(order).reshape(pattern.rows, -1)
        found = function(pattern, values, wide(columns))
        return [found.reshape(form.shape.int_sizes).astype(dtype.name)]

    call = HostOperation(run, (form,), examples, reports_errors=False)
    return call((matrix.values, b))[0]
