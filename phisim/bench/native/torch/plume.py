"""A step of smoke in a closed box, in PyTorch."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import torch

from phisim.bench.native.waves import cosines, inverse_laplacian

if TYPE_CHECKING:
    from collections.abc import Callable

Arrays = list[torch.Tensor]


def stepper(
    shape: tuple[int, ...], dtype: str, *, lift: float, courant: float
) -> Callable[[Arrays, torch.Tensor, torch.Tensor], tuple[Arrays, torch.Tensor]]:
    """MacCormack for smoke, semi-Lagrangian for the velocity on faces, lift along y, projection.

    courant: dt / dx, so that velocity times it is in cells.
    """
    bases = [torch.from_numpy(cosines(n).astype(dtype)) for n in shape]
    symbol = torch.from_numpy(inverse_laplacian(shape).astype(dtype))

    def step(
        velocity: Arrays, smoke: torch.Tensor, inflow: torch.Tensor
    ) -> tuple[Arrays, torch.Tensor]:
        smoke = _mac_cormack(smoke, velocity, courant) + inflow
        velocity = [_semi_lagrangian(velocity, axis, courant) for axis in range(len(shape))]
        velocity[1] = velocity[1] + _between_walls(lift * _average(smoke, 1), 1)
        return _projected(velocity, bases, symbol), smoke

    return step


def _mac_cormack(smoke: torch.Tensor, velocity: Arrays, courant: float) -> torch.Tensor:
    moves = [courant * _average(v, axis) for axis, v in enumerate(velocity)]
    start = [_position(smoke, axis) for axis in range(smoke.ndim)]
    limits = [n - 1 for n in smoke.shape]
    back = [torch.clamp(s - m, 0, n) for s, m, n in zip(start, moves, limits, strict=True)]
    there, low, high = _sampled(smoke, back)
    ahead = [torch.clamp(s + m, 0, n) for s, m, n in zip(start, moves, limits, strict=True)]
    again, _, _ = _sampled(there, ahead)
    return torch.clamp(there + 0.5 * (smoke - again), low, high)


def _semi_lagrangian(velocity: Arrays, axis: int, courant: float) -> torch.Tensor:
    """Of one component; it falls to zero within the last half cell in front of walls."""
    values = velocity[axis]
    points: Arrays = []
    fade: Any = 1.0
    for other, component in enumerate(velocity):
        last, start = values.shape[other] - 1, _position(values, other)
        if other == axis:
            inside = _cut(start, axis, 1, -1) - courant * _cut(component, axis, 1, -1)
            points.append(torch.clamp(inside, 0, last))
            continue
        speed = _average(_average(component, other), axis)
        position = torch.clamp(start - courant * speed, -0.5, last + 0.5)
        points.append(torch.clamp(position, 0, last))
        fade = fade * (1 - 2 * torch.abs(position - points[-1]))
    return _between_walls(_sampled(values, points)[0] * fade, axis)


def _projected(velocity: Arrays, bases: Arrays, symbol: torch.Tensor) -> Arrays:
    """By cosine transforms as matrix products, the fastest up to hundreds of cells per axis."""
    divergence: Any = sum(torch.diff(v, dim=axis) for axis, v in enumerate(velocity))
    pressure = _transformed(_transformed(divergence, bases) * symbol, [b.T for b in bases])
    return [
        v - _between_walls(torch.diff(pressure, dim=axis), axis) for axis, v in enumerate(velocity)
    ]


def _transformed(values: torch.Tensor, matrices: Arrays) -> torch.Tensor:
    for axis, matrix in enumerate(matrices):
        values = (values.movedim(axis, -1) @ matrix.mT).movedim(-1, axis)
    return values


def _sampled(
    values: torch.Tensor, points: Arrays
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Multilinear interpolation, and the lowest and highest value of the neighbours."""
    flat = values.ravel()
    index: Any = 0
    weights: list[tuple[Any, Any]] = []
    strides: list[int] = []
    for point, n in zip(points, values.shape, strict=True):
        low = torch.clamp(point.to(torch.int32), max=n - 2)
        weight = point - low.to(point.dtype)
        weights.append((1 - weight, weight))
        index = index * n + low
        strides = [n * stride for stride in strides] + [1]
    found: Arrays = []
    total: Any = 0
    for corner in product((0, 1), repeat=values.ndim):
        shift = sum(c * stride for c, stride in zip(corner, strides, strict=True))
        found.append(flat[index + shift])
        weight = weights[0][corner[0]]
        for pair, side in zip(weights[1:], corner[1:], strict=True):
            weight = weight * pair[side]
        total = total + found[-1] * weight
    low, high = found[0], found[0]
    for neighbour in found[1:]:
        low, high = torch.minimum(low, neighbour), torch.maximum(high, neighbour)
    return total, low, high


def _position(values: torch.Tensor, axis: int) -> torch.Tensor:
    n = values.shape[axis]
    shape = [n if i == axis else 1 for i in range(values.ndim)]
    return torch.arange(n, dtype=values.dtype).reshape(shape)


def _average(values: torch.Tensor, axis: int) -> torch.Tensor:
    return (_cut(values, axis, 0, -1) + _cut(values, axis, 1, None)) * 0.5


def _cut(values: torch.Tensor, axis: int, start: int, stop: int | None) -> torch.Tensor:
    return values[(slice(None),) * axis + (slice(start, stop),)]


def _between_walls(inside: torch.Tensor, axis: int) -> torch.Tensor:
    widths = [int(i == axis) for i in reversed(range(inside.ndim)) for _ in range(2)]
    return torch.nn.functional.pad(inside, widths)
