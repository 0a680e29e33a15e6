"""The surface of shapes: closest points, normals, and where lines meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from phimath.create import vector_of
from phimath.elementwise import abs as magnitude
from phimath.elementwise import where
from phimath.norm import norm, normalize
from phimath.reduce import any as any_of
from phimath.reduce import sum as sum_of
from phimath.transform.forward import jvp
from phimath.transform.gradient import stop_gradient
from phimath.transform.loop.while_loop import while_loop
from phimath.wrap import wrap
from phisim.geometry.geometry import check_axes

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.geometry.geometry import Geometry


class SurfacePoint(NamedTuple):
    """The point of a surface that is closest to a location.

    distance: Signed, negative inside.
    position: Of the point, (…, vector).
    normal: Unit vector out of the shape there, (…, vector).
    """

    distance: Tensor
    position: Tensor
    normal: Tensor


def closest_surface(shape: Geometry, location: Tensor) -> SurfacePoint:
    """Closest point of the surface, from the signed distance and its gradient.

    Exact where the signed distance is; elsewhere one step of Newton's method towards the surface.
    Where several points are equally close, such as at a center, the normal may be zero.

    location: (…, vector), in the units of the shape.
    """
    check_axes(location, shape.axes, "The shape")
    distance, slope = distance_and_gradient(shape, location)
    normal = normalize(slope, "vector")
    # A bound of the distance has a smaller gradient, over which the surface is farther.
    steepness = norm(slope, "vector")
    step = distance / where(steepness > 0.1, steepness, 1.0)
    return SurfacePoint(distance, location - normal * step, normal)


def surface_normal(shape: Geometry, location: Tensor) -> Tensor:
    """Unit vector (…, vector) out of the shape, at the closest point of its surface."""
    return closest_surface(shape, location).normal


def distance_and_gradient(shape: Geometry, location: Tensor) -> tuple[Tensor, Tensor]:
    """Signed distance at locations (…, vector), and its gradient (…, vector)."""
    slopes: dict[str, Tensor] = {}
    distance: Tensor | None = None
    for axis in shape.axes:
        direction = vector_of({a: 1.0 if a == axis else 0.0 for a in shape.axes})
        distance, slopes[axis] = jvp(shape.signed_distance, (location,), (direction,))
    assert distance is not None
    return distance, vector_of(slopes)


class Hit(NamedTuple):
    """Where lines meet a surface.

    is_hit: Whether they do.
    distance: From the origin along the line; the largest allowed one where nothing was met.
    position: (…, vector).
    normal: Unit vector out of the shape there, (…, vector).
    """

    is_hit: Tensor
    distance: Tensor
    position: Tensor
    normal: Tensor


def line_trace(
    shape: Geometry,
    origin: Tensor,
    direction: Tensor,
    *,
    longest: float = 1e3,
    tolerance: float = 1e-5,
    max_iterations: int = 256,
) -> Hit:
    """Follow lines until they meet a surface from outside, or from inside if they start there.

    Each step goes as far as the signed distance allows (sphere tracing).  Differentiable: moving
    shape, origin or direction moves the point that is met.

    Args:
        shape: Any geometry; its distances must be exact or too short.
        origin: Where lines start, (…, vector).
        direction: Where to, (…, vector), of any length.
        longest: Distance after which a line has met nothing.
        tolerance: Distance from the surface that counts as met, in the units of the axes.
        max_iterations: Steps after which the point reached counts as no hit.

    Source: Hart, Sphere tracing, The Visual Computer 12 (1996).
    """
    check_axes(origin, shape.axes, "The shape")
    unit = normalize(direction, "vector")
    start, ray, fixed = stop_gradient(origin), stop_gradient(unit), stop_gradient(shape)

    def gap(travelled: Tensor) -> Tensor:
        return magnitude(fixed.signed_distance(start + ray * travelled))

    def is_on_the_way(travelled: Tensor, left: Tensor) -> Tensor:
        return (left > tolerance) & (travelled < longest)

    def condition(travelled: Tensor, left: Tensor) -> Tensor:
        on_the_way = is_on_the_way(travelled, left)
        return any_of(on_the_way, on_the_way.shape.non_batch)

    def body(travelled: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
        travelled = where(is_on_the_way(travelled, left), travelled + left, travelled)
        return travelled, gap(travelled)

    zero = sum_of(start * ray, "vector") * 0.0
    travelled, left = while_loop(
        condition, body, zero, gap(zero) + zero, max_iterations=max_iterations
    )
    is_hit = stop_gradient(left) <= tolerance
    travelled = stop_gradient(_sharpened(fixed, start, ray, travelled))
    # The derivative of a Newton step from the surface is that of the point that is met.
    reach = where(is_hit, _sharpened(shape, origin, unit, travelled), wrap(longest))
    position = origin + unit * reach
    return Hit(is_hit, reach, position, surface_normal(shape, position))


def _sharpened(shape: Geometry, origin: Tensor, ray: Tensor, travelled: Tensor) -> Tensor:
    """Distance along a line after one step of Newton's method towards the surface."""
    distance, slope = distance_and_gradient(shape, origin + ray * travelled)
    approach = sum_of(slope * ray, "vector")
    return travelled - distance / where(magnitude(approach) > 1e-3, approach, 1.0)
