"""Operands of advection: checked, and on one grid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phisim.field.resample import resample, same_grid
from phisim.physics.check import check_field, check_velocity

if TYPE_CHECKING:
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
