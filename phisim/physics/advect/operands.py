"""Operands of advection: checked, on one grid, and taken apart into components."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phisim.field.boundary import laplace_boundary
from phisim.field.resample import resample, same_grid
from phisim.physics.check import check_field, check_velocity

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field


def velocity_for(field: Field, velocity: Field) -> Field:
    """The velocity on the grid of the field that it moves.

    Raises:
        ShapeError: either is no field, or the velocity has not one component per axis of `field`.
    """
    check_field(field, "What is advected")
    check_velocity(velocity, field.axes)
    if same_grid(field.geometry, velocity.geometry):
        return velocity
    return resample(velocity, to=replace(field, boundary=velocity.boundary))


def components_of(field: Field) -> tuple[str | None, ...]:
    """Axes of the staggered components, or one `None` for cell centers."""
    return field.axes if field.is_staggered else (None,)


def values_of(field: Field, component: str | None) -> Tensor:
    """Values of a staggered component, or at cell centers."""
    return field.values if component is None else field.component(component)


def rate_of_change(field: Field, rate: Callable[[str | None], Tensor]) -> Field:
    """Rate of change of a field from that of each of its components; 0 where it is prescribed."""
    boundary = laplace_boundary(field.boundary, field.axes)
    rates = [rate(component) for component in components_of(field)]
    if field.is_centered:
        return replace(field, values=rates[0], boundary=boundary)
    return field.with_components(rates).with_boundary(boundary)
