"""Grids at twice or half the resolution, and parts of grids between their points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import combine
from phimath.boundary import ZERO_GRADIENT, Boundary, as_boundary, pad
from phimath.dimension import spatial
from phimath.errors import ValueRangeError
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.shape import DimFilter


def upsample2x(grid: Tensor, padding: Any = ZERO_GRADIENT, dims: DimFilter = spatial) -> Tensor:
    """Twice as many cells along `dims`, by linear interpolation with weights ¼ and ¾.

    Args:
        grid: values at cell centers.
        padding: boundary of `grid`.
        dims: dimensions to refine.
    """
    boundary = as_boundary(padding)
    for name in grid.shape.resolve(dims).names:
        grid = _refined(grid, name, boundary)
    return grid


def _refined(grid: Tensor, name: str, boundary: Boundary) -> Tensor:
    if isinstance(grid, Stacked) and grid.along != name:
        dim = grid.dim
        return Stacked(
            [
                _refined(
                    part,
                    name,
                    boundary.component(dim.name, i, dim.labels[i] if dim.labels else None, (name,)),
                )
                for i, part in enumerate(grid.components)
            ],
            dim,
        )
    padded = pad(grid, {name: 1}, boundary)
    center = grid * 0.75
    lower = center + padded.get({name: slice(0, -2)}) * 0.25
    upper = center + padded.get({name: slice(2, None)}) * 0.25
    return interleaved(lower, upper, name)


def interleaved(even: Tensor, odd: Tensor, name: str) -> Dense:
    """Values of two grids in turn along one dimension."""
    first, second = even.dense(), odd.dense()
    shape = merge_shapes(first.shape, second.shape)
    used = {name, *first.signature.stored.names, *second.signature.stored.names}
    names = tuple(n for n in shape.names if n in used)
    axis = names.index(name)
    parts = [part.expanded(shape).dense() for part in (first, second)]
    backend = combine([part.backend for part in parts])
    natives = [backend.adopt(part.backend, part.stored_in(names)) for part in parts]
    native = backend.stack(natives, axis + 1)
    shape = shape.with_size(name, 2 * shape.get_size(name))
    stored = Shape(*(shape.dim(n) for n in names))
    signature = first.signature.replace(backend=backend, shape=shape, stored=stored)
    return Dense(backend.reshape(native, stored.int_sizes), signature)


def downsample2x(grid: Tensor, padding: Any = ZERO_GRADIENT, dims: DimFilter = spatial) -> Tensor:
    """Half as many cells along `dims`, each the mean of two; odd sizes are padded by one cell.

    Args:
        grid: values at cell centers.
        padding: boundary of `grid`.
        dims: dimensions to coarsen.
    """
    for name in grid.shape.resolve(dims).names:
        if grid.shape.get_size(name) % 2:
            grid = pad(grid, {name: (0, 1)}, padding)
        grid = (grid.get({name: slice(0, None, 2)}) + grid.get({name: slice(1, None, 2)})) * 0.5
    return grid


def sample_subgrid(grid: Tensor, start: Tensor | Mapping[str, float], size: Shape) -> Tensor:
    """Part of a grid that begins between its points, by linear interpolation.

    Args:
        grid: values at the integer coordinates 0, 1, 2 … of its axes.
        start: coordinates of the first value, e.g. `vec(x=1, y=0.5)`; numbers, not traced values.
        size: number of values along each axis.

    Raises:
        ValueRangeError: the part doesn't lie within the points of the grid.
    """
    if isinstance(start, Tensor):
        dim = start.shape.single
        start = {
            label: float(part)
            for label, part in zip(dim.labels or size.names, start.unstacked(dim.name), strict=True)
        }
    for name, first in start.items():
        count, available = size.get_size(name), grid.shape.get_size(name)
        if first < 0 or math.ceil(first) + count > available:
            raise ValueRangeError(
                f"{count} values from {first} along '{name}' don't lie between 0 and "
                f"{available - 1}. Pad the grid first."
            )
        index = math.floor(first)
        fraction = first - index
        lower = grid.get({name: slice(index, index + count)})
        if fraction:
            lower = (
                lower * (1 - fraction)
                + grid.get({name: slice(index + 1, index + 1 + count)}) * fraction
            )
        grid = lower
    return grid
