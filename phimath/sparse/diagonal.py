"""Diagonals of square matrices, dense or sparse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.pattern import index_type
from phimath.dims import unpack_tensor
from phimath.elementwise import where
from phimath.errors import ShapeError
from phimath.leaves import as_tensor
from phimath.shape import Shape
from phimath.sparse.coordinate import Coordinates, TracedCoordinates
from phimath.sparse.formats import to_format
from phimath.sparse.pattern import entries_dim, integers_like, representative
from phimath.sparse.patterns import constant
from phimath.sparse.segments import chosen, summed_at
from phimath.sparse.tensor import Sparse, at_entries
from phimath.take import take_packed
from phimath.tensor import dense_of

if TYPE_CHECKING:
    from phimath.tensor import Tensor


def square_dims(shape: Shape) -> tuple[Shape, Shape]:
    """Rows and columns of a square matrix: the dual dimensions, and those of the same names.

    Raises:
        ShapeError: there are no dual dimensions, or a row is missing or of another size.
    """
    columns = shape.dual
    names = [name.removeprefix("~") for name in columns.names]
    missing = [name for name in names if name not in shape]
    if not columns or missing:
        what = f"no dimension '{missing[0]}'" if missing else "no dual dimensions"
        raise ShapeError(
            f"A tensor of shape {shape} is no square matrix: it has {what}. Columns are dual "
            "dimensions named like the rows, e.g. spatial('x') & dual('x'); rename_dims() first."
        )
    rows = Shape(*(shape.dim(name) for name in names))
    for row, column in zip(rows.dims, columns.dims, strict=True):
        if row.size != column.size:
            raise ShapeError(
                f"A matrix with {row.size} rows along '{row.name}' and {column.size} columns is "
                "not square. Slice it first."
            )
    return rows, columns


def diagonal(matrix: Tensor) -> Tensor:
    """Elements in row i and column i of a square matrix; along the rows.

    Raises:
        ShapeError: the matrix is not square.
    """
    rows, columns = square_dims(matrix.shape)
    if isinstance(matrix, Sparse):
        return _of_sparse(matrix, rows, columns)
    listing = entries_dim(rows.volume)
    numbers = np.arange(rows.volume, dtype=np.int64) * (rows.volume + 1)
    position = integers_like(numbers, representative(matrix))
    taken = take_packed(matrix, position, Shape(*rows.dims, *columns.dims))
    return unpack_tensor(taken, listing.name, rows)


def _of_sparse(matrix: Sparse, rows: Shape, columns: Shape) -> Tensor:
    pattern, like = matrix.pattern, representative(matrix.values)
    if isinstance(pattern, TracedCoordinates):
        row, column = (pattern.position(group.names, like) for group in (rows, columns))
        return summed_at(where(row == column, matrix.values, 0), row, rows)
    known = constant(pattern)
    row, column = known.host_position(rows.names), known.host_position(columns.names)
    entries = np.flatnonzero(row == column)
    return summed_at(chosen(matrix.values, entries), integers_like(row[entries], like), rows)


def with_diagonal(matrix: Tensor, values: Any, check_square: bool = True) -> Tensor:
    """Copy of a square matrix with other elements on its diagonal.

    values: along the rows, or one number for all.
    check_square: `True`; other matrices have no diagonal here.

    Raises:
        ShapeError: the matrix is not square.
    """
    del check_square
    rows, columns = square_dims(matrix.shape)
    values = as_tensor(values).expanded(rows)
    if not isinstance(matrix, Sparse):
        like = representative(matrix)
        unit = np.eye(rows.volume, dtype=bool).reshape(*rows.int_sizes, *columns.int_sizes)
        native = like.backend.from_numpy(unit, like.device)
        mask = dense_of(native, like.backend, Shape(*rows.dims, *columns.dims))
        return where(mask, values, matrix)
    pattern = constant(matrix.pattern)
    number = np.arange(rows.volume, dtype=index_type(rows.volume))
    unit = Coordinates(rows, columns, number, number)
    off = np.flatnonzero(pattern.host_position(rows.names) != pattern.host_position(columns.names))
    rest = Coordinates(pattern.rows, pattern.columns, pattern.row[off], pattern.column[off])
    changed = Sparse(rest, chosen(matrix.values, off)) + Sparse(unit, at_entries(values, unit))
    return to_format(changed, pattern.format)
