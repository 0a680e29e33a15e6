"""A step of smoke in a closed box, in TensorFlow."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from phisim.bench.native.waves import cosines, inverse_laplacian

if TYPE_CHECKING:
    from collections.abc import Callable

Arrays = list[Any]  # operators of tensors are typed for every kind of operand


def stepper(
    shape: tuple[int, ...], dtype: str, *, lift: float, courant: float
) -> Callable[[Arrays, Any, Any], tuple[Arrays, Any]]:
    """MacCormack for smoke, semi-Lagrangian for the velocity on faces, lift along y, projection.

    courant: dt / dx, so that velocity times it is in cells.
    """
    bases = [tf.constant(cosines(n).astype(dtype)) for n in shape]
    symbol = tf.constant(inverse_laplacian(shape).astype(dtype))

    def step(velocity: Arrays, smoke: Any, inflow: Any) -> tuple[Arrays, Any]:
        smoke = _mac_cormack(smoke, velocity, courant) + inflow
        velocity = [_semi_lagrangian(velocity, axis, courant) for axis in range(len(shape))]
        velocity[1] += _between_walls(lift * _average(smoke, 1), 1)
        return _projected(velocity, bases, symbol), smoke

    return step


def _mac_cormack(smoke: Any, velocity: Arrays, courant: float) -> Any:
    moves = [courant * _average(v, axis) for axis, v in enumerate(velocity)]
    start = [_position(smoke, axis) for axis in range(smoke.shape.rank)]
    limits = [n - 1 for n in smoke.shape]
    back = [_clip(s - m, 0, n) for s, m, n in zip(start, moves, limits, strict=True)]
    there, low, high = _sampled(smoke, back)
    ahead = [_clip(s + m, 0, n) for s, m, n in zip(start, moves, limits, strict=True)]
    again, _, _ = _sampled(there, ahead)
    return _clip(there + 0.5 * (smoke - again), low, high)


def _semi_lagrangian(velocity: Arrays, axis: int, courant: float) -> Any:
    """Of one component; it falls to zero within the last half cell in front of walls."""
    values = velocity[axis]
    points: Arrays = []
    fade: Any = 1.0
    for other, component in enumerate(velocity):
        last, start = values.shape[other] - 1, _position(values, other)
        if other == axis:
            inside = _cut(start, axis, 1, -1) - courant * _cut(component, axis, 1, -1)
            points.append(_clip(inside, 0, last))
            continue
        speed = _average(_average(component, other), axis)
        position = _clip(start - courant * speed, -0.5, last + 0.5)
        points.append(_clip(position, 0, last))
        fade = fade * (1 - 2 * tf.abs(position - points[-1]))
    return _between_walls(_sampled(values, points)[0] * fade, axis)


def _projected(velocity: Arrays, bases: Arrays, symbol: Any) -> Arrays:
    """By cosine transforms as matrix products, the fastest up to hundreds of cells per axis."""
    divergence: Any = sum(_diff(v, axis) for axis, v in enumerate(velocity))
    pressure = _transformed(
        _transformed(divergence, bases) * symbol, [tf.transpose(b) for b in bases]
    )
    return [v - _between_walls(_diff(pressure, axis), axis) for axis, v in enumerate(velocity)]


def _transformed(values: Any, matrices: Arrays) -> Any:
    for axis, matrix in enumerate(matrices):
        order = [*range(1, axis + 1), 0, *range(axis + 1, len(matrices))]
        values = tf.transpose(tf.tensordot(matrix, values, ([1], [axis])), order)
    return values


def _sampled(values: Any, points: Arrays) -> tuple[Any, Any, Any]:
    """Multilinear interpolation, and the lowest and highest value of the neighbours."""
    flat = tf.reshape(values, [-1])
    index: Any = 0
    weights: list[tuple[Any, Any]] = []
    strides: list[int] = []
    for point, n in zip(points, values.shape, strict=True):
        low = tf.minimum(tf.cast(point, tf.int32), n - 2)
        weight = point - tf.cast(low, point.dtype)
        weights.append((1 - weight, weight))
        index = index * n + low
        strides = [n * stride for stride in strides] + [1]
    found: Arrays = []
    total: Any = 0
    for corner in product((0, 1), repeat=values.shape.rank):
        shift = sum(c * stride for c, stride in zip(corner, strides, strict=True))
        found.append(tf.gather(flat, index + shift))
        weight = weights[0][corner[0]]
        for pair, side in zip(weights[1:], corner[1:], strict=True):
            weight = weight * pair[side]
        total = total + found[-1] * weight
    low, high = found[0], found[0]
    for neighbour in found[1:]:
        low, high = tf.minimum(low, neighbour), tf.maximum(high, neighbour)
    return total, low, high


def _position(values: Any, axis: int) -> Any:
    n = values.shape[axis]
    shape = [n if i == axis else 1 for i in range(values.shape.rank)]
    return tf.reshape(tf.range(n, dtype=values.dtype), shape)


def _average(values: Any, axis: int) -> Any:
    return (_cut(values, axis, 0, -1) + _cut(values, axis, 1, None)) * 0.5


def _cut(values: Any, axis: int, start: int, stop: int | None) -> Any:
    return values[(slice(None),) * axis + (slice(start, stop),)]


def _between_walls(inside: Any, axis: int) -> Any:
    return tf.pad(inside, [(int(i == axis),) * 2 for i in range(inside.shape.rank)])


def _clip(values: Any, low: Any, high: Any) -> Any:
    return tf.minimum(tf.maximum(values, low), high)


def _diff(values: Any, axis: int) -> Any:
    return _cut(values, axis, 1, None) - _cut(values, axis, 0, -1)
