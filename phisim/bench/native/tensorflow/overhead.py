# Sizes may be unknown in graphs; of eager tensors they are not.
# pyright: reportOptionalOperand=false, reportOperatorIssue=false, reportArgumentType=false
"""Eager operations in TensorFlow."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPERATIONS"]


def divergence(velocity: list[tf.Tensor], spacing: tuple[float, float]) -> tf.Tensor:
    """Flux balance of each cell; components have one more face than cells along their own axis."""
    x, y = velocity
    return (x[1:] - x[:-1]) / spacing[0] + (y[:, 1:] - y[:, :-1]) / spacing[1]


def self_advection(
    velocity: list[tf.Tensor], spacing: tuple[float, float], dt: float
) -> list[tf.Tensor]:
    """Semi-Lagrangian step of a staggered field on a square between resting walls."""
    x, y = velocity
    # Ghost values along the other axis: the wall lies midway between them and the first values.
    x_ghosts = tf.concat([-x[:, :1], x, -x[:, -1:]], 1)
    y_ghosts = tf.concat([-y[:1], y, -y[-1:]], 0)
    x_center = (x_ghosts[1:] + x_ghosts[:-1]) * 0.5
    y_center = (y_ghosts[:, 1:] + y_ghosts[:, :-1]) * 0.5
    x_at_y = (x_center[:, 1:] + x_center[:, :-1]) * 0.5
    y_at_x = (y_center[1:] + y_center[:-1]) * 0.5
    columns, rows = dt / spacing[0], dt / spacing[1]
    cells = x.shape[1]
    i, j = _positions(x)
    i = tf.clip_by_value(i - x * columns, 0, cells)
    j = tf.clip_by_value(j + 1 - y_at_x * rows, 0.5, cells + 0.5)
    new_x = _sample(x_ghosts, i, j)
    i, j = _positions(y)
    i = tf.clip_by_value(i + 1 - x_at_y * columns, 0.5, cells + 0.5)
    j = tf.clip_by_value(j - y * rows, 0, cells)
    new_y = _sample(y_ghosts, i, j)
    return [tf.pad(new_x[1:-1], [[1, 1], [0, 0]]), tf.pad(new_y[:, 1:-1], [[0, 0], [1, 1]])]


def _positions(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    rows, columns = values.shape
    return tf.range(rows, dtype=values.dtype)[:, None], tf.range(columns, dtype=values.dtype)


def _sample(values: tf.Tensor, i: tf.Tensor, j: tf.Tensor) -> tf.Tensor:
    """Bilinear interpolation at positions between the first and the last value."""
    rows, columns = values.shape
    low_i = tf.minimum(tf.cast(i, tf.int32), rows - 2)
    low_j = tf.minimum(tf.cast(j, tf.int32), columns - 2)
    part_i, part_j = i - tf.cast(low_i, i.dtype), j - tf.cast(low_j, j.dtype)
    corner = low_i * columns + low_j
    flat = tf.reshape(values, [-1])
    lower = tf.gather(flat, corner) * (1 - part_j) + tf.gather(flat, corner + 1) * part_j
    corner = corner + columns
    upper = tf.gather(flat, corner) * (1 - part_j) + tf.gather(flat, corner + 1) * part_j
    return lower * (1 - part_i) + upper * part_i


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "add_first_axis": lambda a, c: a + c[:, None],
    "add_number": lambda a: a + 1.0,
    "multiply_add": lambda a, b: a * b + a,
    "sqrt": tf.sqrt,
    "where": lambda condition, a, b: tf.where(condition, a, b),
    "sum": lambda a: tf.reduce_sum(a, 0),
    "slice": lambda a: a[1:],
    "index": lambda a: a[0],
    "stack": lambda a, b: tf.stack([a, b]),
    "matmul": operator.matmul,
    "divergence": divergence,
    "self_advection": self_advection,
}
