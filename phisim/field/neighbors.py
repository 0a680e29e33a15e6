"""Fields made of what lies next to each other, inside and beyond the sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.boundary import PERIODIC, ZERO_GRADIENT, Boundary, as_boundary
from phimath.create import vector_of
from phimath.errors import ShapeError
from phimath.stencil import shift as shift_tensor
from phisim.field.boundary import component_boundary, ghost_rule, is_periodic, with_ghosts
from phisim.field.field import HOOKS, Field
from phisim.field.grids import StaggeredGrid
from phisim.field.profile import moved_to_grid
from phisim.geometry import Box, UniformGrid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.shape import DimFilter
    from phimath.tensor import Tensor


def stagger(
    field: Field, face_function: Callable[[Tensor, Tensor], Tensor], boundary: Any = None
) -> Field:
    """Staggered field of a function of the two cells at each face.

    Args:
        field: Centered; of vectors the component normal to the face counts.
        face_function: Of the lower and the upper value, such as `math.minimum`.
        boundary: Of the result; that of `field` by default.
    """
    if field.is_staggered:
        raise ShapeError("stagger takes a centered field. Use field.at_centers() first.")
    faces: dict[str, Tensor] = {}
    for axis in field.axes:
        component = axis if field.is_vector else None
        values = field.component(axis) if field.is_vector else field.values
        own = component_boundary(field.boundary, component, field.axes)
        widths = {axis: (1, 0 if is_periodic(own, axis) else 1)}
        padded = with_ghosts(values, own, widths, field.geometry)
        faces[axis] = face_function(
            padded.get({axis: slice(None, -1)}), padded.get({axis: slice(1, None)})
        )
    sides = field.boundary if boundary is None else boundary
    return StaggeredGrid(faces, sides, field.bounds, field.resolution)


def shift(
    field: Field, offsets: Sequence[int], dims: DimFilter = None, stack_dim: Any = "shift"
) -> list[Field]:
    """Centered fields with the values so many cells further along each axis, one per offset.

    Args:
        field: Centered field, whose boundary gives what lies beyond the sides.
        offsets: Whole numbers of cells, such as `(-1, 1)`.
        dims: Axes; all by default.
        stack_dim: Lists the axes in each result; `None` for a single axis.
    """
    if field.is_staggered:
        raise ShapeError("shift takes a centered field. Use field.at_centers() first.")
    ghosts = ghost_rule(field.boundary, None, field.geometry, field.values)
    moved = shift_tensor(field.values, offsets, dims or field.axes, ghosts, stack_dim)
    return [field.with_values(values) for values in moved]


def pad(field: Field, widths: int | Mapping[str, int | tuple[int, int]]) -> Field:
    """The field on a larger domain, with the values that its boundary gives beyond the sides.

    Args:
        field: Centered or staggered.
        widths: Cells to add on all sides, per axis, or per axis as (lower, upper).

    Along padded axes that were periodic the result has no gradient on the sides: its length is no
    longer the period.
    """
    pairs = _pairs(field, widths)
    grid = _enlarged(field.geometry, pairs)
    boundary = moved_to_grid(field.boundary, field.geometry, grid)
    boundary = _without_period(boundary, [a for a in pairs if any(pairs[a])], field.axes)
    padded = replace(field, geometry=grid, boundary=boundary)
    if field.is_centered:
        return padded.with_values(with_ghosts(field.values, field.boundary, pairs, field.geometry))
    parts = []
    for own in field.axes:
        more = dict(pairs)
        if is_periodic(field.boundary, own) and not is_periodic(boundary, own):
            more[own] = (pairs[own][0], pairs[own][1] + 1)
        values = field.component(own)
        parts.append(with_ghosts(values, field.boundary, more, field.geometry, own, staggered=True))
    return HOOKS["prescribe"](padded.with_components(parts))


def bake_extrapolation(field: Field) -> Field:
    """The field with one layer of what its boundary gives as values, and no gradient beyond.

    Centered fields grow by a cell on all sides; staggered ones keep their grid, and store n + 1
    faces also along axes that were periodic.
    """
    if field.is_centered:
        return replace(pad(field, 1), boundary=ZERO_GRADIENT)
    parts: list[Tensor] = []
    for own in field.axes:
        values = field.component(own)
        if is_periodic(field.boundary, own):
            values = with_ghosts(
                values, field.boundary, {own: (0, 1)}, field.geometry, own, staggered=True
            )
        parts.append(values)
    return replace(field, boundary=ZERO_GRADIENT).with_components(parts)


def _pairs(
    field: Field, widths: int | Mapping[str, int | tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    given = widths if isinstance(widths, Mapping) else dict.fromkeys(field.axes, widths)
    unknown = [name for name in given if name not in field.axes]
    if unknown:
        raise ShapeError(
            f"The field has no axis '{unknown[0]}' to pad, but {', '.join(field.axes)}."
        )
    pairs = {axis: given.get(axis, 0) for axis in field.axes}
    return {a: (w, w) if isinstance(w, int) else (w[0], w[1]) for a, w in pairs.items()}


def _enlarged(grid: UniformGrid, pairs: Mapping[str, tuple[int, int]]) -> UniformGrid:
    cells = grid.resolution
    lower, upper = {}, {}
    for axis, (below, above) in pairs.items():
        cells = cells.with_size(axis, cells.get_size(axis) + below + above)
        lower[axis] = grid.bounds.lower.vector[axis] - grid.spacing(axis) * below
        upper[axis] = grid.bounds.upper.vector[axis] + grid.spacing(axis) * above
    return UniformGrid(cells, Box(vector_of(lower), vector_of(upper)))


def _without_period(boundary: Boundary, padded: list[str], axes: tuple[str, ...]) -> Boundary:
    sides: dict[str, Boundary] = {}
    for axis in axes:
        for sign, upper in (("-", False), ("+", True)):
            side = boundary.at(axis, upper=upper)
            ends = side == PERIODIC and axis in padded
            sides[f"{axis}{sign}"] = ZERO_GRADIENT if ends else side
    return as_boundary(sides)
