"""Formats: what a tensor stores, and how to change that."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from phimath.backend.pattern import index_type
from phimath.errors import NotSupported, ShapeError
from phimath.leaves import as_tensor
from phimath.shape import Shape
from phimath.sparse.compressed import Compressed
from phimath.sparse.coordinate import Coordinates
from phimath.sparse.pattern import grouped_dims
from phimath.sparse.patterns import by_rows, coalesced, constant
from phimath.sparse.segments import chosen
from phimath.sparse.tensor import Sparse, at_entries
from phimath.stacked import Stacked
from phimath.tensor import Tensor
from phimath.tensor_tree import tensors_in, tree_map

FORMATS: Final = ("dense", "coo", "csr", "csc")
"""Names of all formats."""


def get_format(x: Any) -> str:
    """`'dense'`, or how a sparse tensor stores its entries: `'coo'`, `'csr'` or `'csc'`.

    `'mixed'` for stacked tensors of different formats.
    """
    tensor = as_tensor(x)
    if isinstance(tensor, Sparse):
        return tensor.pattern.format
    if isinstance(tensor, Stacked):
        found = {get_format(part) for part in tensor.components}
        return found.pop() if len(found) == 1 else "mixed"
    return "dense"


def is_sparse(x: Tensor) -> bool:
    """Whether a tensor, or a component of a stack, stores some of its elements only."""
    if isinstance(x, Stacked):
        return any(is_sparse(part) for part in x.components)
    return isinstance(x, Sparse)


def get_sparsity(x: Tensor) -> float:
    """Number of stored entries over the number of all: 1 for dense tensors."""
    if not isinstance(x, Sparse):
        return 1.0
    return x.pattern.count / max(x.pattern.dims.volume, 1)


def dense(x: Any) -> Any:
    """Tensor or tree of tensors that store all their elements; dense ones as they are."""

    def filled(tensor: Tensor) -> Tensor:
        if isinstance(tensor, Sparse):
            return tensor.dense()
        return tensor.map(filled) if isinstance(tensor, Stacked) else tensor

    return filled(x) if isinstance(x, Tensor) else tree_map(filled, x) if tensors_in(x) else x


def to_format(x: Any, format: str) -> Any:  # the published name
    """Tensor or tree of tensors in another format.

    Args:
        x: Dense tensors need dual dimensions to become sparse, which are the columns; elements
            that are not zero are stored.  Entries at one position are added up in `'csr'` and
            `'csc'`.
        format: `'dense'`, `'coo'`, `'csr'` or `'csc'`.

    Raises:
        NotSupported: there is no such format, or where a traced tensor is not zero isn't known.
        ShapeError: rows or columns are missing.
    """
    if format not in FORMATS:
        raise NotSupported(f"There is no format '{format}'. Use one of {', '.join(FORMATS)}.")
    if not isinstance(x, Tensor):
        return tree_map(lambda tensor: to_format(tensor, format), x)
    if format == "dense":
        return dense(x)
    if isinstance(x, Stacked) and is_sparse(x):
        return x.map(lambda part: to_format(part, format))
    tensor = x if isinstance(x, Sparse) else from_dense(x)
    if tensor.pattern.format == format:
        return tensor
    if format == "coo":
        pattern = constant(tensor.pattern)
        new = Coordinates(pattern.rows, pattern.columns, pattern.row, pattern.column)
        return Sparse(new, tensor.values)
    return compress(tensor, by_columns=format == "csc")


def compress(tensor: Sparse, *, by_columns: bool = False) -> Sparse:
    """The same tensor with entries sorted by rows or by columns, each position once.

    Raises:
        ShapeError: rows or columns are missing.
    """
    tensor = coalesced(tensor)
    pattern = constant(tensor.pattern)
    if not pattern.rows or not pattern.columns:
        raise ShapeError(
            f"A tensor of shape {tensor.shape} has no {'columns' if pattern.rows else 'rows'}, so "
            "that it can't be csr or csc. Columns are dual dimensions; use the format 'coo'."
        )
    matrix, order = by_rows(pattern)
    rows, columns = pattern.rows, pattern.columns
    is_by_columns = columns.names[0][0] != "~"
    if is_by_columns != by_columns:
        columns, rows = rows, columns
        matrix, exchange = matrix.transposed
        order = exchange if order is None else order[exchange]
    values = tensor.values if order is None else chosen(tensor.values, order)
    return Sparse(Compressed(rows, columns, matrix), values)


def sparse_dims(shape: Shape) -> Shape:
    """Rows and columns of a dense matrix: dual dimensions, and those of the same names.

    Without any of these names, all instance and spatial dimensions are rows.
    """
    columns = shape.dual
    rows = [name for name in shape.names if f"~{name}" in columns]
    return shape.only((*(rows or (*shape.instance.names, *shape.spatial.names)), *columns.names))


def from_dense(tensor: Tensor) -> Sparse:
    """Coordinates of the elements that are not zero, or not zero in any of the other dimensions.

    Raises:
        NotSupported: the values are traced.
    """
    if not tensor.available:
        raise NotSupported(
            "Where a traced tensor is not zero is unknown, so that it can't become sparse. Convert "
            "it outside of the compiled function, or create it by sparse_tensor()."
        )
    dims = sparse_dims(tensor.shape)
    rest = tensor.shape.without(dims).names
    array = tensor.dense().numpy((*dims.names, *rest)) != 0
    mask = array.any(tuple(range(dims.rank, dims.rank + len(rest))))
    rows, columns = grouped_dims(dims.names, dims)
    ordered = mask.transpose([dims.position(name) for name in (*rows.names, *columns.names)])
    row, column = np.nonzero(ordered.reshape(rows.volume, columns.volume))
    pattern = Coordinates(
        rows,
        columns,
        row.astype(index_type(rows.volume)),
        column.astype(index_type(columns.volume)),
    )
    return Sparse(pattern, at_entries(tensor, pattern))
