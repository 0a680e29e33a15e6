"""Bodies that a diffusing velocity sticks to, at their distance from each point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, final

from phimath.boundary import PERIODIC, ZERO_GRADIENT, pad
from phimath.elementwise import maximum, where
from phimath.errors import ShapeError
from phisim.field.boundary import is_periodic
from phisim.physics.obstacle import as_obstacles, separate_copies

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.physics.obstacle import Obstacle

# Nearer walls count as if they were so many cells away: for explicit steps, of which at least the
# half stays stable, and for implicit ones.
NEAREST: Final = 0.5
NEAREST_IMPLICIT: Final = 0.02


@final
@dataclass(frozen=True, eq=False)
class Walls:
    """Bodies as one staggered component sees them, at its points.

    fluid: 1 outside of all bodies, 0 inside.
    velocity: Of the nearest body.
    closeness: Per axis, midway between all points, both ends too: 1 over the distance of the
        surface from the outer point, in cells; 1 where no surface is.
    """

    field: Field
    fluid: Tensor
    velocity: Tensor
    closeness: dict[str, Tensor]

    @classmethod
    def of(cls, field: Field, bodies: tuple[Obstacle, ...], component: str, nearest: float) -> Self:
        """For the component along one axis."""
        points = field.face_points(component)
        distance, velocity = _nearest(bodies, points, component)
        fluid = where(distance > 0, 1.0, 0.0)
        closeness = {axis: _closeness(distance, axis, field, nearest) for axis in field.axes}
        return cls(field, fluid, velocity, closeness)

    def slip(self, values: Tensor) -> Tensor:
        """Velocity relative to the nearest body."""
        return values - self.velocity

    def correction(self, values: Tensor, axis: str) -> Tensor:
        """What differences between neighbours lack where a surface lies between them."""
        slip = self.slip(values)
        seen = _difference(self.fluid * slip, axis, self.field)
        return self.closeness[axis] * seen - _difference(slip, axis, self.field)

    def towards(self, links: Tensor, axis: str) -> Tensor:
        """Sum of what links to bodies have, at the points outside of these."""
        beside = _padded(1.0 - self.fluid, axis, self.field)
        lower, upper = beside.get({axis: slice(None, -2)}), beside.get({axis: slice(2, None)})
        below, above = links.get({axis: slice(None, -1)}), links.get({axis: slice(1, None)})
        return self.fluid * (below * lower + above * upper)


def walls_of(
    field: Field, obstacles: Any, component: str | None, nearest: float = NEAREST
) -> Walls | None:
    """Bodies that a component sees; `None` if there are none.

    Raises:
        ShapeError: there are bodies, but the field is no staggered velocity.
    """
    bodies = as_obstacles(obstacles, field.axes)
    if not bodies:
        return None
    if component is None:
        raise ShapeError(
            "Only staggered velocities stick to obstacles. For heat give a diffusivity on faces, "
            "0 where a body insulates."
        )
    return Walls.of(field, bodies, component, nearest)


def _nearest(bodies: tuple[Obstacle, ...], points: Tensor, component: str) -> tuple[Tensor, Tensor]:
    """Signed distance of all bodies, and velocity of the nearest."""
    distance = velocity = None
    for body in bodies:
        alone, copies = separate_copies(body)
        if copies:
            raise ShapeError(
                f"Friction on copies along {', '.join(copies)} is not known. Give each body on its "
                "own, or their union."
            )
        own, moving = alone.geometry.signed_distance(points), alone.velocity_at(points)[component]
        if distance is None or velocity is None:
            distance, velocity = own, moving
        else:
            distance, velocity = (
                where(own < distance, own, distance),
                where(own < distance, moving, velocity),
            )
    assert distance is not None
    assert velocity is not None
    return distance, velocity


def _closeness(distance: Tensor, axis: str, field: Field, nearest: float) -> Tensor:
    padded = _padded(distance, axis, field)
    lower, upper = padded.get({axis: slice(None, -1)}), padded.get({axis: slice(1, None)})
    is_cut = (lower > 0) != (upper > 0)
    outer = where(lower > 0, lower, upper)
    span = where(is_cut, where(lower > 0, lower - upper, upper - lower), 1.0)
    return where(is_cut, 1.0 / maximum(outer / span, nearest), 1.0)


def _difference(values: Tensor, axis: str, field: Field) -> Tensor:
    padded = _padded(values, axis, field)
    return padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)})


def _padded(values: Tensor, axis: str, field: Field) -> Tensor:
    wraps = is_periodic(field.boundary, axis)
    return pad(values, {axis: (1, 1)}, PERIODIC if wraps else ZERO_GRADIENT)
