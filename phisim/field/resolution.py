"""Fields at twice or half the resolution."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phimath.errors import ShapeError
from phimath.interpolate import downsample2x as halved
from phimath.interpolate import upsample2x as doubled
from phisim.field.boundary import ghost_rule
from phisim.field.profile import moved_to_grid
from phisim.field.resample import resample
from phisim.geometry import UniformGrid

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def downsample2x(field: Field) -> Field:
    """Half as many cells along each axis.

    Each new cell holds the mean of those it is made of, each new face that of the faces it is made
    of: sums over the domain and fluxes through it are kept, and so is a divergence of zero.

    Raises:
        ShapeError: a number of cells is odd.
    """
    grid = _resized(field, halve=True)
    boundary = moved_to_grid(field.boundary, field.geometry, grid)
    if field.is_centered:
        values = halved(field.values, dims=field.axes)
        return replace(field, geometry=grid, values=values, boundary=boundary)
    parts = [_halved_faces(field, axis) for axis in field.axes]
    return replace(field, geometry=grid, boundary=boundary).with_components(parts)


def upsample2x(field: Field) -> Field:
    """Twice as many cells along each axis, by linear interpolation; second order."""
    grid = _resized(field, halve=False)
    boundary = moved_to_grid(field.boundary, field.geometry, grid)
    if field.is_centered:
        ghosts = ghost_rule(field.boundary, None, field.geometry, field.values)
        values = doubled(field.values, ghosts, field.axes)
        return replace(field, geometry=grid, values=values, boundary=boundary)
    target = replace(field, geometry=grid)
    return resample(field, to=target)


def _resized(field: Field, *, halve: bool) -> UniformGrid:
    cells = field.resolution
    for axis in field.axes:
        count = cells.get_size(axis)
        if halve and count % 2:
            raise ShapeError(
                f"A field with {count} cells along '{axis}' can't be halved. Use an even number, "
                "or resample(field, to=…)."
            )
        cells = cells.with_size(axis, count // 2 if halve else count * 2)
    return UniformGrid(cells, field.bounds)


def _halved_faces(field: Field, axis: str) -> Tensor:
    """Every second face along the axis, the mean of neighbours along the others."""
    values = field.component(axis).get({axis: slice(None, None, 2)})
    others = [other for other in field.axes if other != axis]
    return halved(values, dims=others) if others else values
