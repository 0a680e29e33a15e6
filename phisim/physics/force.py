"""What a flow does to bodies: forces and torques."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from phimath.boundary import PERIODIC, pad
from phimath.create import vector_of
from phimath.elementwise import where
from phimath.errors import ShapeError
from phimath.linear_algebra import cross
from phimath.reduce import sum as sum_of
from phimath.wrap import wrap
from phisim.field.boundary import is_periodic
from phisim.field.sample import sample
from phisim.geometry.surface import closest_surface
from phisim.physics.check import check_face_velocity, check_same_points
from phisim.physics.obstacle import Obstacle, apertures, as_obstacles

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field

# Distance of the nearer of two probes of the velocity, in cells: nearer ones see values inside.
PROBE: Final = 1.0


class Load(NamedTuple):
    """What acts on a body.

    force: (…, vector), mass times length per time²; in 2D per length of the body.
    torque: About its center, a number in 2D (counter-clockwise), a vector in 3D, 0 in 1D.
    """

    force: Tensor
    torque: Tensor


def forces(
    velocity: Field, pressure: Field, obstacle: Any, viscosity: float | Tensor = 0.0
) -> Load:
    """Force and torque of the pressure and of friction on a body.

    Args:
        velocity: Staggered, after the projection.
        pressure: As `make_incompressible` returns it for the real dt and density.
        obstacle: One `Obstacle` or geometry inside of the domain; copies along an instance
            dimension are one body.
        viscosity: Dynamic, density times ν; mass per length per time.

    The pressure acts on what faces lose in open area, so that a constant one has no effect, and a
    linear one lifts by the volume.  Friction follows from the velocity at two distances from the
    surface; the fluid has to stick to it, with `obstacles=` in each call of `diffuse`.
    Notes: with 10 cells across a cylinder in a channel (Schäfer and Turek's case 2D-1) the drag is
        2 % too large.

    Differentiable by velocity, pressure, and place, size and motion of the body.

    Raises:
        ShapeError: the fields lie on different grids, or there are several obstacles.
    """
    check_face_velocity(velocity, velocity)
    check_same_points(pressure, velocity.at_centers(), "The pressure")
    bodies = as_obstacles(obstacle, velocity.axes)
    if len(bodies) != 1:
        raise ShapeError(f"forces takes one obstacle, not {len(bodies)}. Call it for each.")
    body, axes = bodies[0], velocity.axes
    area = _area_vectors(velocity, body)
    is_cut = sum_of(area * area, "vector") > 0
    # Elsewhere any point will do, but for those where the distance has no derivative.
    elsewhere = velocity.bounds.lower - velocity.dx * 1.37
    at = closest_surface(body.geometry, where(is_cut, velocity.geometry.center, elsewhere))
    traction = {axis: pressure.values * area.vector[axis] for axis in axes}
    if not (isinstance(viscosity, (int, float)) and viscosity == 0):
        facing = -sum_of(area * at.normal, "vector") * viscosity
        slopes = _slopes(velocity, body, at.position, at.normal)
        traction = {axis: traction[axis] + facing * slopes[axis] for axis in axes}
    arm = at.position - body.geometry.center
    return Load(
        vector_of({axis: sum_of(traction[axis], axes) for axis in axes}),
        _torque(arm, traction, axes),
    )


def _area_vectors(velocity: Field, body: Obstacle) -> Tensor:
    """Area of the body's surface in each cell, (…, vector), pointing into the body."""
    open_fraction, _ = apertures(velocity, (body,))
    parts = {}
    for axis in velocity.axes:
        values = open_fraction.vector[axis]
        if is_periodic(velocity.boundary, axis):
            values = pad(values, {axis: (0, 1)}, PERIODIC)
        lost = values.get({axis: slice(None, -1)}) - values.get({axis: slice(1, None)})
        parts[axis] = lost * (velocity.geometry.volume / velocity.geometry.spacing(axis))
    return vector_of(parts)


def _slopes(velocity: Field, body: Obstacle, position: Tensor, normal: Tensor) -> dict[str, Tensor]:
    """Slope along the normal of the velocity less the body's, which is zero on the surface."""
    size = velocity.geometry.volume ** (1.0 / velocity.spatial_rank) * PROBE

    def slip(steps: float) -> dict[str, Tensor]:
        point = position + normal * (size * steps)
        own, found = body.velocity_at(point), sample(velocity, point)
        return {axis: found.vector[axis] - own[axis] for axis in velocity.axes}

    near, far = slip(1.0), slip(2.0)
    return {axis: (4.0 * near[axis] - far[axis]) / (2.0 * size) for axis in velocity.axes}


def _torque(arm: Tensor, traction: dict[str, Tensor], axes: tuple[str, ...]) -> Tensor:
    if len(axes) == 1:
        return wrap(0.0)
    if len(axes) == 2:
        x, y = axes
        return sum_of(arm.vector[x] * traction[y] - arm.vector[y] * traction[x], axes)
    return sum_of(cross(arm, vector_of(traction)), axes)


__all__ = ["Load", "forces"]
