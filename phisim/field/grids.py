"""Constructors of grid fields from numbers, vectors, tensors, functions, geometries and other fields."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.boundary import as_boundary, validate_boundary
from phimath.convert import to_float
from phimath.create import expand
from phimath.dimension import spatial
from phimath.errors import ShapeError
from phimath.join import concat, stack
from phimath.shape import Shape
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field import resample as resampling
from phisim.field.boundary import is_periodic, prescribed_value
from phisim.field.field import HOOKS, Field
from phisim.geometry import Box, Geometry, UniformGrid
from phisim.geometry.geometry import as_vector, check_axes

if TYPE_CHECKING:
    from collections.abc import Callable


def CenteredGrid(  # noqa: N802  (published name; constructs a Field)
    values: Any = 0.0,
    boundary: Any = 0.0,
    bounds: Box | UniformGrid | None = None,
    resolution: Shape | None = None,
    **resolution_by_axis: int,
) -> Field:
    """Field with values at cell centers.

    Args:
        values: Number, tuple (vector in the order of the axes), tensor with the grid's spatial dimensions, geometry (1 inside),
            function of the location (…, vector) or of the coordinates by name, or field to resample.
        boundary: What lies beyond the sides: see `phimath.boundary.as_boundary`.
        bounds: Domain; cells of size 1 from the origin by default.
        resolution: Cells per axis as a shape, or by name: `x=64, y=64`.

    Raises:
        ShapeError: if resolution, bounds and values don't fit together.
        BoundaryError: if the boundary names an unknown axis or misses a side.
    """
    grid = _grid(values, bounds, resolution, resolution_by_axis)
    checked = validate_boundary(as_boundary(boundary), grid.axes)
    if isinstance(values, Field):
        return replace(resampling.resample(values, to=Field(grid, wrap(0.0), checked)), boundary=checked)
    if isinstance(values, Geometry):
        tensor = to_float(values.lies_inside(grid.center))
    elif callable(values):
        tensor = _evaluate(values, grid.center, grid.axes)
    else:
        tensor = _value_tensor(values, grid)
    _check_spatial(tensor, grid.resolution, "CenteredGrid")
    return Field(grid, expand(tensor, grid.resolution), checked)


def StaggeredGrid(  # noqa: N802  (published name; constructs a Field)
    values: Any = 0.0,
    boundary: Any = 0.0,
    bounds: Box | UniformGrid | None = None,
    resolution: Shape | None = None,
    **resolution_by_axis: int,
) -> Field:
    """Vector field with each component at the centers of the faces normal to its axis (MAC grid, Harlow and Welch, 1965).

    Along its own axis a component has n + 1 values, or n if the axis is periodic.  Values that the boundary prescribes are written into
    the faces on the sides of the domain.

    Args:
        values: Number (all components), tuple (in the order of the axes), labelled vector, function of the location or of the
            coordinates by name, geometry (1 inside), field to resample, dictionary of one tensor per axis, or a tensor in the layout of
            `field.values`.
        boundary: What lies beyond the sides: see `phimath.boundary.as_boundary`.
        bounds: Domain; cells of size 1 from the origin by default.
        resolution: Cells (not faces) per axis as a shape, or by name: `x=64, y=64`.

    Raises:
        ShapeError: if resolution, bounds and values don't fit together.
        BoundaryError: if the boundary names an unknown axis or misses a side.
    """
    grid = _grid(values, bounds, resolution, resolution_by_axis)
    checked = validate_boundary(as_boundary(boundary), grid.axes)
    template = Field(grid, wrap(0.0), checked, is_staggered=True)
    if isinstance(values, Field):
        field = replace(resampling.resample(values, to=template), boundary=checked)
        return write_prescribed_faces(field)
    components = [_face_values(values, template, axis) for axis in grid.axes]
    return write_prescribed_faces(replace(template, values=stack(components, grid.vector)))


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
            f"The resolution {resolution} names no axis. Write x={resolution}, y={resolution} or spatial(x={resolution}, …)."
        )
    cells = spatial(**by_axis) if by_axis else resolution
    if cells is None and isinstance(values, Field):
        cells, bounds = values.resolution, bounds or values.bounds
    if cells is None and isinstance(values, Tensor):
        cells = values.shape.spatial
    if not cells:
        raise ShapeError("A grid needs a resolution. Give the number of cells per axis, e.g. x=64, y=64.")
    if bounds is None:
        bounds = Box(**{name: float(cells.get_size(name)) for name in cells.names})
    return UniformGrid(Shape(*(dim._replace(labels=None) for dim in cells.spatial.dims)), bounds)


def _value_tensor(values: Any, grid: UniformGrid) -> Tensor:
    if isinstance(values, (tuple, list)):
        return to_float(as_vector(values, grid.axes, "The grid"))
    tensor = wrap(values)
    if "vector" in tensor.shape and tensor.shape.get_labels("vector") is not None:
        check_axes(tensor, grid.axes, "The grid")
    return tensor if isinstance(values, Tensor) else to_float(tensor)


def _evaluate(function: Callable[..., Any], location: Tensor, axes: tuple[str, ...]) -> Tensor:
    """Call a function of the coordinates by name (`lambda x, y: …`), or else of the location vector."""
    parameters = [
        name
        for name, p in inspect.signature(function).parameters.items()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    by_name = bool(parameters) and set(parameters) <= set(axes)
    if not by_name and len(parameters) != 1:
        raise ShapeError(
            f"A function of {', '.join(parameters) or 'nothing'} cannot fill a grid with the axes {','.join(axes)}. "
            "Take the coordinates by name or one location vector."
        )
    value = (
        function(**{name: location.vector[name] for name in parameters})
        if by_name
        else function(location)
    )
    return to_float(as_vector(value, axes, "The grid")) if isinstance(value, (tuple, list)) else to_float(wrap(value))


def _face_values(values: Any, template: Field, axis: str) -> Tensor:
    faces = face_resolution(template, axis)
    if isinstance(values, dict):
        if set(values) != set(template.axes):
            raise ShapeError(
                f"Components for {', '.join(values)} do not fit the axes {','.join(template.axes)}. Give one tensor per axis."
            )
        value = wrap(values[axis])
    elif isinstance(values, Geometry):
        value = to_float(values.lies_inside(template.face_points(axis)))
    elif callable(values) and not isinstance(values, Tensor):
        value = _evaluate(values, template.face_points(axis), template.axes)
    else:
        value = _value_tensor(values, template.geometry)
    if "vector" in value.shape:
        value = value.get({"vector": value.shape.get_labels("vector").index(axis)}) if value.shape.get_labels(
            "vector"
        ) else _unlabelled_component(value, template, axis)
    _check_spatial(value, faces, f"component '{axis}' of the StaggeredGrid")
    return expand(value, faces)


def _unlabelled_component(value: Tensor, template: Field, axis: str) -> Tensor:
    raise ShapeError(
        f"The vector of shape {value.shape} has no labels, so that its components cannot be matched to the axes "
        f"{','.join(template.axes)}. Label it, e.g. with channel(vector='{','.join(template.axes)}'), to get '{axis}'."
    )


def _check_spatial(tensor: Tensor, expected: Shape, what: str) -> None:
    for dim in tensor.shape.spatial.dims:
        if dim.name not in expected or dim.size != expected.get_size(dim.name):
            raise ShapeError(
                f"Values of shape {tensor.shape} do not fit {what}, which has {expected}. "
                "Give values with these dimensions, or let the resolution follow from them."
            )


def face_resolution(field: Field, axis: str) -> Shape:
    """Number of stored faces of one staggered component."""
    faces = 0 if is_periodic(field.boundary, axis) else 1
    return field.resolution.with_size(axis, field.resolution.get_size(axis) + faces)


def write_prescribed_faces(field: Field) -> Field:
    """Same staggered field with the boundary's values in the faces on the sides where it prescribes them."""
    components = []
    changed = False
    for axis in field.axes:
        component = field.component(axis)
        lower, upper = (prescribed_value(field.boundary, axis, side, axis) for side in (False, True))
        if lower is None and upper is None:
            components.append(component)
            continue
        changed = True
        # Zero everywhere, the usual start, stays lazily expanded only if nothing is written.
        inner = component.get({axis: slice(0 if lower is None else 1, None if upper is None else -1)})
        face = component.shape.spatial.with_size(axis, 1)
        parts = [_face(lower, face), inner, _face(upper, face)]
        components.append(concat([part for part in parts if part is not None], axis))
    return field.with_components(components) if changed else field


def _face(value: Tensor | None, shape: Shape) -> Tensor | None:
    return None if value is None else expand(value, shape)


def _with_boundary(field: Field, boundary: Any) -> Field:
    make = StaggeredGrid if field.is_staggered else CenteredGrid
    return make(field, boundary, field.bounds, field.resolution)


HOOKS["with_boundary"] = _with_boundary
HOOKS["prescribe"] = write_prescribed_faces
__all__ = ["CenteredGrid", "StaggeredGrid", "face_resolution", "write_prescribed_faces"]
