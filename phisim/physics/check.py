"""Checks of what users pass to physics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import is_finite
from phimath.errors import ShapeError, ValueRangeError
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.tensor import Tensor
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phisim.field.field import Field


def check_velocity(velocity: Field, axes: tuple[str, ...]) -> None:
    """Raise unless `velocity` is a vector field with these axes."""
    check_field(velocity, "A velocity")
    if not velocity.is_vector or velocity.axes != axes:
        raise ShapeError(
            f"A velocity needs one component per axis {','.join(axes)}, but got a field with the "
            "axes "
            f"{','.join(velocity.axes)} and values of shape {velocity.shape}. Use a StaggeredGrid, "
            "or label a vector by the axes."
        )


def check_field(value: object, what: str) -> None:
    """Raise unless `value` is a field."""
    if not (hasattr(value, "geometry") and hasattr(value, "boundary")):
        raise ShapeError(
            f"{what} must be a field, not {type(value).__name__}. Make one with CenteredGrid or "
            "StaggeredGrid."
        )


def check_time_step(dt: float | Tensor, negative: bool = True) -> None:
    """Raise unless dt is finite, and not negative where the scheme cannot go back in time."""
    if isinstance(dt, Tensor) and not dt.available:
        return
    steps = dt if isinstance(dt, Tensor) else wrap(float(dt))
    if not bool(all_of(is_finite(steps), None)):
        raise ValueRangeError(
            f"The time step must be finite, but dt is {dt}. Give a number, e.g. dt=1.0."
        )
    if not negative and bool(any_of(steps < 0, None)):
        raise ValueRangeError(
            f"The time step must not be negative, but dt is {dt}: diffusion cannot go back in time."
        )
