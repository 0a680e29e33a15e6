"""Native code in JAX, eager: one compiled kernel per operation."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OPERATIONS"]


def divergence(velocity: list[jax.Array], spacing: tuple[float, float]) -> jax.Array:
    """Flux balance of each cell; components have one more face than cells along their own axis."""
    x, y = velocity
    return (x[1:] - x[:-1]) / spacing[0] + (y[:, 1:] - y[:, :-1]) / spacing[1]


def self_advection(
    velocity: list[jax.Array], spacing: tuple[float, float], dt: float
) -> list[jax.Array]:
    """Semi-Lagrangian step of a staggered field on a square between resting walls."""
    x, y = velocity
    # Ghost values along the other axis: the wall lies midway between them and the first values.
    x_ghosts = jnp.concatenate([-x[:, :1], x, -x[:, -1:]], 1)
    y_ghosts = jnp.concatenate([-y[:1], y, -y[-1:]], 0)
    x_center = (x_ghosts[1:] + x_ghosts[:-1]) * 0.5
    y_center = (y_ghosts[:, 1:] + y_ghosts[:, :-1]) * 0.5
    x_at_y = (x_center[:, 1:] + x_center[:, :-1]) * 0.5
    y_at_x = (y_center[1:] + y_center[:-1]) * 0.5
    columns, rows = dt / spacing[0], dt / spacing[1]
    cells = x.shape[1]
    i, j = _positions(x)
    i = jnp.clip(i - x * columns, 0, cells)
    j = jnp.clip(j + 1 - y_at_x * rows, 0.5, cells + 0.5)
    new_x = _sample(x_ghosts, i, j)
    i, j = _positions(y)
    i = jnp.clip(i + 1 - x_at_y * columns, 0.5, cells + 0.5)
    j = jnp.clip(j - y * rows, 0, cells)
    new_y = _sample(y_ghosts, i, j)
    return [new_x.at[0].set(0).at[-1].set(0), new_y.at[:, 0].set(0).at[:, -1].set(0)]


def _positions(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    rows, columns = values.shape
    return jnp.arange(rows, dtype=values.dtype)[:, None], jnp.arange(columns, dtype=values.dtype)


def _sample(values: jax.Array, i: jax.Array, j: jax.Array) -> jax.Array:
    """Bilinear interpolation at positions between the first and the last value."""
    rows, columns = values.shape
    low_i = jnp.minimum(i.astype(jnp.int32), rows - 2)
    low_j = jnp.minimum(j.astype(jnp.int32), columns - 2)
    part_i, part_j = i - low_i.astype(i.dtype), j - low_j.astype(j.dtype)
    corner = low_i * columns + low_j
    flat = values.ravel()
    lower = flat[corner] * (1 - part_j) + flat[corner + 1] * part_j
    corner = corner + columns
    upper = flat[corner] * (1 - part_j) + flat[corner + 1] * part_j
    return lower * (1 - part_i) + upper * part_i


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "add_first_axis": lambda a, c: a + c[:, None],
    "add_number": lambda a: a + 1.0,
    "multiply_add": lambda a, b: a * b + a,
    "sqrt": jnp.sqrt,
    "where": lambda condition, a, b: jnp.where(condition, a, b),
    "sum": lambda a: a.sum(0),
    "slice": lambda a: a[1:],
    "index": lambda a: a[0],
    "stack": lambda a, b: jnp.stack([a, b]),
    "matmul": operator.matmul,
    "divergence": divergence,
    "self_advection": self_advection,
}
