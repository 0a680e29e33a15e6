"""Diffusion by what flows between neighbours: rates of change, and explicit steps."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from phimath.elementwise import where
from phimath.errors import NotSupported, StabilityWarning, ValueRangeError
from phimath.join import stack
from phimath.reduce import max as max_of
from phimath.stencil import laplace as laplace_of_tensor
from phimath.tensor import Tensor
from phisim.field.boundary import component_boundary, ghost_rule, with_ghosts
from phisim.field.field import HOOKS
from phisim.physics.check import check_field, check_time_step
from phisim.physics.components import components_of, rate_of_change, values_of
from phisim.physics.diffuse.diffusivity import Diffusivity
from phisim.physics.diffuse.walls import Walls, walls_of

if TYPE_CHECKING:
    from phisim.field.calculus import Order
    from phisim.field.field import Field
    from phisim.geometry import UniformGrid


def explicit(
    field: Field,
    diffusivity: Any,
    dt: float | Tensor,
    substeps: int = 1,
    *,
    obstacles: Any = (),
) -> Field:
    """Forward Euler steps of ∂u/∂t = ∇·(ν ∇u).

    Args:
        field: Centered or staggered field.
        diffusivity: ν in units of length² per time; see `implicit`.
        dt: Time step, divided among the substeps.
        substeps: Number of steps of size dt / substeps.
        obstacles: Bodies that a staggered velocity sticks to; see `implicit`.

    First order in time, second in space.  Conserves the sum over all cells where the sides are
    periodic or have no gradient.
    Notes: unstable for ν dt Σ 1/dxᵢ² > 1/2 per substep, with obstacles 1/4, which raises a
        `StabilityWarning`.  Good values: half of that.

    Raises:
        ValueRangeError: if dt or the diffusivity is negative or not finite, or substeps < 1.
        ShapeError: if the diffusivity lies on another grid.
    """
    check_field(field, "What diffuses")
    check_time_step(dt, negative=False)
    if substeps < 1:
        raise ValueRangeError(f"substeps must be at least 1, not {substeps}.")
    nu = Diffusivity.of(diffusivity, field)
    walls = {c: walls_of(field, obstacles, c) for c in components_of(field)}
    _check_stability(nu, dt, substeps, 1.0 if None in walls.values() else 0.5)
    for _ in range(substeps):
        rates = [rate_with_walls(field, nu, c, wall) for c, wall in walls.items()]
        change = rates[0] if field.is_centered else stack(rates, field.geometry.vector)
        field = field.with_values(field.values + change * (dt / substeps))
        if field.is_staggered:
            field = HOOKS["prescribe"](field)
    return field


def finite_difference(
    field: Field, diffusivity: Any, order: Order = 2, *, obstacles: Any = ()
) -> Field:
    """Rate of change ∇·(ν ∇u).

    Args:
        field: Centered or staggered field u.
        diffusivity: ν in length² per time; see `implicit`.
        order: Order of accuracy in the interior and with periodic sides: 2, or 4 or 6 where ν is
            the same everywhere.
        obstacles: Bodies that a staggered velocity sticks to; see `implicit`.

    Returns: field on the points of `field`, in its units per time; 0 where values are prescribed.

    Conserves ∑ u where the sides are periodic or have no gradient.
    Notes: for any method of `phisim.physics.integrate`; unstable beyond `stability_limit` with
        Euler, 1.4 times as much with RK4 and order 2.

    Raises:
        NotSupported: order 4 or 6 for a diffusivity that varies.
        ShapeError: if the diffusivity lies on another grid.
    """
    check_field(field, "What diffuses")
    nu = Diffusivity.of(diffusivity, field)
    if order != 2 and nu.varies:
        raise NotSupported(
            f"Diffusion with a diffusivity that varies is of order 2, not {order}. Use order=2, or "
            "one number."
        )

    def rate(component: str | None) -> Tensor:
        walls = walls_of(field, obstacles, component)
        return rate_with_walls(field, nu, component, walls, order)

    return rate_of_change(field, rate)


def rate_with_walls(
    field: Field, nu: Diffusivity, component: str | None, walls: Walls | None, order: Order = 2
) -> Tensor:
    """∇·(ν ∇u) with friction on bodies; inside of these the velocity tends to theirs."""
    values = values_of(field, component)
    rate = rate_of(values, field, nu, component, order)
    if walls is None:
        return rate
    grid = field.geometry
    for axis in field.axes:
        between = nu.between(axis, component) / grid.spacing(axis) ** 2
        flux = between * walls.correction(values, axis)
        rate = rate + flux.get({axis: slice(1, None)}) - flux.get({axis: slice(None, -1)})
    largest = max_of(nu.values, nu.values.shape.non_batch)
    damping = largest * sum(2.0 / grid.spacing(axis) ** 2 for axis in field.axes)
    return where(walls.fluid > 0, rate, -damping * walls.slip(values))


def rate_of(
    values: Tensor, field: Field, nu: Diffusivity, component: str | None, order: Order = 2
) -> Tensor:
    """∇·(ν ∇u) of one staggered component, or at cell centers, also where it is prescribed."""
    total = None
    for axis in field.axes:
        if nu.varies:
            term = _balance(values, field, nu, component, axis)
        else:
            boundary = component_boundary(field.boundary, component, field.axes)
            ghosts = ghost_rule(boundary, component, field.geometry, values)
            spacing = field.geometry.spacing(axis)
            curvature = laplace_of_tensor(values, spacing, ghosts, axis, order=order)
            term = nu.along(axis) * curvature
        total = term if total is None else total + term
    assert total is not None
    return total


def _balance(
    values: Tensor, field: Field, nu: Diffusivity, component: str | None, axis: str
) -> Tensor:
    """What flows in along one axis minus what flows out, per volume."""
    padded = with_ghosts(
        values, field.boundary, {axis: (1, 1)}, field.geometry, component, component is not None
    )
    steps = padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)})
    flux = nu.between(axis, component) * steps / field.geometry.spacing(axis) ** 2
    return flux.get({axis: slice(1, None)}) - flux.get({axis: slice(None, -1)})


def stability_limit(grid: UniformGrid, diffusivity: float) -> float:
    """Largest stable step of the explicit scheme: 1 / (2 ν Σ 1/dxᵢ²).

    Source: von Neumann analysis, e.g. LeVeque, Finite Difference Methods (2007), section 9.4.
    """
    return _limit(sum(diffusivity / _smallest(grid.spacing(axis)) ** 2 for axis in grid.axes))


def _limit(rate: float) -> float:
    return math.inf if rate == 0 else 0.5 / rate


def _smallest(value: Tensor) -> float:
    return -float(max_of(-value, None))


def _check_stability(nu: Diffusivity, dt: float | Tensor, substeps: int, allowed: float) -> None:
    if not nu.values.available or (isinstance(dt, Tensor) and not dt.available):
        return
    step = (float(max_of(dt, None)) if isinstance(dt, Tensor) else float(dt)) / substeps
    grid = nu.field.geometry
    rates = (nu.largest(axis) / _smallest(grid.spacing(axis)) ** 2 for axis in grid.axes)
    limit = allowed * _limit(sum(rates))
    # Steps chosen to be exactly at the limit are not beyond it.
    if step > limit * (1 + 1e-6):
        warnings.warn(
            f"Explicit diffusion is unstable: the step {step:.3g} exceeds the limit {limit:.3g} "
            f"for this grid and diffusivity {max(map(nu.largest, grid.axes)):.3g}. Use at least "
            f"{math.ceil(step * substeps / limit)} substeps, or diffuse.implicit.",
            StabilityWarning,
            stacklevel=3,
        )


__all__ = ["explicit", "finite_difference", "rate_with_walls", "stability_limit"]
