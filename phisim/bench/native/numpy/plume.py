"""A step of smoke in a closed box, in NumPy."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import dctn, idctn

from phisim.bench.native.waves import inverse_laplacian

if TYPE_CHECKING:
    from collections.abc import Callable

Arrays = list[np.ndarray]


def stepper(
    shape: tuple[int, ...], dtype: str, *, lift: float, courant: float
) -> Callable[[Arrays, np.ndarray, np.ndarray], tuple[Arrays, np.ndarray]]:
    """MacCormack for smoke, semi-Lagrangian for the velocity on faces, lift along y, projection.

    courant: dt / dx, so that velocity times it is in cells.
    """
    symbol = inverse_laplacian(shape).astype(dtype)

    def step(velocity: Arrays, smoke: np.ndarray, inflow: np.ndarray) -> tuple[Arrays, np.ndarray]:
        smoke = _mac_cormack(smoke, velocity, courant) + inflow
        velocity = [_semi_lagrangian(velocity, axis, courant) for axis in range(len(shape))]
        velocity[1][:, 1:-1] += lift * _average(smoke, 1)
        return _projected(velocity, symbol), smoke

    return step


def _mac_cormack(smoke: np.ndarray, velocity: Arrays, courant: float) -> np.ndarray:
    start = _positions(smoke)
    moves = [courant * _average(v, axis) for axis, v in enumerate(velocity)]
    limits = [(0, n - 1) for n in smoke.shape]
    back = [np.clip(s - m, *limit) for s, m, limit in zip(start, moves, limits, strict=True)]
    there, low, high = _sampled(smoke, back, with_range=True)
    ahead = [np.clip(s + m, *limit) for s, m, limit in zip(start, moves, limits, strict=True)]
    (again,) = _sampled(there, ahead)
    return np.clip(there + 0.5 * (smoke - again), low, high)


def _semi_lagrangian(velocity: Arrays, axis: int, courant: float) -> np.ndarray:
    """Of one component; it falls to zero within the last half cell in front of walls."""
    values = velocity[axis]
    inside = tuple(slice(1, -1) if i == axis else slice(None) for i in range(values.ndim))
    start = _positions(values)
    points, fade = [], np.ones((), values.dtype)
    for other, component in enumerate(velocity):
        if other == axis:
            speed = component[inside]
            points.append(
                np.clip(start[other][inside] - courant * speed, 0, values.shape[axis] - 1)
            )
            continue
        speed = _average(_average(component, other), axis)
        last = values.shape[other] - 1
        position = np.clip(start[other] - courant * speed, -0.5, last + 0.5)
        nearest = np.clip(position, 0, last)
        points.append(nearest)
        fade = fade * (1 - 2 * np.abs(position - nearest))
    result = np.zeros_like(values)
    result[inside] = _sampled(values, points)[0] * fade
    return result


def _positions(values: np.ndarray) -> Arrays:
    return [p.astype(values.dtype) for p in np.ogrid[tuple(slice(n) for n in values.shape)]]


def _average(values: np.ndarray, axis: int) -> np.ndarray:
    lower = tuple(slice(None, -1) if i == axis else slice(None) for i in range(values.ndim))
    upper = tuple(slice(1, None) if i == axis else slice(None) for i in range(values.ndim))
    return (values[lower] + values[upper]) * values.dtype.type(0.5)


def _sampled(values: np.ndarray, points: Arrays, with_range: bool = False) -> Arrays:
    """Multilinear interpolation, and if wanted the lowest and highest value of the neighbours."""
    flat = values.ravel()
    index = np.zeros((), np.int32)
    weights, strides = [], []
    for point, n in zip(points, values.shape, strict=True):
        low = np.minimum(point.astype(np.int32), n - 2)
        weight = point - low.astype(point.dtype)
        weights.append((1 - weight, weight))
        index = index * n + low
        strides = [n * stride for stride in strides] + [1]
    total = lowest = highest = None
    for corner in product((0, 1), repeat=values.ndim):
        shift = sum(c * stride for c, stride in zip(corner, strides, strict=True))
        found = flat[index + shift] if shift else flat[index]
        weight = weights[0][corner[0]]
        for pair, side in zip(weights[1:], corner[1:], strict=True):
            weight = weight * pair[side]
        term = found * weight
        total = term if total is None else total + term
        if with_range:
            lowest = found if lowest is None else np.minimum(lowest, found)
            highest = found if highest is None else np.maximum(highest, found)
    assert total is not None
    if lowest is None or highest is None:
        return [total]
    return [total, lowest, highest]


def _projected(velocity: Arrays, symbol: np.ndarray) -> Arrays:
    divergence = sum(np.diff(v, axis=axis) for axis, v in enumerate(velocity))
    spectrum = dctn(divergence, norm="ortho")
    spectrum *= symbol
    pressure = np.asarray(idctn(spectrum, norm="ortho"))
    for axis, v in enumerate(velocity):
        inside = tuple(slice(1, -1) if i == axis else slice(None) for i in range(v.ndim))
        v[inside] -= np.diff(pressure, axis=axis)
    return velocity
