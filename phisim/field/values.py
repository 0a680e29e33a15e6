"""Values on the sample points of a grid, from whatever users describe them by."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from phimath.convert import to_complex, to_float
from phimath.create import expand
from phimath.create import tensor as on_default_device
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field.boundary import is_periodic
from phisim.field.noise import Noise
from phisim.geometry import Geometry
from phisim.geometry.geometry import as_vector, check_axes

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import Shape
    from phisim.field.field import Field
    from phisim.geometry import UniformGrid


def values_at_cells(values: Any, template: Field) -> Tensor:
    """Tensor with the cells of the template's grid; see `CenteredGrid` for what `values` may be."""
    grid = template.geometry
    if isinstance(values, Geometry):
        tensor = to_float(values.lies_inside(grid.center))
    elif isinstance(values, Noise):
        tensor = values.on_points(grid.resolution, _spacing(grid))
    elif callable(values) and not isinstance(values, Tensor):
        tensor = evaluate(values, grid.center, grid.axes)
    else:
        tensor = _value_tensor(values, grid)
    _check_spatial(tensor, grid.resolution, "the cells of the grid")
    return expand(_placed(tensor, values), grid.resolution)


def values_at_faces(values: Any, template: Field) -> Tensor:
    """Tensor of components on the template's faces; see `StaggeredGrid` for `values`."""
    components = [_face_values(values, template, axis) for axis in template.axes]
    return stack(components, template.geometry.vector)


def _spacing(grid: UniformGrid) -> dict[str, Tensor]:
    return {axis: grid.spacing(axis) for axis in grid.axes}


def _value_tensor(values: Any, grid: UniformGrid) -> Tensor:
    if isinstance(values, (tuple, list)):
        return _as_numbers(as_vector(values, grid.axes, "The grid"))
    tensor = wrap(values)
    check_components(tensor, grid.axes, "The grid")
    return tensor if isinstance(values, Tensor) else _as_numbers(tensor)


def check_components(values: Tensor, axes: tuple[str, ...], what: str) -> None:
    """Raise if a vector has labels other than the axes in their order."""
    if "vector" in values.shape and values.shape.get_labels("vector") is not None:
        check_axes(values, axes, what)


def _as_numbers(values: Tensor) -> Tensor:
    """Floats or complex numbers of the context's precision."""
    return to_complex(values) if values.dtype.kind == "complex" else to_float(values)


def evaluate(function: Callable[..., Any], location: Tensor, axes: tuple[str, ...]) -> Tensor:
    """Call a function of coordinates by name (`lambda x, y: …`), or of the location vector."""
    parameters = [
        name
        for name, p in inspect.signature(function).parameters.items()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    by_name = bool(parameters) and set(parameters) <= set(axes)
    if not by_name and len(parameters) != 1:
        raise ShapeError(
            f"A function of {', '.join(parameters) or 'nothing'} cannot fill a grid with the axes "
            f"{','.join(axes)}. "
            "Take the coordinates by name or one location vector."
        )
    value = (
        function(**{name: location.vector[name] for name in parameters})
        if by_name
        else function(location)
    )
    is_vector = isinstance(value, (tuple, list))
    tensor = as_vector(value, axes, "The grid") if is_vector else wrap(value)
    check_components(tensor, axes, "The grid")
    return _as_numbers(tensor)


def _face_values(values: Any, template: Field, axis: str) -> Tensor:
    faces = face_resolution(template, axis)
    if isinstance(values, dict):
        if set(values) != set(template.axes):
            raise ShapeError(
                f"Components for {', '.join(values)} do not fit the axes "
                f"{','.join(template.axes)}. Give one tensor per axis."
            )
        value = wrap(values[axis])
    elif isinstance(values, Geometry):
        value = to_float(values.lies_inside(template.face_points(axis)))
    elif isinstance(values, Noise):
        value = values.on_points(faces, _spacing(template.geometry))
    elif callable(values) and not isinstance(values, Tensor):
        value = evaluate(values, template.face_points(axis), template.axes)
    else:
        value = _value_tensor(values, template.geometry)
    if "vector" in value.shape:
        value = _component(value, template, axis)
    _check_spatial(value, faces, f"component '{axis}' of a staggered grid")
    return expand(_placed(value, values), faces)


def _placed(tensor: Tensor, values: Any) -> Tensor:
    """The tensor on the default backend and device; tensors of the user stay where they are."""
    if isinstance(values, (Tensor, dict)) or tensor.backend.name != "numpy":
        return tensor
    return on_default_device(tensor)


def _component(value: Tensor, template: Field, axis: str) -> Tensor:
    labels = value.shape.get_labels("vector")
    if labels is None or labels != template.axes:
        raise ShapeError(
            f"The components of {value.shape} cannot be matched to the axes "
            f"{','.join(template.axes)}. "
            f"Label them, e.g. with channel(vector='{','.join(template.axes)}')."
        )
    return value.get({"vector": labels.index(axis)})


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
