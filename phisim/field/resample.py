"""Resampling: the same function on other sample points."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from phimath.boundary import ZERO, Constant
from phimath.dtype import precision_bits
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.reduce import all as all_of
from phimath.tensor import Tensor
from phimath.tree import flatten
from phisim.field.boundary import adapted, component_boundary, is_periodic, with_ghosts
from phisim.field.field import HOOKS, Field
from phisim.field.profile import at_cells, moved_to_grid
from phisim.field.sample import cell_coordinates, sample_component
from phisim.field.values import values_at_cells, values_at_faces
from phisim.geometry import Geometry, UniformGrid
from phisim.geometry.fraction import fraction_inside
from phisim.geometry.geometry import as_vector


def resample(value: Any, to: Field, *, soft: bool = False) -> Field:
    """Field with the values of `value` on the sample points of `to`.

    Args:
        value: Field, geometry (mask, 1 inside), number, vector, tensor with the grid's dimensions,
            or function of the location.
        to: Field that gives grid, sample points and the kinds of the boundary; constants come from
            `value`, and are 0 where it has none.
        soft: For geometries, the covered fraction of each cell instead of 0 or 1.

    Between different grids the interpolation is linear, second order.  From centers to faces and
    back it averages the two neighbours.
    """
    if isinstance(value, Field):
        return _resample_field(value, to)
    if isinstance(value, Geometry):
        values = _mask(value, to, soft)
        boundary = adapted(ZERO, to.boundary, to.axes)
        return replace(to, values=values, boundary=boundary)
    make = values_at_faces if to.is_staggered else values_at_cells
    return replace(
        to, values=make(value, to), boundary=adapted(_outside(value, to), to.boundary, to.axes)
    )


def _outside(value: Any, to: Field) -> Constant:
    """What a constant is beyond the sides; functions and tensors say nothing about it."""
    if callable(value) or (isinstance(value, Tensor) and value.shape.spatial):
        return ZERO
    return Constant(
        as_vector(value, to.axes, "The field") if isinstance(value, (tuple, list)) else value
    )


# Masks by geometry and by the numbers that it and the grid have.  Weak: they are forgotten with the
# geometry.
_MASKS: WeakKeyDictionary[Geometry, dict[Hashable, Tensor]] = WeakKeyDictionary()
_MOST_MASKS = 4  # of one geometry
_MOST_NUMBERS = 1024  # beyond which reading them takes too long
_CALLABLE: Any = Callable  # an abstract class, which is one for `isinstance`


def _mask(geometry: Geometry, to: Field, soft: bool) -> Tensor:
    """Computed once for a geometry and a grid that are given by a few numbers of the host."""
    numbers = _numbers_of((geometry, to.geometry))
    if numbers is None:
        return _computed_mask(geometry, to, soft)
    wraps = tuple(is_periodic(to.boundary, axis) for axis in to.axes)
    key = (numbers, to.resolution, to.is_staggered, wraps, soft, precision_bits())
    known = _MASKS.setdefault(geometry, {})
    mask = known.get(key)
    if mask is None:
        mask = _computed_mask(geometry, to, soft)
        if len(known) < _MOST_MASKS:
            known[key] = mask
    return mask


def _numbers_of(geometries: tuple[Geometry, ...]) -> Hashable | None:
    """What they are now, for arrays may change; `None` if frameworks or functions decide it."""
    leaves, _ = flatten(geometries, (Tensor, _CALLABLE))
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.backend.name == "numpy"]
    if len(tensors) < len(leaves) or sum(t.shape.volume for t in tensors) > _MOST_NUMBERS:
        return None
    return tuple(tensor.numpy(tensor.shape).tobytes() for tensor in tensors)


def _computed_mask(geometry: Geometry, to: Field, soft: bool) -> Tensor:
    spacing = {axis: to.geometry.spacing(axis) for axis in to.axes}
    if not to.is_staggered:
        return _inside(geometry, to.geometry.center, spacing, soft)
    components = []
    for axis in to.axes:
        extent = {a: length for a, length in spacing.items() if a != axis}
        components.append(_inside(geometry, to.face_points(axis), extent, soft))
    return stack(components, to.geometry.vector)


def _inside(geometry: Geometry, points: Tensor, extent: dict[str, Tensor], soft: bool) -> Tensor:
    if soft:
        return fraction_inside(geometry, points, extent)
    return geometry.lies_inside(points) * 1.0


def _resample_field(field: Field, to: Field) -> Field:
    if same_grid(field.geometry, to.geometry) and _same_faces(field, to):
        if field.is_staggered == to.is_staggered:
            values = field.values
        else:
            values = (to_faces if to.is_staggered else to_centers)(field).values
        resampled = replace(field, values=values, is_staggered=to.is_staggered)
    else:
        boundary = moved_to_grid(field.boundary, field.geometry, to.geometry)
        resampled = replace(to, values=_at_other_grid(field, to), boundary=boundary)
    boundary = adapted(resampled.boundary, to.boundary, to.axes)
    resampled = replace(resampled, geometry=to.geometry, boundary=boundary)
    return HOOKS["prescribe"](resampled) if to.is_staggered else resampled


def _same_faces(field: Field, to: Field) -> bool:
    """Whether the same sides repeat, so that staggered components have equal numbers of faces."""
    if not (field.is_staggered or to.is_staggered):
        return True
    return all(
        is_periodic(field.boundary, axis) == is_periodic(to.boundary, axis) for axis in to.axes
    )


def same_grid(a: UniformGrid, b: UniformGrid) -> bool:
    """Whether two grids have the same cells."""
    if a is b:
        return True
    if a.resolution is not b.resolution:
        return False
    if a.bounds is b.bounds:
        return True
    same = (a.bounds.lower == b.bounds.lower) & (a.bounds.upper == b.bounds.upper)
    return bool(all_of(same, None))


def _at_other_grid(field: Field, to: Field) -> Tensor:
    if set(field.axes) != set(to.axes):
        raise ShapeError(
            f"Cannot resample from a grid with the axes {','.join(field.axes)} to one with "
            f"{','.join(to.axes)}. "
            "Both need the same axes."
        )
    if to.is_staggered:
        return stack([_at_points(field, axis, to) for axis in to.axes], to.geometry.vector)
    if field.is_staggered:
        return stack([_at_points(field, axis, to) for axis in field.axes], to.geometry.vector)
    return _at_points(field, None, to)


def _at_points(field: Field, component: str | None, to: Field) -> Tensor:
    """One component at the points of `to`, which form a grid: coordinates are 1D per axis."""
    points = {
        axis: to.geometry.positions(
            axis,
            faces=to.is_staggered and axis == component,
            periodic=is_periodic(to.boundary, axis),
        )
        for axis in to.axes
    }
    cells = cell_coordinates(field.geometry, points)
    if field.is_staggered:
        return sample_component(field, component, cells)
    values = sample_component(field, None, cells)
    return values if component is None or "vector" not in values.shape else values.vector[component]


def to_centers(field: Field) -> Field:
    """Field at cell centers; each component is averaged over the two faces of a cell."""
    if field.is_centered:
        return field
    components = [component_at_centers(field, axis) for axis in field.axes]
    values = stack(components, field.geometry.vector)
    boundary = at_cells(field.boundary, field.resolution)
    return replace(field, values=values, boundary=boundary, is_staggered=False)


def to_faces(field: Field) -> Field:
    """Field on faces: the average of the two neighbouring cells.

    A scalar serves as all components.
    """
    if field.is_staggered:
        return field
    if "vector" in field.shape and not field.is_vector:
        raise ShapeError(
            f"A field of shape {field.shape} has no component per axis {','.join(field.axes)}. "
            "Label its vector by the axes."
        )
    components = []
    for axis in field.axes:
        values = field.component(axis) if field.is_vector else field.values
        boundary = (
            component_boundary(field.boundary, axis, field.axes)
            if field.is_vector
            else field.boundary
        )
        components.append(_average_to_faces(values, boundary, axis, field.geometry))
    staggered = replace(field, values=stack(components, field.geometry.vector), is_staggered=True)
    return HOOKS["prescribe"](staggered)


def component_at_centers(field: Field, component: str) -> Tensor:
    """Values of one component of a vector field at cell centers."""
    values = field.component(component)
    if field.is_centered:
        return values
    if is_periodic(field.boundary, component):
        values = with_ghosts(
            values, field.boundary, {component: (0, 1)}, field.geometry, component, staggered=True
        )
    return _average(values, component)


def component_at_faces(field: Field, component: str, axis: str) -> Tensor:
    """Values of one component of a vector field on the faces normal to `axis`."""
    if field.is_staggered and component == axis:
        return field.component(axis)
    boundary = component_boundary(field.boundary, component, field.axes)
    values = component_at_centers(field, component)
    return _average_to_faces(values, boundary, axis, field.geometry)


def _average_to_faces(values: Tensor, boundary: Any, axis: str, grid: UniformGrid) -> Tensor:
    widths = {axis: (1, 0 if is_periodic(boundary, axis) else 1)}
    return _average(with_ghosts(values, boundary, widths, grid), axis)


def _average(values: Tensor, axis: str) -> Tensor:
    return (values.get({axis: slice(1, None)}) + values.get({axis: slice(None, -1)})) * 0.5


HOOKS["resample"] = resample
HOOKS["same_grid"] = same_grid
HOOKS["to_centers"] = to_centers
HOOKS["to_faces"] = to_faces
