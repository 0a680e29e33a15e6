"""How much of a cell or face a geometry covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.create import vector_of
from phimath.elementwise import abs as absolute
from phimath.elementwise import clip, where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.tensor import Tensor
    from phisim.geometry.geometry import Geometry


def fraction_inside(
    geometry: Geometry, center: Tensor, extent: Mapping[str, Tensor | float]
) -> Tensor:
    """Fraction between 0 and 1 of small boxes that lies inside of a geometry.

    The surface is taken as a plane across each box, and the covered fraction as linear in the
    distance: exact for boxes that are cut parallel to their sides and for edges (one axis), second
    order otherwise.  Boxes without extent are inside or outside.

    Args:
        geometry: Any geometry with a signed distance.
        center: Centers of the boxes, (…, vector).
        extent: Edge lengths along the axes in which the boxes are extended; a face leaves out its
            own axis.

    Source: Ng, Min and Gibou, An efficient fluid-solid coupling algorithm, J. Comput. Phys. 228
        (2009), section 3.
    """
    distance = geometry.signed_distance(center)
    width = absolute(distance) * 0.0
    for axis, length in extent.items():
        step = vector_of({name: length * (0.5 if name == axis else 0.0) for name in geometry.axes})
        rise = geometry.signed_distance(center + step) - geometry.signed_distance(center - step)
        width = width + absolute(rise)
    is_cut = width > 0
    plane = clip(0.5 - distance / where(is_cut, width, 1.0), 0.0, 1.0)
    return where(is_cut, plane, where(distance <= 0, 1.0, 0.0))
