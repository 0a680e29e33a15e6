"""The finite-volume Laplacian of the pressure, with open fractions of faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.boundary import PERIODIC, ZERO, Boundary
from phimath.sparse import StencilOperator

if TYPE_CHECKING:
    from phimath.sparse import Side
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def pressure_operator(
    velocity: Field, boundary: Boundary, open_fraction: Tensor | None
) -> StencilOperator:
    """−∇·(a ∇p), for the pressure (with its boundary) of a staggered velocity.

    open_fraction: a on the faces of the velocity; `None` without obstacles.
    """
    axes = velocity.axes
    return StencilOperator.of(
        velocity.resolution.only(axes, reorder=True),
        {
            axis: (_side(boundary, axis, upper=False), _side(boundary, axis, upper=True))
            for axis in axes
        },
        {axis: velocity.geometry.spacing(axis) for axis in axes},
        coefficients=(
            1.0 if open_fraction is None else {axis: open_fraction.vector[axis] for axis in axes}
        ),
    )


def is_enclosed(boundary: Boundary, axes: tuple[str, ...]) -> bool:
    """Whether no side is open, so that as much has to flow in as out."""
    return all(
        _side(boundary, axis, upper=upper) != "face" for axis in axes for upper in (False, True)
    )


def _side(boundary: Boundary, axis: str, *, upper: bool) -> Side:
    side = boundary.at(axis, upper=upper)
    if side == PERIODIC:
        return "periodic"
    # The pressure vanishes on open sides.
    return "face" if side == ZERO else "closed"
