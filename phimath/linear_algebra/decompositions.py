"""Decompositions of matrices, which list rows along ordinary and columns along dual dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.broadcast import Signature
from phimath.dimension import Dim, channel, dual
from phimath.dtype import DEFAULT_INT, complex_dtype, float_dtype
from phimath.errors import ShapeError
from phimath.shape import Shape, concat_shapes
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.shape import DimFilter


def _matrix(matrix: Tensor, rows: Shape, columns: Shape) -> tuple[Native, Backend[Any], Shape]:
    """Native (…, rows, columns) of floating type, and the dimensions in front."""
    dtype = complex_dtype() if matrix.dtype.kind == "complex" else float_dtype()
    dense = matrix.cast(dtype).dense()
    front = dense.shape.without(rows).without(columns)
    native = dense.stored_in((*front.names, *rows.names, *columns.names))
    sizes = (*front.int_sizes, rows.volume, columns.volume)
    return dense.backend.reshape(native, sizes), dense.backend, front


def _rows_and_columns(matrix: Tensor) -> tuple[Shape, Shape]:
    columns = matrix.shape.dual
    if not columns:
        raise ShapeError(
            f"A matrix lists its columns along dual dimensions, but {matrix.shape} has none."
        )
    names = [name.removeprefix("~") for name in columns.names]
    matched = all(name in matrix.shape for name in names)
    rows = matrix.shape.resolve(names) if matched else matrix.shape.primal or matrix.shape.channel
    return rows, columns


def _dense(native: Native, backend: Backend[Any], shape: Shape) -> Dense:
    stored = Signature(backend, backend.dtype(native), shape.sorted_by_type(), shape)
    return Dense(backend.reshape(native, shape.int_sizes), stored)


def eigenvalues(matrix: Tensor, eigen_dim: Shape = channel("eigenvalues")) -> Tensor:
    """Complex eigenvalues of a square matrix, in no particular order.

    Args:
        matrix: columns along dual dimensions, rows along those of the same names, else along all
            spatial and instance dimensions.
        eigen_dim: lists the eigenvalues.

    Raises:
        ShapeError: there are no dual dimensions, or the matrix isn't square.
    """
    rows, columns = _rows_and_columns(matrix)
    if rows.volume != columns.volume:
        raise ShapeError(
            f"Eigenvalues need a square matrix, but {rows} and {columns} have {rows.volume} and "
            f"{columns.volume} elements."
        )
    native, backend, front = _matrix(matrix, rows, columns)
    values = backend.eigenvalues(native)
    return _dense(values, backend, concat_shapes(front, eigen_dim.with_sizes(rows.volume)))


def svd(
    x: Tensor,
    feature_dim: DimFilter = channel,
    list_dim: DimFilter = None,
    latent_dim: Shape = channel("singular"),
) -> tuple[Tensor, Tensor, Tensor]:
    """Singular value decomposition: `x = latent_to_value @ (singular * latents)`.

    Args:
        x: data points along `list_dim`, each of which lists its values along `feature_dim`.
        feature_dim: dimensions of the values.
        list_dim: dimensions of the data points; all others but batch dimensions by default.
        latent_dim: lists the singular values; with a size, only that many are kept.

    Returns: latents `(list_dim, latent_dim)`, singular values in descending order, and
        `latent_to_value (feature_dim, ~latent_dim)`.
    Signs of the latents are those of the framework.
    """
    columns = x.shape.resolve(feature_dim)
    rows = x.shape.non_batch.without(columns) if list_dim is None else x.shape.resolve(list_dim)
    if not rows or not columns:
        raise ShapeError(
            f"svd() needs dimensions for points and for values, but finds {rows} and {columns} in "
            f"{x.shape}."
        )
    native, backend, front = _matrix(x, rows, columns)
    u, s, vh = backend.svd(native)
    latent = latent_dim.single
    available = min(rows.volume, columns.volume)
    kept = latent.size if isinstance(latent.size, int) else available
    if kept > available:
        raise ShapeError(
            f"Only {available} singular values exist, not {kept}. Leave the size of "
            f"'{latent.name}' out."
        )
    ahead, all_of, some = (slice(None),) * front.rank, slice(None), slice(0, kept)
    u = backend.get(u, (*ahead, all_of, some))
    s = backend.get(s, (*ahead, some))
    vh = backend.get(vh, (*ahead, some, all_of))
    listed = Shape(Dim.make(latent.name, latent.type, kept, None))
    back = Shape(Dim.make(latent.name, dual, kept, None))
    return (
        _dense(u, backend, concat_shapes(front, rows, listed)),
        _dense(s, backend, concat_shapes(front, listed)),
        _dense(vh, backend, concat_shapes(front, back, columns)),
    )


def matrix_rank(matrix: Tensor) -> Tensor:
    """Number of singular values above rounding errors, int64.

    Args:
        matrix: columns along dual dimensions; the precision of the context decides what counts as
            zero.
    """
    rows, columns = _rows_and_columns(matrix)
    native, backend, front = _matrix(matrix, rows, columns)
    _, values, _ = backend.svd(native)
    singular = _dense(
        values, backend, concat_shapes(front, channel(_singular=min(rows.volume, columns.volume)))
    )
    epsilon = 2.0 ** -(52 if float_dtype().bits == 64 else 23)
    axis = front.rank
    largest = backend.max(singular.stored_native, (axis,))
    tolerance = Dense(largest, Signature(backend, singular.dtype, front)) * (
        epsilon * max(rows.volume, columns.volume)
    )
    above = (singular > tolerance).cast(DEFAULT_INT).dense()
    return Dense(
        backend.sum(above.stored_in((*front.names, "_singular")), (axis,)),
        Signature(backend, DEFAULT_INT, front),
    )
