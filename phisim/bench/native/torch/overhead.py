"""Eager operations in PyTorch."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPERATIONS"]


def divergence(velocity: list[torch.Tensor], spacing: tuple[float, float]) -> torch.Tensor:
    """Flux balance of each cell; components have one more face than cells along their own axis."""
    x, y = velocity
    return (x[1:] - x[:-1]) / spacing[0] + (y[:, 1:] - y[:, :-1]) / spacing[1]


def self_advection(
    velocity: list[torch.Tensor], spacing: tuple[float, float], dt: float
) -> list[torch.Tensor]:
    """Semi-Lagrangian step of a staggered field on a square between resting walls."""
    x, y = velocity
    # Ghost values along the other axis: the wall lies midway between them and the first values.
    x_ghosts = torch.cat([-x[:, :1], x, -x[:, -1:]], 1)
    y_ghosts = torch.cat([-y[:1], y, -y[-1:]], 0)
    x_center = (x_ghosts[1:] + x_ghosts[:-1]) * 0.5
    y_center = (y_ghosts[:, 1:] + y_ghosts[:, :-1]) * 0.5
    x_at_y = (x_center[:, 1:] + x_center[:, :-1]) * 0.5
    y_at_x = (y_center[1:] + y_center[:-1]) * 0.5
    columns, rows = dt / spacing[0], dt / spacing[1]
    cells = x.shape[1]
    i, j = _positions(x)
    i = (i - x * columns).clamp(0, cells)
    j = (j + 1 - y_at_x * rows).clamp(0.5, cells + 0.5)
    new_x = _sample(x_ghosts, i, j)
    i, j = _positions(y)
    i = (i + 1 - x_at_y * columns).clamp(0.5, cells + 0.5)
    j = (j - y * rows).clamp(0, cells)
    new_y = _sample(y_ghosts, i, j)
    new_x[[0, -1]] = 0
    new_y[:, [0, -1]] = 0
    return [new_x, new_y]


def _positions(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    rows, columns = values.shape
    i = torch.arange(rows, dtype=values.dtype)
    return i[:, None], torch.arange(columns, dtype=values.dtype)


def _sample(values: torch.Tensor, i: torch.Tensor, j: torch.Tensor) -> torch.Tensor:
    """Bilinear interpolation at positions between the first and the last value."""
    rows, columns = values.shape
    low_i = i.long().clamp(max=rows - 2)
    low_j = j.long().clamp(max=columns - 2)
    part_i, part_j = i - low_i, j - low_j
    corner = low_i * columns + low_j
    lower = values.take(corner) * (1 - part_j) + values.take(corner + 1) * part_j
    corner = corner + columns
    upper = values.take(corner) * (1 - part_j) + values.take(corner + 1) * part_j
    return lower * (1 - part_i) + upper * part_i


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "add_first_axis": lambda a, c: a + c[:, None],
    "add_number": lambda a: a + 1.0,
    "multiply_add": lambda a, b: a * b + a,
    "sqrt": torch.sqrt,
    "where": lambda condition, a, b: torch.where(condition, a, b),
    "sum": lambda a: a.sum(0),
    "slice": lambda a: a[1:],
    "index": lambda a: a[0],
    "stack": lambda a, b: torch.stack([a, b]),
    "matmul": operator.matmul,
    "divergence": divergence,
    "self_advection": self_advection,
}
