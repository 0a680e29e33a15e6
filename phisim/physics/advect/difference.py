"""Advection by finite differences: −v·∇u as a rate of change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from phimath.elementwise import maximum, minimum
from phimath.errors import ValueRangeError
from phimath.stencil import stencil_coefficients
from phisim.field.boundary import with_ghosts
from phisim.field.resample import component_at_centers, component_at_faces
from phisim.physics.advect.operands import velocity_for
from phisim.physics.components import rate_of_change, values_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field

    # Padded values, their axis, the margin, the velocity along it: v ∂u/∂axis in cells.
    Scheme = Callable[[Tensor, str, int, Tensor], Tensor]

CENTRAL: Final = (2, 4, 6)
UPWIND: Final = (1, 3, 5)


def finite_difference(
    field: Field, velocity: Field, order: int = 2, *, upwind: bool = False
) -> Field:
    """Rate of change −v·∇u, not conservative.

    Args:
        field: Centered or staggered field u.
        velocity: Vector field v in units of length per time, averaged to the points of `field`.
        order: Order of accuracy in the interior and with periodic sides: 2, 4 or 6 for central
            differences, 1, 3 or 5 with `upwind`.  At other sides ghost values make it second order.
        upwind: Whether the stencil is shifted by one half against the flow, which damps what
            central differences leave to oscillate.

    Returns: field on the points of `field`, in its units per time; 0 where values are prescribed.

    Notes: for a method of `phisim.physics.integrate`; good values of dt: Courant number below 1 for
        upwind order 1 with Euler, and for RK3 and RK4 with all others.  Central differences with
        Euler are unstable for any dt.

    Raises:
        ValueRangeError: if there is no such order.
        ShapeError: if the velocity is no vector field with the axes of `field`.
    """
    orders = UPWIND if upwind else CENTRAL
    if order not in orders:
        kind = "Upwind" if upwind else "Central"
        raise ValueRangeError(
            f"{kind} differences have order {', '.join(map(str, orders))}, not {order}. Choose one "
            f"of these, or upwind={not upwind}."
        )
    reach = (order + 1) // 2

    def central(values: Tensor, axis: str, margin: int, speed: Tensor) -> Tensor:
        offsets = tuple(range(-reach, reach + 1))
        return speed * _weighted(values, axis, margin, offsets)

    def against_flow(values: Tensor, axis: str, margin: int, speed: Tensor) -> Tensor:
        behind = tuple(range(-reach, reach))
        ahead = tuple(-offset for offset in reversed(behind))
        return maximum(speed, 0.0) * _weighted(values, axis, margin, behind) + minimum(
            speed, 0.0
        ) * _weighted(values, axis, margin, ahead)

    return _rate(field, velocity, reach, against_flow if upwind else central)


def weno(field: Field, velocity: Field) -> Field:
    """Rate of change −v·∇u by WENO differences: fifth order where smooth, no oscillations at jumps.

    Args:
        field: Centered or staggered field u.
        velocity: Vector field v in units of length per time, averaged to the points of `field`.

    Returns: field on the points of `field`, in its units per time; 0 where values are prescribed.

    Not conservative: for level sets and concentrations in divergence-free flow.  At sides that are
    not periodic ghost values make it second order.
    Notes: for `integrate.SSP_RK3`; good values: Courant number 0.5.

    Raises:
        ShapeError: if the velocity is no vector field with the axes of `field`.

    Source: Jiang and Peng, Weighted ENO schemes for Hamilton-Jacobi equations, SIAM J. Sci. Comput.
        21 (2000), equations 2.4 to 2.9.
    """

    def against_flow(values: Tensor, axis: str, margin: int, speed: Tensor) -> Tensor:
        # Differences across the intervals −5/2 … 5/2 around each point.
        points = {offset: _moved(values, axis, margin, offset) for offset in range(-3, 4)}
        d = [points[i + 1] - points[i] for i in range(-3, 3)]
        behind = _weno(*d[:5])
        ahead = _weno(*d[:0:-1])
        return maximum(speed, 0.0) * behind + minimum(speed, 0.0) * ahead

    return _rate(field, velocity, 3, against_flow)


def _weno(a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor) -> Tensor:
    """Derivative from five differences, the first farthest against the flow."""
    candidates = (
        a * (1 / 3) - b * (7 / 6) + c * (11 / 6),
        b * (-1 / 6) + c * (5 / 6) + d * (1 / 3),
        c * (1 / 3) + d * (5 / 6) - e * (1 / 6),
    )
    roughness = (
        (a - 2 * b + c) ** 2 * (13 / 12) + (a - 4 * b + 3 * c) ** 2 * 0.25,
        (b - 2 * c + d) ** 2 * (13 / 12) + (b - d) ** 2 * 0.25,
        (c - 2 * d + e) ** 2 * (13 / 12) + (3 * c - 4 * d + e) ** 2 * 0.25,
    )
    # Relative to the differences, so that units don't matter; with a floor for constants.
    largest = maximum(maximum(maximum(a**2, b**2), maximum(c**2, d**2)), e**2)
    floor = 1e-6 * largest + 1e-30
    weights = [
        ideal * (floor / (floor + s)) ** 2
        for ideal, s in zip((0.1, 0.6, 0.3), roughness, strict=True)
    ]
    total = weights[0] + weights[1] + weights[2]
    mixed = weights[0] * candidates[0] + weights[1] * candidates[1] + weights[2] * candidates[2]
    return mixed / total


def _rate(field: Field, velocity: Field, margin: int, scheme: Scheme) -> Field:
    velocity = velocity_for(field, velocity)
    return rate_of_change(
        field, lambda component: -_transport(field, component, velocity, margin, scheme)
    )


def _transport(
    field: Field, component: str | None, velocity: Field, margin: int, scheme: Scheme
) -> Tensor:
    """v·∇u of one component."""
    values = values_of(field, component)
    total = None
    for axis in field.axes:
        widths = {axis: (margin, margin)}
        padded = with_ghosts(
            values, field.boundary, widths, field.geometry, component, component is not None
        )
        speed = (
            component_at_centers(velocity, axis)
            if component is None
            else component_at_faces(velocity, axis, component)
        )
        term = scheme(padded, axis, margin, speed / field.geometry.spacing(axis))
        total = term if total is None else total + term
    assert total is not None
    return total


def _weighted(values: Tensor, axis: str, margin: int, offsets: tuple[int, ...]) -> Tensor:
    """First derivative, times the distance of the points."""
    total = None
    for offset, weight in zip(offsets, _weights(offsets), strict=True):
        if weight:
            term = weight * _moved(values, axis, margin, offset)
            total = term if total is None else total + term
    assert total is not None
    return total


@lru_cache(maxsize=64)
def _weights(offsets: tuple[int, ...]) -> tuple[float, ...]:
    return stencil_coefficients(offsets, 1)


def _moved(padded: Tensor, axis: str, margin: int, offset: int) -> Tensor:
    size = padded.shape.get_size(axis) - 2 * margin
    return padded.get({axis: slice(margin + offset, margin + offset + size)})
