"""Eager operations in NumPy."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPERATIONS"]


def divergence(velocity: list[np.ndarray], spacing: tuple[float, float]) -> np.ndarray:
    """Flux balance of each cell; components have one more face than cells along their own axis."""
    x, y = velocity
    return (x[1:] - x[:-1]) / spacing[0] + (y[:, 1:] - y[:, :-1]) / spacing[1]


def self_advection(
    velocity: list[np.ndarray], spacing: tuple[float, float], dt: float
) -> list[np.ndarray]:
    """Semi-Lagrangian step of a staggered field on a square between resting walls."""
    x, y = velocity
    # Ghost values along the other axis: the wall lies midway between them and the first values.
    x_ghosts = np.concatenate([-x[:, :1], x, -x[:, -1:]], 1)
    y_ghosts = np.concatenate([-y[:1], y, -y[-1:]], 0)
    x_center = (x_ghosts[1:] + x_ghosts[:-1]) * 0.5
    y_center = (y_ghosts[:, 1:] + y_ghosts[:, :-1]) * 0.5
    x_at_y = (x_center[:, 1:] + x_center[:, :-1]) * 0.5
    y_at_x = (y_center[1:] + y_center[:-1]) * 0.5
    columns, rows = dt / spacing[0], dt / spacing[1]
    cells = x.shape[1]
    i, j = _positions(x)
    i = np.clip(i - x * columns, 0, cells)
    j = np.clip(j + 1 - y_at_x * rows, 0.5, cells + 0.5)
    new_x = _sample(x_ghosts, i, j)
    i, j = _positions(y)
    i = np.clip(i + 1 - x_at_y * columns, 0.5, cells + 0.5)
    j = np.clip(j - y * rows, 0, cells)
    new_y = _sample(y_ghosts, i, j)
    new_x[[0, -1]] = 0
    new_y[:, [0, -1]] = 0
    return [new_x, new_y]


def _positions(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = values.shape
    return np.arange(rows, dtype=values.dtype)[:, None], np.arange(columns, dtype=values.dtype)


def _sample(values: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Bilinear interpolation at positions between the first and the last value."""
    rows, columns = values.shape
    low_i = np.minimum(i.astype(np.int64), rows - 2)
    low_j = np.minimum(j.astype(np.int64), columns - 2)
    part_i, part_j = i - low_i.astype(i.dtype), j - low_j.astype(j.dtype)
    corner = low_i * columns + low_j
    flat = values.ravel()
    lower = flat.take(corner) * (1 - part_j) + flat.take(corner + 1) * part_j
    corner = corner + columns
    upper = flat.take(corner) * (1 - part_j) + flat.take(corner + 1) * part_j
    return lower * (1 - part_i) + upper * part_i


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "add_first_axis": lambda a, c: a + c[:, None],
    "add_number": lambda a: a + 1.0,
    "multiply_add": lambda a, b: a * b + a,
    "sqrt": np.sqrt,
    "where": lambda condition, a, b: np.where(condition, a, b),
    "sum": lambda a: a.sum(0),
    "slice": lambda a: a[1:],
    "index": lambda a: a[0],
    "stack": lambda a, b: np.stack([a, b]),
    "matmul": operator.matmul,
    "divergence": divergence,
    "self_advection": self_advection,
}
