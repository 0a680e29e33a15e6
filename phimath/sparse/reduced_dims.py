"""Matrices without the dimensions along which they are the same function at each position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.sparse.pattern import ENTRIES, ConstantPattern
from phimath.sparse.tensor import Sparse

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.tensor import Tensor

SAMPLE = 1024


def without_independent(matrix: Sparse) -> Tensor:
    """The matrix without dimensions along which it has equal entries, all on the diagonal.

    A multiple of the identity becomes a number.  Values that are traced are left as they are.
    """
    for dim in matrix.pattern.rows.dims:
        if not isinstance(matrix, Sparse) or not matrix.values.available:
            break
        if f"~{dim.name}" in matrix.pattern.columns:
            reduced = _without(matrix, dim.name)
            matrix = matrix if reduced is None else reduced
    if not matrix.pattern.dims:
        return matrix.values.get({ENTRIES: 0})
    return matrix


def _without(matrix: Sparse, name: str) -> Sparse | None:
    pattern = matrix.pattern
    assert isinstance(pattern, ConstantPattern)
    size = pattern.rows.get_size(name)
    if size != pattern.columns.get_size(f"~{name}") or pattern.count % max(size, 1):
        return None
    if not pattern.count or not _is_diagonal(pattern, name):
        return None
    others = pattern.dims.without((name, f"~{name}"))
    keys = pattern.host_position((name, *others.names)).astype(np.int64)
    order = np.argsort(keys, kind="stable")
    table = keys[order].reshape(size, -1) % max(others.volume, 1)
    starts = keys[order].reshape(size, -1) // max(others.volume, 1)
    if (table != table[0]).any() or (starts != np.arange(size)[:, None]).any():
        return None
    names = (*matrix.values.shape.without(ENTRIES).names, ENTRIES)
    values = matrix.values.numpy(names)[..., order]
    values = values.reshape(*values.shape[:-1], size, -1)
    if (values != values[..., :1, :]).any():
        return None
    part = matrix.get({name: 0, f"~{name}": 0})
    assert isinstance(part, Sparse)
    return part


def _is_diagonal(pattern: ConstantPattern, name: str) -> bool:
    """Whether entries couple equal positions only; few are looked at first."""
    few = min(pattern.count, SAMPLE)
    for count in (few, pattern.count):
        row, column = pattern.row[:count], pattern.column[:count]
        here = _component(row, pattern.rows, name)
        if (here != _component(column, pattern.columns, f"~{name}")).any():
            return False
    return True


def _component(position: np.ndarray, group: Shape, name: str) -> np.ndarray:
    place = group.position(name)
    below = int(np.prod(group.int_sizes[place + 1 :]))
    return position // below % group.int_sizes[place]
