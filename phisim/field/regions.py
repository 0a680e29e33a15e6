"""Where fields have values: masks, points, and filling what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.boundary import ZERO, ZERO_GRADIENT, as_boundary
from phimath.create import vector_of
from phimath.elementwise import is_finite
from phimath.errors import ShapeError
from phimath.index import nonzero
from phimath.join import stack
from phimath.stencil import finite_fill as fill_tensor
from phisim.field.boundary import component_boundary, ghost_rule, is_periodic
from phisim.field.field import Field
from phisim.field.resample import resample
from phisim.geometry import Geometry

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor


def mask(value: Field | Geometry, to: Field | None = None) -> Field:
    """1 inside of a geometry, or where a field is neither 0 nor NaN, and 0 elsewhere.

    to: For geometries, the field on whose points the mask is needed.
    """
    if isinstance(value, Field):
        values = _by_component(value, lambda x, _: (is_finite(x) & (x != 0)) * 1.0)
        return replace(value, values=values, boundary=_repeating(value))
    if not isinstance(value, Geometry):
        raise ShapeError(f"mask takes a field or a geometry, not {type(value).__name__}.")
    if to is None:
        raise ShapeError(
            "The mask of a geometry needs a grid. Write mask(shape, to=field), or soft=True in "
            "resample(shape, to=field, soft=True) for covered fractions."
        )
    return resample(value, to=to)


def finite_fill(field: Field, distance: int = 1, *, diagonal: bool = True) -> Field:
    """Replace NaN and infinities by the mean of finite neighbours, `distance` times.

    Args:
        field: Centered or staggered; each component is filled on its own.
        distance: How far values spread, in cells.
        diagonal: Whether neighbours along several axes at once count.
    """

    def filled(values: Tensor, component: str | None) -> Tensor:
        own = component_boundary(field.boundary, component, field.axes)
        ghosts = ghost_rule(own, component, field.geometry, values)
        return fill_tensor(values, field.axes, distance, diagonal=diagonal, padding=ghosts)

    return field.with_values(_by_component(field, filled))


def support(field: Field, list_dim: Any = "nonzero:i") -> Tensor:
    """Points (nonzero, vector) of a centered field where its values are not 0.

    list_dim: Lists the points.
    """
    if field.is_staggered:
        raise ShapeError("support takes a centered field. Use field.at_centers() first.")
    index = nonzero(field.values, list_dim, list_dims=field.axes)
    grid = field.geometry
    return vector_of(
        {
            axis: grid.bounds.lower.vector[axis] + (index.vector[axis] + 0.5) * grid.spacing(axis)
            for axis in field.axes
        }
    )


def _by_component(field: Field, change: Callable[[Tensor, str | None], Tensor]) -> Tensor:
    if field.is_centered:
        return change(field.values, None)
    parts = [change(field.component(axis), axis) for axis in field.axes]
    return stack(parts, field.geometry.vector)


def _repeating(field: Field) -> Any:
    """Nothing beyond the sides, but where the domain repeats."""
    sides = {
        axis: field.boundary.at(axis, upper=False) if is_periodic(field.boundary, axis) else ZERO
        for axis in field.axes
    }
    return (
        as_boundary(sides)
        if field.is_centered
        else as_boundary({a: s if s != ZERO else ZERO_GRADIENT for a, s in sides.items()})
    )
