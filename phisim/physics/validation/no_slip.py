"""Bodies at rest that the fluid sticks to: values inside of them that make it vanish on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from phimath.elementwise import where
from phisim.field.sample import cell_coordinates, sample_component
from phisim.geometry.surface import distance_and_gradient

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.geometry import Geometry

# The mirror image of a point close to the surface is interpolated from other images.
SWEEPS: Final = 2


class _Mirror(NamedTuple):
    """Sample points of one component: which are inside, and the cells of their mirror images."""

    is_inside: Tensor
    cells: dict[str, Tensor]


class NoSlip:
    """Odd continuation of a velocity into a body.

    Differences across the surface then see the velocity 0 on it, to second order, wherever it lies
    between the points.

    Source: Tseng and Ferziger, A ghost-cell immersed boundary method, J. Comput. Phys. 192 (2003).
    """

    def __init__(self, body: Geometry, velocity: Field) -> None:
        """velocity: any one on the grid."""
        self.mirrors: dict[str, _Mirror] = {}
        for axis in velocity.axes:
            points = velocity.face_points(axis)
            distance, normal = distance_and_gradient(body, points)
            images = points - 2 * distance * normal
            by_axis = {a: images.vector[a] for a in velocity.axes}
            cells = cell_coordinates(velocity.geometry, by_axis)
            self.mirrors[axis] = _Mirror(distance < 0, cells)

    def continued(self, velocity: Field) -> Field:
        """The velocity with minus the mirrored one inside of the body."""
        for _ in range(SWEEPS):
            components: list[Tensor] = []
            for axis, (is_inside, cells) in self.mirrors.items():
                image = sample_component(velocity, axis, cells)
                components.append(where(is_inside, -image, velocity.component(axis)))
            velocity = velocity.with_components(components)
        return velocity
