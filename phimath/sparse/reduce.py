"""Reductions of sparse tensors: zeros that are not stored count."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.dtype import INT64, precision_bits
from phimath.elementwise import maximum, minimum, where
from phimath.errors import NotSupported
from phimath.reduce import reduce_tensor, reduced_dtype
from phimath.shape import Shape
from phimath.sparse.coordinate import Coordinates, TracedCoordinates
from phimath.sparse.pattern import ENTRIES, ConstantPattern, representative
from phimath.sparse.patterns import coalesced
from phimath.sparse.segments import summed_at
from phimath.sparse.tensor import RULES, Sparse

if TYPE_CHECKING:
    from phimath.dtype import DType
    from phimath.tensor import Dense, Tensor

Names = tuple[str, ...]


def reduce_sparse(x: Sparse, reduction: str, names: Names) -> Tensor:
    """Sum, mean, largest or smallest value along dimensions; any, all.

    Raises:
        NotSupported: the result would have to be dense.
    """
    x_cast = x.cast(reduced_dtype(reduction, x.dtype, precision_bits()))
    assert isinstance(x_cast, Sparse)
    sparse = tuple(name for name in names if name in x.pattern.dims)
    rest = tuple(name for name in names if name not in sparse)
    if reduction == "mean":
        volume = x.shape.resolve(names).volume
        return reduce_sparse(x_cast, "sum", names) / volume
    if reduction == "sum":
        values = reduce_tensor("sum", x_cast.values, rest) if rest else x_cast.values
        return _summed(x_cast.with_values(values), sparse) if sparse else x.with_values(values)
    unique = coalesced(x_cast)
    if not sparse:
        return unique.with_values(reduce_tensor(reduction, unique.values, rest))
    if reduction not in _WITH_ZEROS:
        raise _no_rule(reduction, x, names)
    kept = x.pattern.dims.without(sparse)
    if _is_matrix(x, kept):
        raise _no_rule(reduction, x, names)
    found = _WITH_ZEROS[reduction](unique, kept)
    return reduce_tensor(reduction, found, rest) if rest else found


def _no_rule(reduction: str, x: Sparse, names: Names) -> NotSupported:
    return NotSupported(
        f"There is no {reduction} of the sparse tensor {x.shape} along {', '.join(names)}. Use "
        f"{reduction}(dense(x), …), or reduce all rows or all columns."
    )


def _is_matrix(x: Sparse, kept: Shape) -> bool:
    """Whether rows and columns are left."""
    return all(any(n in kept for n in group.names) for group in (x.pattern.rows, x.pattern.columns))


def _position(x: Sparse, kept: Shape) -> Dense:
    return x.pattern.position(kept.names, representative(x.values))


def _summed(x: Sparse, names: Names) -> Tensor:
    kept = x.pattern.dims.without(names)
    if not kept:
        return reduce_tensor("sum", x.values, (ENTRIES,))
    if not _is_matrix(x, kept):
        return summed_at(x.values, _position(x, kept), kept)
    pattern = x.pattern
    rows, columns = pattern.rows.without(names), pattern.columns.without(names)
    if isinstance(pattern, ConstantPattern):
        row, column = (pattern.host_position(group.names) for group in (rows, columns))
        return coalesced(Sparse(Coordinates(rows, columns, row, column), x.values))
    positions = (_position(x, group) for group in (rows, columns))
    return Sparse(TracedCoordinates(rows, columns, *positions, is_unique=False), x.values)


def _count(x: Sparse, kept: Shape) -> Tensor:
    """Number of entries at each position of the dimensions that are left."""
    ones = x.values.get(dict.fromkeys(x.values.shape.without(ENTRIES).names, 0))
    return summed_at((ones * 0).cast(INT64) + 1, _position(x, kept), kept)


def _with_zero(x: Sparse, kept: Shape, found: Tensor, choose: Any) -> Tensor:
    """The value found among entries, compared with zero where not all are stored."""
    volume = x.pattern.dims.without(kept).volume
    return where(_count(x, kept) < volume, choose(found, 0), found)


def _largest(x: Sparse, kept: Shape) -> Tensor:
    found = summed_at(x.values, _position(x, kept), kept, "max", _limit(x.dtype, -1))
    return _with_zero(x, kept, found, maximum)


def _smallest(x: Sparse, kept: Shape) -> Tensor:
    found = summed_at(x.values, _position(x, kept), kept, "min", _limit(x.dtype, 1))
    return _with_zero(x, kept, found, minimum)


def _limit(dtype: DType, sign: int) -> float | int:
    if dtype.is_floating:
        return sign * inf
    info = np.iinfo(dtype.name)
    return int(info.max if sign > 0 else info.min)


def _any(x: Sparse, kept: Shape) -> Tensor:
    return summed_at(x.values, _position(x, kept), kept)


def _all(x: Sparse, kept: Shape) -> Tensor:
    true = summed_at(x.values.cast(INT64), _position(x, kept), kept)
    return true == x.pattern.dims.without(kept).volume


_WITH_ZEROS = {"max": _largest, "min": _smallest, "any": _any, "all": _all}

RULES["reduce"] = reduce_sparse
