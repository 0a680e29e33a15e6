"""Distances in periodic domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import floor, where
from phimath.errors import ShapeError
from phimath.stacked import components_apart
from phimath.wrap import wrap
from phisim.geometry.geometry import check_axes

if TYPE_CHECKING:
    from collections.abc import Collection

    from phimath.tensor import Tensor
    from phisim.geometry.box import Box


def shortest_distance(
    start: Tensor, end: Tensor, domain: Box, periodic: Collection[str] | None = None
) -> Tensor:
    """Shortest vector from `start` to `end` where the domain repeats (minimum image).

    Args:
        start: Locations (…, vector) in the units of the domain.
        end: Locations (…, vector) in the units of the domain.
        domain: One period per axis.
        periodic: Axes that repeat, all by default; along the others the plain difference is
            returned.

    Raises:
        ShapeError: if the vectors' labels are not the domain's axes or `periodic` names another
            axis.

    Source: Allen and Tildesley, Computer Simulation of Liquids, section 1.6.
    """
    axes = domain.axes
    check_axes(start, axes, "The domain")
    check_axes(end, axes, "The domain")
    delta = components_apart(end) - components_apart(start)
    size = domain.size
    repeats = set(axes) if periodic is None else set(periodic)
    if unknown := repeats - set(axes):
        from_text = ",".join(sorted(unknown))
        raise ShapeError(f"'{from_text}' is no axis of the domain with the axes {','.join(axes)}.")
    shortest = delta - size * floor(delta / size + 0.5)
    if repeats == set(axes):
        return shortest
    mask = wrap([axis in repeats for axis in axes], domain.shape.only("vector"))
    return where(mask, shortest, delta)
