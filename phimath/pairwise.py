"""Differences between all pairs of points."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from phimath.dimension import channel, dual
from phimath.dims import rename_dims
from phimath.elementwise import where
from phimath.errors import NotSupported, ShapeError
from phimath.leaves import as_tensor
from phimath.norm import squared_norm
from phimath.stacked import components_apart

if TYPE_CHECKING:
    from phimath.tensor import Tensor


def pairwise_differences(
    positions: Tensor,
    max_distance: float | Tensor | None = None,
    format: str = "dense",
    domain: tuple[Tensor, Tensor] | None = None,
    periodic: bool | Tensor = False,
    *,
    default: float = nan,
) -> Tensor:
    """Vectors from each point to each other one, all pairs at once.

    Args:
        positions: (points…, vector); points are listed along instance and spatial dimensions.
        max_distance: Pairs further apart get `default`; a number, or one per point.
        format: 'dense' is the only one yet.
        domain: Lower and upper corner (vector) of the space in which `periodic` wraps.
        periodic: Whether differences take the shorter way around the domain; for all axes, or one
            boolean per axis (vector).
        default: What pairs beyond `max_distance` get in all components.

    Returns:
        (points…, ~points…, vector): the position along ~points minus that along points.

    Raises:
        ShapeError: positions have no point dimension or not one channel dimension; or `periodic`
            lacks a domain.
        NotSupported: another format than 'dense'.
    """
    if format != "dense":
        raise NotSupported(f"There is no format '{format}' yet. Use format='dense'.")
    shape = positions.shape
    components = shape.of_type(channel)
    points = shape.primal
    if components.rank != 1 or not points:
        raise ShapeError(
            f"Positions need dimensions that list points and one channel dimension, like "
            f"(points, vector), but have {shape}."
        )
    # One array per component: nothing of the size of all pairs is stacked or sliced.
    positions = components_apart(positions)
    others = rename_dims(positions, points, dual)
    difference = others - positions
    if periodic is not False:
        difference = _shorter_way(difference, domain, periodic)
    if max_distance is None:
        return difference
    limit = as_tensor(max_distance)
    near = squared_norm(difference, components) <= limit * limit
    return where(near, difference, default)


def _shorter_way(
    difference: Tensor, domain: tuple[Tensor, Tensor] | None, periodic: bool | Tensor
) -> Tensor:
    if domain is None:
        raise ShapeError(
            "Periodic differences need the domain that repeats. Give domain=(lower, upper)."
        )
    lower, upper = domain
    size = upper - lower
    wrapped = (difference + size / 2) % size - size / 2
    return where(periodic, wrapped, difference)


__all__ = ["pairwise_differences"]
