"""Solid bodies in a flow, and the face apertures by which velocity and pressure see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.dimension import batch
from phimath.dims import rename_dims
from phimath.dtype import precision_bits
from phimath.elementwise import clip, where
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.geometry import Geometry
from phisim.geometry.fraction import fraction_inside
from phisim.geometry.geometry import as_vector
from phisim.physics.visibility import check_visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phisim.field.field import Field

# Where a body ends at a face or two bodies meet, rounding leaves slits that make systems singular
# up to rounding.
SLIT = {16: 1e-2, 32: 1e-4, 64: 1e-10}


@final
@dataclass(frozen=True, eq=False, init=False)
class Obstacle:
    """Rigid body.

    geometry: where it is.
    velocity: of its center, (…, vector), length per time.
    angular_velocity: about its center, radians per time: a number in 2D (counter-clockwise), a
        vector in 3D.
    """

    geometry: Geometry
    velocity: Tensor
    angular_velocity: Tensor

    def __init__(
        self, geometry: Geometry, velocity: Any = 0.0, angular_velocity: Any = 0.0
    ) -> None:
        """A body at rest unless velocities are given."""
        if not isinstance(geometry, Geometry):
            raise ShapeError(
                "An Obstacle needs a geometry such as Sphere or Box, not "
                f"{type(geometry).__name__}."
            )
        angular = wrap(angular_velocity)
        is_vector = "vector" in angular.shape
        if is_vector != (geometry.spatial_rank == 3) and not _is_zero(angular_velocity):
            wanted = "a vector" if geometry.spatial_rank == 3 else "a number"
            raise ShapeError(
                f"With the axes {','.join(geometry.axes)} the angular velocity must be {wanted}, "
                f"not {angular.shape}."
            )
        object.__setattr__(self, "geometry", geometry)
        object.__setattr__(self, "velocity", as_vector(velocity, geometry.axes, "The obstacle"))
        object.__setattr__(self, "angular_velocity", angular)

    def velocity_at(self, location: Tensor) -> dict[str, Tensor]:
        """Velocity of the body's material at locations (…, vector), per axis: v + ω × r."""
        axes = self.geometry.axes
        linear = {axis: self.velocity.vector[axis] for axis in axes}
        spin = self.angular_velocity
        if len(axes) < 2 or ("vector" not in spin.shape and len(axes) == 3):
            return linear
        r = {axis: location.vector[axis] - self.geometry.center.vector[axis] for axis in axes}
        if len(axes) == 2:
            x, y = axes
            return {x: linear[x] - spin * r[y], y: linear[y] + spin * r[x]}
        x, y, z = axes
        w = {axis: spin.vector[axis] for axis in axes}
        return {
            a: linear[a] + w[b] * r[c] - w[c] * r[b]
            for a, b, c in ((x, y, z), (y, z, x), (z, x, y))
        }


def _is_zero(value: Any) -> bool:
    return not isinstance(value, Tensor) and value == 0


def as_obstacles(obstacles: Any, axes: tuple[str, ...]) -> tuple[Obstacle, ...]:
    """Checked tuple of obstacles from none, one or several obstacles or geometries."""
    several = obstacles if isinstance(obstacles, (tuple, list)) else (obstacles,)
    checked = tuple(o if isinstance(o, Obstacle) else Obstacle(o) for o in several)
    for obstacle in checked:
        if obstacle.geometry.axes != axes:
            raise ShapeError(
                f"The obstacle has the axes {','.join(obstacle.geometry.axes)} but the flow has "
                f"{','.join(axes)}. "
                "Give it the same axes in the same order."
            )
    return checked


def apertures(
    velocity: Field, obstacles: Sequence[Obstacle], *, check: bool = False
) -> tuple[Tensor, Tensor]:
    """Open fraction of each face, and velocity of the solids there, as staggered values.

    check: Whether to warn of bodies that the grid can't see.

    Slits no wider than rounding errors of the bodies' positions are closed.

    Source: Batty, Bertails and Bridson, A fast variational framework for accurate solid-fluid
        coupling, SIGGRAPH 2007.
    """
    separate = [separate_copies(obstacle) for obstacle in obstacles]
    open_fractions, solid_velocities = [], []
    coverage: list[list[Tensor]] = [[] for _ in obstacles]
    for axis in velocity.axes:
        extent = {a: velocity.geometry.spacing(a) for a in velocity.axes if a != axis}
        points = velocity.face_points(axis)
        covered, momentum = wrap(0.0), wrap(0.0)
        for (obstacle, copies), parts in zip(separate, coverage, strict=True):
            fraction = fraction_inside(obstacle.geometry, points, extent)
            parts.append(fraction)
            covered = covered + _total(fraction, copies)
            momentum = momentum + _total(fraction * obstacle.velocity_at(points)[axis], copies)
        open_fraction = clip(1.0 - covered, 0.0, 1.0)
        slit = SLIT[precision_bits()]
        open_fractions.append(where(open_fraction > slit, open_fraction, 0.0))
        solid_velocities.append(momentum / where(covered > 0, covered, 1.0))
    if check:
        check_visible(coverage, open_fractions)
    vector = velocity.geometry.vector
    return stack(open_fractions, vector), stack(solid_velocities, vector)


def separate_copies(obstacle: Obstacle) -> tuple[Obstacle, tuple[str, ...]]:
    """Obstacle with its copies along batch dimensions, and the names of these.

    Each copy covers and moves its own part.  Copies inside of unions, intersections and complements
    are none of the body: it is one.
    """
    parts = (obstacle.geometry, obstacle.velocity, obstacle.angular_velocity)
    copies = tuple(dict.fromkeys(name for part in parts for name in part.shape.instance.names))
    return (rename_dims(obstacle, copies, batch) if copies else obstacle), copies


def _total(value: Tensor, copies: tuple[str, ...]) -> Tensor:
    names = [name for name in copies if name in value.shape]
    return sum_of(value, names) if names else value
