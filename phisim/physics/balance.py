"""Whether what sides prescribe can be incompressible at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.boundary import ZERO
from phimath.elementwise import abs as magnitude
from phimath.errors import BoundaryError
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.transform.effects import effect
from phimath.wrap import wrap
from phisim.field.boundary import component_boundary, is_periodic

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field

# Of the flow through the sides; what rounding makes of balanced sides is far below.
LARGEST_IMBALANCE = 1e-3


def check_balance(velocity: Field) -> None:
    """Raise if the sides of a domain without an open side prescribe a net inflow.

    Raises:
        BoundaryError: with the net inflow, now or after the call of a compiled function.
    """
    if not _prescribes_flow(velocity):
        return
    net, through = flow_through_sides(velocity)
    excess = magnitude(net) - LARGEST_IMBALANCE * through
    effect((net, through), _refuse_imbalance, severity=max_of(excess, None))


def flow_through_sides(velocity: Field) -> tuple[Tensor, Tensor]:
    """Net inflow through all sides, and inflow plus outflow, in area times length per time."""
    net, through = wrap(0.0), wrap(0.0)
    for axis in velocity.axes:
        if is_periodic(velocity.boundary, axis):
            continue
        component = velocity.component(axis)
        lower, upper = component.get({axis: 0}), component.get({axis: -1})
        area = velocity.geometry.volume / velocity.geometry.spacing(axis)
        net = net + area * (_total(lower) - _total(upper))
        through = through + area * (_total(magnitude(lower)) + _total(magnitude(upper)))
    return net, through


def _total(values: Tensor) -> Tensor:
    return sum_of(values, values.shape.spatial)


def _prescribes_flow(velocity: Field) -> bool:
    """Whether a side may prescribe another normal velocity than zero."""
    for axis in velocity.axes:
        normal = component_boundary(velocity.boundary, axis, velocity.axes)
        sides = {normal.at(axis, upper=False), normal.at(axis, upper=True)}
        if not is_periodic(velocity.boundary, axis) and sides != {ZERO}:
            return True
    return False


def _refuse_imbalance(flows: tuple[Tensor, Tensor]) -> None:
    net, through = flows
    if bool(any_of(magnitude(net) > LARGEST_IMBALANCE * through, None)):
        raise BoundaryError(
            f"The sides of the closed domain prescribe a net inflow of {net} where {through} flows "
            "through them, but an incompressible flow must leave as it enters. Open a side with "
            "ZERO_GRADIENT, or balance the prescribed velocities."
        )
