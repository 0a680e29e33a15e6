"""How far a velocity moves things in a step, in cells, and the step for a wanted distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import abs as magnitude
from phimath.elementwise import minimum, where
from phimath.errors import ValueRangeError
from phimath.reduce import max as max_of
from phisim.physics.check import check_time_step, check_velocity

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def courant_number(velocity: Field, dt: float | Tensor) -> Tensor:
    """Largest ∑ |vᵢ| dt / dxᵢ over the domain, taking the largest of each component; (batch).

    Args:
        velocity: Centered or staggered vector field, in length per time.
        dt: Time step.

    Source: Courant, Friedrichs and Lewy (1928); LeVeque, Finite Volume Methods (2002), section 4.4.
    """
    check_velocity(velocity, velocity.axes)
    check_time_step(dt)
    return magnitude(_frequency(velocity) * dt)


def time_step(velocity: Field, courant: float = 0.5, longest: float | Tensor = 1.0) -> Tensor:
    """Step for which the Courant number is `courant`, at most `longest`; one per batch entry.

    A tensor, so that it may change in compiled code and be differentiated.

    Args:
        velocity: Centered or staggered vector field, in length per time.
        courant: The wanted Courant number, positive.
        longest: Step where nothing moves.

    Raises:
        ValueRangeError: if `courant` is not positive.
    """
    check_velocity(velocity, velocity.axes)
    if not courant > 0:
        raise ValueRangeError(f"The Courant number must be positive, not {courant}. Try 0.5.")
    frequency = _frequency(velocity)
    moves = frequency > 0
    return minimum(where(moves, courant / where(moves, frequency, 1.0), longest), longest)


def _frequency(velocity: Field) -> Tensor:
    total = None
    for axis in velocity.axes:
        speed = magnitude(velocity.component(axis))
        term = max_of(speed, speed.shape.non_batch) / velocity.geometry.spacing(axis)
        total = term if total is None else total + term
    assert total is not None
    return total
