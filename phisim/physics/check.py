"""Checks of what users pass to physics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from phimath.errors import ShapeError, ValueRangeError
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from phisim.field.field import Field


def check_velocity(velocity: Field, axes: tuple[str, ...]) -> None:
    """Raise unless `velocity` is a vector field with these axes."""
    if not velocity.is_vector or velocity.axes != axes:
        raise ShapeError(
            f"A velocity needs one component per axis {','.join(axes)}, but got a field with the axes "
            f"{','.join(velocity.axes)} and values of shape {velocity.shape}. Use a StaggeredGrid, or label a vector by the axes."
        )


def check_time_step(dt: float | Tensor, negative: bool = True) -> None:
    """Raise unless dt is finite, and not negative where the scheme cannot go back in time."""
    if isinstance(dt, Tensor) and (dt.rank or not dt.available):
        return
    value = float(dt)
    if not math.isfinite(value):
        raise ValueRangeError(f"The time step must be finite, but dt is {value}.")
    if value < 0 and not negative:
        raise ValueRangeError(
            f"The time step must not be negative, but dt is {value}: diffusion cannot go back in time."
        )
