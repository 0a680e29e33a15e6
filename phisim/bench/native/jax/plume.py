"""A step of smoke in a closed box, in JAX."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from phisim.bench.native.waves import cosines, inverse_laplacian

if TYPE_CHECKING:
    from collections.abc import Callable

Arrays = list[jax.Array]


def stepper(
    shape: tuple[int, ...], dtype: str, *, lift: float, courant: float
) -> Callable[[Arrays, jax.Array, jax.Array], tuple[Arrays, jax.Array]]:
    """MacCormack for smoke, semi-Lagrangian for the velocity on faces, lift along y, projection.

    courant: dt / dx, so that velocity times it is in cells.
    """
    bases = [jnp.asarray(cosines(n).astype(dtype)) for n in shape]
    symbol = jnp.asarray(inverse_laplacian(shape).astype(dtype))

    def step(velocity: Arrays, smoke: jax.Array, inflow: jax.Array) -> tuple[Arrays, jax.Array]:
        smoke = _mac_cormack(smoke, velocity, courant) + inflow
        velocity = [_semi_lagrangian(velocity, axis, courant) for axis in range(len(shape))]
        velocity[1] += _between_walls(lift * _average(smoke, 1), 1)
        return _projected(velocity, bases, symbol), smoke

    return step


def _mac_cormack(smoke: jax.Array, velocity: Arrays, courant: float) -> jax.Array:
    moves = [courant * _average(v, axis) for axis, v in enumerate(velocity)]
    start = [_position(smoke, axis) for axis in range(smoke.ndim)]
    limits = [n - 1 for n in smoke.shape]
    back = [jnp.clip(s - m, 0, n) for s, m, n in zip(start, moves, limits, strict=True)]
    there, low, high = _sampled(smoke, back)
    ahead = [jnp.clip(s + m, 0, n) for s, m, n in zip(start, moves, limits, strict=True)]
    again, _, _ = _sampled(there, ahead)
    return jnp.clip(there + 0.5 * (smoke - again), low, high)


def _semi_lagrangian(velocity: Arrays, axis: int, courant: float) -> jax.Array:
    """Of one component; it falls to zero within the last half cell in front of walls."""
    values = velocity[axis]
    points: Arrays = []
    fade: Any = 1.0
    for other, component in enumerate(velocity):
        last, start = values.shape[other] - 1, _position(values, other)
        if other == axis:
            inside = _cut(start, axis, 1, -1) - courant * _cut(component, axis, 1, -1)
            points.append(jnp.clip(inside, 0, last))
            continue
        speed = _average(_average(component, other), axis)
        position = jnp.clip(start - courant * speed, -0.5, last + 0.5)
        points.append(jnp.clip(position, 0, last))
        fade = fade * (1 - 2 * jnp.abs(position - points[-1]))
    return _between_walls(_sampled(values, points)[0] * fade, axis)


def _projected(velocity: Arrays, bases: Arrays, symbol: jax.Array) -> Arrays:
    """By cosine transforms as matrix products, the fastest up to hundreds of cells per axis."""
    divergence: Any = sum(jnp.diff(v, axis=axis) for axis, v in enumerate(velocity))
    pressure = _transformed(_transformed(divergence, bases) * symbol, [b.T for b in bases])
    return [
        v - _between_walls(jnp.diff(pressure, axis=axis), axis) for axis, v in enumerate(velocity)
    ]


def _transformed(values: jax.Array, matrices: Arrays) -> jax.Array:
    for axis, matrix in enumerate(matrices):
        values = jnp.moveaxis(jnp.tensordot(matrix, values, (1, axis)), 0, axis)
    return values


def _sampled(values: jax.Array, points: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Multilinear interpolation, and the lowest and highest value of the neighbours."""
    flat = values.ravel()
    index: Any = 0
    weights: list[tuple[Any, Any]] = []
    strides: list[int] = []
    for point, n in zip(points, values.shape, strict=True):
        low = jnp.minimum(point.astype(jnp.int32), n - 2)
        weight = point - low.astype(point.dtype)
        weights.append((1 - weight, weight))
        index = index * n + low
        strides = [n * stride for stride in strides] + [1]
    found: Arrays = []
    total: Any = 0
    for corner in product((0, 1), repeat=values.ndim):
        shift = sum(c * stride for c, stride in zip(corner, strides, strict=True))
        found.append(flat.at[index + shift].get(mode="promise_in_bounds"))
        weight = weights[0][corner[0]]
        for pair, side in zip(weights[1:], corner[1:], strict=True):
            weight = weight * pair[side]
        total = total + found[-1] * weight
    low, high = found[0], found[0]
    for neighbour in found[1:]:
        low, high = jnp.minimum(low, neighbour), jnp.maximum(high, neighbour)
    return total, low, high


def _position(values: jax.Array, axis: int) -> jax.Array:
    n = values.shape[axis]
    shape = [n if i == axis else 1 for i in range(values.ndim)]
    return jnp.arange(n, dtype=values.dtype).reshape(shape)


def _average(values: jax.Array, axis: int) -> jax.Array:
    return (_cut(values, axis, 0, -1) + _cut(values, axis, 1, None)) * 0.5


def _cut(values: jax.Array, axis: int, start: int, stop: int | None) -> jax.Array:
    return values[(slice(None),) * axis + (slice(start, stop),)]


def _between_walls(inside: jax.Array, axis: int) -> jax.Array:
    return jnp.pad(inside, [(int(i == axis),) * 2 for i in range(inside.ndim)])
