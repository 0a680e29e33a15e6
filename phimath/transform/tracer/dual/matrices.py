"""Matrices (…, rows, columns) of one backend with the operations of their derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from phimath.transform.tracer.dual.values import Value


def times(*matrices: Value) -> Value:
    """Product of matrices."""
    result = matrices[0]
    for matrix in matrices[1:]:
        backend = result.on.backend
        result = result.on.of(backend.matmul(result.native, matrix.native))
    return result


def adjoint(a: Value) -> Value:
    """Conjugate transpose."""
    backend = a.on.backend
    rank = len(backend.sizes(a.native))
    axes = (*range(rank - 2), rank - 1, rank - 2)
    return conjugate(a.on.of(backend.transpose(a.native, axes)))


def conjugate(a: Value) -> Value:
    """Complex conjugate; real numbers as they are."""
    return a.on.call("conj", a) if _kind(a) == "complex" else a


def real(a: Value) -> Value:
    """Real part as a real array."""
    return a.on.call("real", a) if _kind(a) == "complex" else a


def like(a: Value, matrix: Value) -> Value:
    """The values in the type of a matrix."""
    backend = a.on.backend
    dtype = backend.dtype(matrix.native)
    return a if backend.dtype(a.native) is dtype else a.on.of(backend.cast(a.native, dtype))


def diagonal(a: Value) -> Value:
    """Main diagonals (…, size) of square matrices."""
    backend = a.on.backend
    sizes = backend.sizes(a.native)
    masked = a * constant(np.eye(sizes[-1]), a)
    return a.on.of(backend.sum(masked.native, (len(sizes) - 1,)))


def row(a: Value) -> Value:
    """Vectors (…, size) as rows (…, 1, size), which vary along the columns of a matrix."""
    rank = len(a.on.backend.sizes(a.native))
    return a.on.of(a.on.backend.expand_dims(a.native, (rank - 1,)))


def column(a: Value) -> Value:
    """Vectors (…, size) as columns (…, size, 1), which vary along the rows of a matrix."""
    rank = len(a.on.backend.sizes(a.native))
    return a.on.of(a.on.backend.expand_dims(a.native, (rank,)))


def constant(array: np.ndarray, like: Value) -> Value:
    """Constant of the type and on the device of a value."""
    backend = like.on.backend
    cast = array.astype(backend.dtype(like.native).name)
    return like.on.of(backend.from_numpy(cast, backend.device(like.native)))


def flags(array: np.ndarray, like: Value) -> Value:
    """Boolean constant on the device of a value."""
    backend = like.on.backend
    return like.on.of(backend.from_numpy(array, backend.device(like.native)))


def size(a: Value, axis: int) -> int:
    """Number of rows (-2) or columns (-1)."""
    return a.on.backend.sizes(a.native)[axis]


def columns(a: Value, part: slice) -> Value:
    """Some columns."""
    backend = a.on.backend
    rank = len(backend.sizes(a.native))
    return a.on.of(backend.get(a.native, (*(slice(None),) * (rank - 1), part)))


def inverse_gaps(values: Value) -> Value:
    """1 / (vⱼ − vᵢ) in row i and column j, zero on the diagonal; infinite for equal values."""
    on = values.on
    unit = flags(np.eye(size(values, -1), dtype=bool), values)
    gaps = row(values) - column(values)
    return on.where(unit, 0, 1 / on.where(unit, 1, gaps))


def _kind(a: Value) -> str:
    return a.on.backend.dtype(a.native).kind
