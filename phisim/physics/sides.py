"""Sides of a flow by name, to put into the boundary of a velocity.

| side                    | velocity through it    | velocity along it      | pressure             |
|-------------------------|------------------------|------------------------|----------------------|
| `NO_SLIP`               | 0                      | 0                      | no gradient          |
| `moving_wall(velocity)` | that of the wall       | that of the wall       | no gradient          |
| `FREE_SLIP`             | 0                      | no gradient            | no gradient          |
| `partial_slip(length)`  | 0                      | length · its gradient  | no gradient          |
| `parabolic_inflow(…)`   | the profile            | 0                      | no gradient          |
| `OUTFLOW`               | no gradient            | no gradient            | 0                    |
| `PressureOutlet(p)`     | no gradient            | no gradient            | p                    |
| `convective_outflow(…)` | carried by the flow    | carried by the flow    | no gradient          |
| `PERIODIC`              | that of the other side | that of the other side | of the other side    |

Any number, vector, function of the location or field prescribes a velocity, too.  What the pressure
does follows in `phisim.field.boundary` from the velocity through the side, and so does what solvers
of diffusion do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from phimath.boundary import (
    ZERO,
    ZERO_GRADIENT,
    Boundary,
    Constant,
    as_boundary,
    combine_by_direction,
)
from phimath.create import vector_of
from phimath.elementwise import maximum
from phimath.errors import BoundaryError
from phimath.join import stack
from phimath.reduce import mean
from phimath.tensor import Tensor
from phisim.field.boundary import prescribed_value, pressure_boundary
from phisim.field.robin import Robin
from phisim.physics.balance import flow_through_sides
from phisim.physics.check import check_face_velocity, check_time_step
from phisim.physics.pressure import is_enclosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from phisim.field.field import Field
    from phisim.geometry import Box

NO_SLIP: Final = ZERO
FREE_SLIP: Final = combine_by_direction(normal=ZERO, tangential=ZERO_GRADIENT)
OUTFLOW: Final = ZERO_GRADIENT


def moving_wall(velocity: Any) -> Boundary:
    """A wall that the fluid sticks to.

    velocity: of the wall, a vector such as `vec(x=1, y=0)`, length per time.
    """
    return as_boundary(velocity)


def partial_slip(length: float | Tensor) -> Boundary:
    """A wall along which the fluid slides: u = −length ∂u/∂n, n pointing outwards (Navier, 1823).

    length: 0 is `NO_SLIP`, infinity would be `FREE_SLIP`.
    """
    return combine_by_direction(normal=ZERO, tangential=Robin(1.0, length))


def parabolic_inflow(side: str, bounds: Box, largest: float | Tensor) -> Callable[[Tensor], Tensor]:
    """Fully developed flow between walls, into the domain, as a function of the location.

    Args:
        side: Where it enters, such as `'x-'`.
        bounds: The domain; the profile vanishes on all other sides.
        largest: Velocity in the middle, length per time.  In a plane channel the mean is 2/3 of it,
            in 3D the product of two parabolas 4/9.
    """
    axis, inwards = side[:-1], {"-": 1.0, "+": -1.0}.get(side[-1:], 0.0)
    if axis not in bounds.axes or not inwards:
        raise BoundaryError(
            f"There is no side {side!r} of a domain with the axes {','.join(bounds.axes)}. Write "
            f"e.g. '{bounds.axes[0]}-'."
        )

    def velocity(location: Tensor) -> Tensor:
        speed: Any = largest * inwards
        for other in bounds.axes:
            if other != axis:
                start, size = bounds.lower.vector[other], bounds.size.vector[other]
                part = (location.vector[other] - start) / size
                speed = speed * (4.0 * part * (1.0 - part))
        return vector_of({a: speed if a == axis else 0.0 for a in bounds.axes})

    return velocity


def convective_outflow(
    velocity: Field, side: str, dt: float | Tensor, speed: float | Tensor | None = None
) -> Field:
    """The velocity after what it prescribes on one side was carried out: ∂u/∂t + U ∂u/∂n = 0.

    Args:
        velocity: Staggered, with a prescribed velocity on that side, such as 0 at the start.
        side: Where it leaves, such as `'x+'`.
        dt: Time step.
        speed: U, outwards; by default the mean of the flow one cell inside, at least 0.

    Call it once per step, before the projection.  The flow through the side is then shifted so
    that as much leaves as enters elsewhere, unless there are open sides.
    Notes: vortices leave with less reflection than through `OUTFLOW`, where the pressure is 0.
        First order in time, stable for any dt.

    Raises:
        BoundaryError: the side does not exist, is open or periodic.

    Source: Orlanski, J. Comput. Phys. 21 (1976).
    """
    check_face_velocity(velocity, velocity)
    check_time_step(dt)
    axis, upper = _side(velocity, side)
    outwards = _outward_speed(velocity, axis, upper) if speed is None else speed
    carried = []
    for component in velocity.axes:
        old = prescribed_value(velocity.boundary, axis, upper, component, velocity.axes)
        if old is None:
            raise BoundaryError(
                f"The velocity is not prescribed on '{side}', but {velocity.boundary}. Give the "
                "side a velocity to start from, such as 0."
            )
        inner = _nearest(velocity, component, axis, upper)
        distance = velocity.geometry.spacing(axis) * (1.0 if component == axis else 0.5)
        courant = dt * outwards / distance
        carried.append((old + courant * inner) / (1.0 + courant))
    return _balanced(_with_side(velocity, axis, upper, carried), carried, axis, upper)


def _balanced(velocity: Field, side: list[Tensor], axis: str, upper: bool) -> Field:
    """The same with what the components on one side lack to let out what enters elsewhere."""
    if not is_enclosed(pressure_boundary(velocity.boundary, velocity.axes), velocity.axes):
        return velocity
    net, _ = flow_through_sides(velocity)
    index, grid = velocity.axes.index(axis), velocity.geometry
    faces = velocity.resolution.without(axis).volume
    excess = net * grid.spacing(axis) / (grid.volume * faces)
    side[index] = side[index] + (excess if upper else -excess)
    return _with_side(velocity, axis, upper, side)


def _outward_speed(velocity: Field, axis: str, upper: bool) -> Tensor:
    inner = _nearest(velocity, axis, axis, upper)
    speed = mean(inner, inner.shape.spatial)
    return maximum(speed if upper else -speed, 0.0)


def _nearest(velocity: Field, component: str, axis: str, upper: bool) -> Tensor:
    """Values of a component next to a side, not on it."""
    step = 1 if component == axis else 0
    return velocity.component(component).get({axis: -1 - step if upper else step})


def _side(velocity: Field, side: str) -> tuple[str, bool]:
    axis, upper = side[:-1], side[-1:] == "+"
    if axis not in velocity.axes or side[-1:] not in "+-":
        raise BoundaryError(
            f"There is no side {side!r} of a domain with the axes {','.join(velocity.axes)}. Write "
            f"e.g. '{velocity.axes[0]}+'."
        )
    return axis, upper


def _with_side(velocity: Field, axis: str, upper: bool, components: list[Tensor]) -> Field:
    value = Constant(stack(components, velocity.geometry.vector))
    sides = {
        f"{a}{'+' if u else '-'}": velocity.boundary.at(a, upper=u)
        for a in velocity.axes
        for u in (False, True)
    }
    sides[f"{axis}{'+' if upper else '-'}"] = value
    return velocity.with_boundary(sides)
