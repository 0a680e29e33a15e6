"""Values of fields at any location, by multilinear interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.interpolate import sample_components, sample_with_range
from phimath.join import stack
from phisim.field.boundary import component_boundary, sampling_rule
from phisim.geometry.geometry import check_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.boundary import Boundary
    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.geometry import UniformGrid


def sample(field: Field, location: Tensor) -> Tensor:
    """Values at locations (…, vector) in physical units.

    Between samples the interpolation is multilinear.  On and beyond the sides of the domain the
    boundary counts: a prescribed value holds on the side and outside of it.

    Returns: tensor with the dimensions of the locations, without `vector` for scalar fields.
    """
    check_axes(location, field.axes, "The field")
    cells = cell_coordinates(field.geometry, {axis: location.vector[axis] for axis in field.axes})
    if field.is_staggered:
        components = [sample_component(field, axis, cells) for axis in field.axes]
        return stack(components, field.geometry.vector)
    return sample_component(field, None, cells)


def cell_coordinates(grid: UniformGrid, location: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Coordinates in units of cells from the lower corner, per axis."""
    lower = grid.bounds.lower
    return {axis: (location[axis] - lower.vector[axis]) / grid.spacing(axis) for axis in grid.axes}


def sample_component(field: Field, component: str | None, cells: Mapping[str, Tensor]) -> Tensor:
    """Values at cell coordinates of one staggered component, or of a centered field (`None`)."""
    return sample_components(*interpolation_arguments(field, component, cells))


def sample_component_with_range(
    field: Field, component: str | None, cells: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Like `sample_component`, with the lowest and highest value interpolated between."""
    return sample_with_range(*interpolation_arguments(field, component, cells))


def interpolation_arguments(
    field: Field, component: str | None, cells: Mapping[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor], Boundary]:
    """Grid, coordinates in units of its points, and boundary to interpolate one component."""
    indices = {axis: cells[axis] if axis == component else cells[axis] - 0.5 for axis in field.axes}
    if component is None:
        rule = sampling_rule(field.boundary, None, field.geometry, field.values)
        return field.values, indices, rule
    own = component_boundary(field.boundary, component, field.axes)
    values = field.component(component)
    return values, indices, sampling_rule(own, component, field.geometry, values)
