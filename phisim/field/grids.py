"""Constructors of grid fields from numbers, vectors, tensors, functions, geometries, fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from phimath.boundary import NONE, ZERO, Boundary, Constant, combine_sides, pad
from phimath.dimension import spatial
from phimath.errors import BoundaryError, ShapeError
from phimath.shape import Shape
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field.boundary import component_boundary, prescribed_value
from phisim.field.field import HOOKS, Field
from phisim.field.resample import resample
from phisim.field.robin import Robin
from phisim.field.sides import boundary_of
from phisim.field.values import check_components, values_at_cells, values_at_faces
from phisim.geometry import Box, UniformGrid


def CenteredGrid(
    values: Any = 0.0,
    boundary: Any = 0.0,
    bounds: Box | UniformGrid | None = None,
    resolution: Shape | None = None,
    **resolution_by_axis: int,
) -> Field:
    """Field with values at cell centers.

    Args:
        values: Number, tuple (vector in the order of the axes), tensor with the grid's spatial
            dimensions, geometry (1 inside), function of the location (…, vector) or of the
            coordinates by name, `Noise`, or field to resample.
        boundary: What lies beyond the sides: see `phimath.boundary.as_boundary`; for values also
            functions of the location and fields, such as that of a coarser grid around this one.
        bounds: Domain; cells of size 1 from the origin by default.
        resolution: Cells per axis as a shape.
        **resolution_by_axis: The same by name: `x=64, y=64`.

    Raises:
        ShapeError: if resolution, bounds and values don't fit together.
        BoundaryError: if the boundary names an unknown axis, or misses a side or a rule for it.
    """
    grid = _grid(values, bounds, resolution, resolution_by_axis)
    template = Field(grid, wrap(0.0), ZERO)
    checked = _checked_boundary(boundary, template)
    template = replace(template, boundary=checked)
    if isinstance(values, Field):
        return replace(resample(values, to=template), boundary=checked)
    return replace(template, values=values_at_cells(values, template))


def StaggeredGrid(
    values: Any = 0.0,
    boundary: Any = 0.0,
    bounds: Box | UniformGrid | None = None,
    resolution: Shape | None = None,
    **resolution_by_axis: int,
) -> Field:
    """Vector field with each component on the faces normal to its axis.

    The MAC grid of Harlow and Welch (1965).

    Along its own axis a component has n + 1 values, or n if the axis is periodic.  Values that the
    boundary prescribes are written into the faces on the sides of the domain.

    Args:
        values: Number (all components), tuple (in the order of the axes), labelled vector, function
            of the location or of the coordinates by name, geometry (1 inside), `Noise`, field to
            resample,
            dictionary of one tensor per axis, or a tensor in the layout of `field.values`.
        boundary: What lies beyond the sides, as for `CenteredGrid`.
        bounds: Domain; cells of size 1 from the origin by default.
        resolution: Cells (not faces) per axis as a shape.
        **resolution_by_axis: The same by name: `x=64, y=64`.

    Raises:
        ShapeError: if resolution, bounds and values don't fit together.
        BoundaryError: if the boundary names an unknown axis, or misses a side or a rule for it.
    """
    grid = _grid(values, bounds, resolution, resolution_by_axis)
    template = Field(grid, wrap(0.0), ZERO, is_staggered=True)
    checked = _checked_boundary(boundary, template)
    template = replace(template, boundary=checked)
    if isinstance(values, Field):
        field = replace(resample(values, to=template), boundary=checked)
        return write_prescribed_faces(field)
    return write_prescribed_faces(replace(template, values=values_at_faces(values, template)))


def _checked_boundary(spec: Any, template: Field) -> Boundary:
    """Boundary with a rule for each side, and vectors whose components are the axes."""
    boundary, axes = boundary_of(spec, template), template.axes
    for part in boundary.parts():
        if part == NONE:
            raise BoundaryError(
                f"The boundary {boundary} leaves a side without a rule, but a field needs one for "
                "each side. Give a number, PERIODIC or ZERO_GRADIENT."
            )
        if isinstance(part, Constant) and isinstance(part.value, Tensor):
            check_components(part.value, axes, "The boundary")
    if template.is_staggered:
        _check_normal_sides(boundary, axes)
    return boundary


def _check_normal_sides(boundary: Boundary, axes: tuple[str, ...]) -> None:
    for axis in axes:
        normal = component_boundary(boundary, axis, axes)
        for upper in (False, True):
            if isinstance(normal.at(axis, upper=upper), Robin):
                raise BoundaryError(
                    f"The side '{axis}{'+' if upper else '-'}' ties the velocity through it to its "
                    f"slope: {normal.at(axis, upper=upper)}. Use {{'normal': 0, 'tangential': "
                    "Robin(…)}, or ZERO_GRADIENT for an open side."
                )


def _grid(
    values: Any,
    bounds: Box | UniformGrid | None,
    resolution: Shape | None,
    by_axis: dict[str, int],
) -> UniformGrid:
    if isinstance(bounds, UniformGrid):
        return bounds
    if isinstance(resolution, int):
        raise ShapeError(
            f"The resolution {resolution} names no axis. Write x={resolution}, y={resolution} or "
            f"spatial(x={resolution}, …)."
        )
    cells = spatial(**by_axis) if by_axis else resolution
    if cells is None and isinstance(values, Field):
        cells, bounds = values.resolution, bounds or values.bounds
    if cells is None and isinstance(values, Tensor):
        cells = values.shape.spatial
    if not cells:
        raise ShapeError(
            "A grid needs a resolution. Give the number of cells per axis, e.g. x=64, y=64."
        )
    if bounds is None:
        bounds = Box(None, None, **{name: float(cells.get_size(name)) for name in cells.names})
    return UniformGrid(Shape(*(dim._replace(labels=None) for dim in cells.spatial.dims)), bounds)


def write_prescribed_faces(field: Field) -> Field:
    """Same staggered field with the boundary's values in the faces that it prescribes."""
    components = []
    changed = False
    for axis in field.axes:
        component = field.component(axis)
        own = component_boundary(field.boundary, axis, field.axes)
        if isinstance(own, Constant) and not isinstance(own.value, Tensor):
            # The most frequent kind, which `pad` is fastest with: 0.07 instead of 0.21 ms at 128².
            inner = component.get({axis: slice(1, -1)})
            components.append(pad(inner, {axis: (1, 1)}, own))
            changed = True
            continue
        lower, upper = (
            prescribed_value(field.boundary, axis, side, axis, field.axes) for side in (False, True)
        )
        if lower is None and upper is None:
            components.append(component)
            continue
        changed = True
        widths = (0 if lower is None else 1, 0 if upper is None else 1)
        inner = component.get({axis: slice(widths[0], -1 if widths[1] else None)})
        sides = combine_sides({f"{axis}-": lower, f"{axis}+": upper})
        components.append(pad(inner, {axis: widths}, sides))
    return field.with_components(components) if changed else field


def _with_boundary(field: Field, boundary: Any) -> Field:
    make = StaggeredGrid if field.is_staggered else CenteredGrid
    return make(field, boundary, field.bounds, field.resolution)


HOOKS["with_boundary"] = _with_boundary
HOOKS["prescribe"] = write_prescribed_faces
