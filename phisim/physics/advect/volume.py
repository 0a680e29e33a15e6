"""Advection by finite volumes: −∇·(v u) from the flux across each face, which conserves ∑ u."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from phimath.elementwise import abs as magnitude
from phimath.elementwise import maximum, minimum, where
from phimath.errors import ValueRangeError
from phisim.field.boundary import is_periodic, with_ghosts
from phisim.physics.advect.operands import velocity_for
from phisim.physics.components import rate_of_change, values_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field


def _minmod(a: Tensor, b: Tensor) -> Tensor:
    return maximum(0.0, minimum(a, b)) + minimum(0.0, maximum(a, b))


def _superbee(a: Tensor, b: Tensor) -> Tensor:
    first, second = _minmod(2 * a, b), _minmod(a, 2 * b)
    return where(magnitude(first) > magnitude(second), first, second)


def _van_leer(a: Tensor, b: Tensor) -> Tensor:
    product = a * b
    rising = product > 0
    # The denominator is kept away from 0 also where it isn't used: its derivative is.
    return where(rising, 2 * product / where(rising, a + b, 1.0), 0.0)


def _monotonized_central(a: Tensor, b: Tensor) -> Tensor:
    return _minmod(0.5 * (a + b), 2 * _minmod(a, b))


# Slope of u inside of a cell from the differences to its two neighbours. `None` is no slope.
LIMITERS: Final[dict[str, Callable[[Tensor, Tensor], Tensor] | None]] = {
    "upwind": None,
    "minmod": _minmod,
    "van_leer": _van_leer,
    "mc": _monotonized_central,
    "superbee": _superbee,
    "central": lambda a, b: 0.5 * (a + b),
}


def finite_volume(field: Field, velocity: Field, limiter: str = "van_leer") -> Field:
    """Rate of change −∇·(v u), conservative.

    Args:
        field: Centered or staggered field u; of a staggered one each component is balanced on the
            cells around its faces.
        velocity: Vector field v in units of length per time, at faces; centered ones are averaged.
        limiter: Slope inside of a cell: `'upwind'` for none (first order), `'minmod'`,
            `'van_leer'`, `'mc'`, `'superbee'` (second order where smooth, no new extrema in one
            dimension), `'central'` without a limit (Fromm's scheme).

    Returns: field on the points of `field`, in its units per time; 0 where values are prescribed.

    Where the velocity has no divergence on the grid, a constant field stays as it is.  ∑ u changes
    only by what crosses the sides.
    Notes: for `integrate.SSP_RK3` or `HEUN`; good values: Courant number 0.5.

    Raises:
        ValueRangeError: if there is no such limiter.
        ShapeError: if the velocity is no vector field with the axes of `field`.

    Source: LeVeque, Finite Volume Methods for Hyperbolic Problems (2002), sections 6.9 and 6.12.
    """
    if limiter not in LIMITERS:
        raise ValueRangeError(f"There is no limiter {limiter!r}. Use one of {', '.join(LIMITERS)}.")
    velocity = velocity_for(field, velocity).at_faces()
    return rate_of_change(field, lambda component: _balance(field, component, velocity, limiter))


def _balance(field: Field, component: str | None, velocity: Field, limiter: str) -> Tensor:
    """What flows into the volume around each point minus what flows out, per volume."""
    values = values_of(field, component)
    total = None
    for axis in field.axes:
        padded = with_ghosts(
            values, field.boundary, {axis: (2, 2)}, field.geometry, component, component is not None
        )
        speed = _speed_between(velocity, component, axis)
        flux = _flux(padded, axis, speed, limiter) / field.geometry.spacing(axis)
        term = flux.get({axis: slice(None, -1)}) - flux.get({axis: slice(1, None)})
        total = term if total is None else total + term
    assert total is not None
    return total


def _flux(padded: Tensor, axis: str, speed: Tensor, limiter: str) -> Tensor:
    """Flux between all points and their neighbours, from values with two ghosts at each end."""
    lower, upper = padded.get({axis: slice(1, -2)}), padded.get({axis: slice(2, -1)})
    slope_of = LIMITERS[limiter]
    if slope_of is not None:
        steps = padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)})
        slopes = slope_of(steps.get({axis: slice(None, -1)}), steps.get({axis: slice(1, None)}))
        lower = lower + 0.5 * slopes.get({axis: slice(None, -1)})
        upper = upper - 0.5 * slopes.get({axis: slice(1, None)})
    return maximum(speed, 0.0) * lower + minimum(speed, 0.0) * upper


def _speed_between(velocity: Field, component: str | None, axis: str) -> Tensor:
    """Velocity along `axis` midway between all points of a component along it, both ends too."""
    values = velocity.component(axis)
    wraps = is_periodic(velocity.boundary, axis)
    if component == axis:
        return _average(_padded(values, velocity, axis, axis, (1, 1)), axis)
    if wraps:
        values = _padded(values, velocity, axis, axis, (0, 1))
    if component is None:
        return values
    beyond = 0 if is_periodic(velocity.boundary, component) else 1
    return _average(_padded(values, velocity, axis, component, (1, beyond)), component)


def _padded(
    values: Tensor, velocity: Field, component: str, axis: str, widths: tuple[int, int]
) -> Tensor:
    return with_ghosts(
        values, velocity.boundary, {axis: widths}, velocity.geometry, component, staggered=True
    )


def _average(values: Tensor, axis: str) -> Tensor:
    return (values.get({axis: slice(1, None)}) + values.get({axis: slice(None, -1)})) * 0.5
