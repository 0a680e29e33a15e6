"""Diffusion by implicit steps, of any length."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.boundary import pad
from phimath.dimension import Dim, spatial
from phimath.elementwise import where
from phimath.errors import BoundaryError, ValueRangeError
from phimath.join import stack
from phimath.shape import Shape
from phimath.solve import Solve, solve_linear
from phimath.sparse import StencilOperator
from phimath.wrap import wrap
from phisim.field.boundary import component_boundary, solver_side
from phisim.field.field import HOOKS
from phisim.field.robin import Robin
from phisim.physics.check import check_field, check_solve, check_time_step
from phisim.physics.components import components_of, values_of
from phisim.physics.diffuse.diffusivity import Diffusivity
from phisim.physics.diffuse.explicit import rate_with_walls
from phisim.physics.diffuse.walls import NEAREST_IMPLICIT, Walls, walls_of

if TYPE_CHECKING:
    from phimath.boundary import Boundary
    from phimath.tensor import Tensor
    from phisim.field.field import Field

# How much of the rate is taken at the end of the step, by order of accuracy in time.
IMPLICIT_PART: Final = {1: 1.0, 2: 0.5}


def implicit(
    field: Field,
    diffusivity: Any,
    dt: float | Tensor,
    order: int = 1,
    solve: Solve | None = None,
    *,
    obstacles: Any = (),
) -> Field:
    """A step of ∂u/∂t = ∇·(ν ∇u), stable for any dt.

    Args:
        field: Centered or staggered field.
        diffusivity: ν in length² per time: a number, one per direction (a tuple, or along
            `vector`), a tensor with one per cell, or a field on the same grid.  Between two cells
            counts the harmonic mean, so that fluxes through layers are right; a staggered field
            gives what counts there for fields at cell centers, such as 0 where a wall insulates.
            May have batch dimensions.
        dt: Time step.
        order: 1 for backward Euler, which damps all waves; 2 for Crank-Nicolson, which keeps the
            shortest ones if dt is long: good values are ν dt / dx² up to 10.
        solve: Settings of the linear solve; direct by default where ν is the same everywhere and
            there are no obstacles.
        obstacles: One or several `Obstacle` or geometries that a staggered velocity sticks to, at
            their distance from each point; inside of them it becomes theirs.

    Second order in space.  Conserves the sum over all cells where the sides are periodic or have no
    gradient.

    Raises:
        ValueRangeError: if dt or the diffusivity is negative or not finite, or there is no such
            order.
        ShapeError: if the diffusivity lies on another grid.
        NotConverged: if the solve fails.

    Source: LeVeque, Finite Difference Methods (2007), section 9.2; Patankar, Numerical Heat
        Transfer (1980), section 4.2 for the harmonic mean; Gibou et al., J. Comput. Phys. 176
        (2002) for surfaces between points.
    """
    check_field(field, "What diffuses")
    check_time_step(dt, negative=False)
    check_solve(solve)
    if order not in IMPLICIT_PART:
        raise ValueRangeError(f"There is no implicit diffusion of order {order!r}. Use 1 or 2.")
    nu = Diffusivity.of(diffusivity, field)
    amount = dt * IMPLICIT_PART[order]
    walls = {c: walls_of(field, obstacles, c, NEAREST_IMPLICIT) for c in components_of(field)}
    changes = [
        _change(field, nu, c, dt, amount, solve or Solve(), wall) for c, wall in walls.items()
    ]
    change = changes[0] if field.is_centered else stack(changes, field.geometry.vector)
    changed = field.with_values(field.values + change)
    return changed if None in walls.values() else HOOKS["prescribe"](changed)


def crank_nicolson(
    field: Field,
    diffusivity: Any,
    dt: float | Tensor,
    solve: Solve | None = None,
    *,
    obstacles: Any = (),
) -> Field:
    """Implicit diffusion of second order in time; see `implicit`."""
    return implicit(field, diffusivity, dt, 2, solve, obstacles=obstacles)


def _change(
    field: Field,
    nu: Diffusivity,
    component: str | None,
    dt: float | Tensor,
    amount: float | Tensor,
    solve: Solve,
    walls: Walls | None,
) -> Tensor:
    """Change δ of one component: (1 − θ dt ∇·ν∇) δ = dt ∇·ν∇u, with δ = 0 where u is prescribed."""
    rate = rate_with_walls(field, nu, component, walls) * dt
    if component is not None or not field.is_vector:
        boundary = component_boundary(field.boundary, component, field.axes)
        change = _solution(field, nu, component, boundary, amount, rate, solve, walls)
        if walls is None:
            return change
        return where(walls.fluid > 0, change, -walls.slip(values_of(field, component)))
    changes = []
    for index, axis in enumerate(field.axes):
        boundary = component_boundary(field.boundary, axis, field.axes)
        part = rate.get({"vector": index})
        changes.append(_solution(field, nu, None, boundary, amount, part, solve))
    return stack(changes, field.geometry.vector)


def _solution(
    field: Field,
    nu: Diffusivity,
    own_axis: str | None,
    boundary: Boundary,
    amount: float | Tensor,
    rate: Tensor,
    solve: Solve,
    walls: Walls | None = None,
) -> Tensor:
    sides = {axis: _sides(boundary, axis, own_axis) for axis in field.axes}
    between = {axis: nu.between(axis, own_axis) * amount for axis in field.axes}
    inner: dict[str, Any] = {}
    widths, share = (0, 0), None
    if own_axis is not None:
        # What is prescribed is no unknown.
        lower, upper = (int(side == "node") for side in sides[own_axis])
        widths, inner = (lower, upper), {own_axis: slice(lower, -1 if upper else None)}
        rate = rate.get(inner)
        share = _shares(own_axis, rate.shape.get_size(own_axis), sides[own_axis])
    shift: Any = 1.0 if share is None else share
    for axis, free in between.items():
        value = _through_sides(free, field, axis, boundary)
        if walls is not None:
            value = value * walls.closeness[axis]
            to_walls = walls.towards(value / field.geometry.spacing(axis) ** 2, axis).get(inner)
            shift = shift + (to_walls if share is None or axis == own_axis else to_walls * share)
        part = value.get(inner) if own_axis is not None and own_axis in value.shape else value
        between[axis] = part if share is None or axis == own_axis else part * share
    mask = None if walls is None else walls.fluid.get(inner)
    rate = rate if mask is None else mask * rate
    operator = StencilOperator.of(
        Shape(*(rate.shape.dim(axis) for axis in field.axes)),
        sides,
        {axis: field.geometry.spacing(axis) for axis in field.axes},
        coefficients=between,
        shift=shift,
        mask=mask,
    )
    change = solve_linear(operator, rate if share is None else rate * share, solve)
    return change if own_axis is None else pad(change, {own_axis: widths}, 0.0)


def _sides(boundary: Boundary, axis: str, own_axis: str | None) -> tuple[Any, Any]:
    lower, upper = (solver_side(boundary, axis, side, own_axis) for side in (False, True))
    if lower is None or upper is None:
        side = boundary.at(axis, upper=lower is not None)
        raise BoundaryError(
            f"Implicit diffusion has no rule for the side {side} along '{axis}'. Use a "
            "prescribed value, PERIODIC, ZERO_GRADIENT, SYMMETRIC or "
            "ANTISYMMETRIC, or diffuse.explicit."
        )
    return lower, upper


def _through_sides(between: Tensor, field: Field, axis: str, boundary: Boundary) -> Tensor:
    """The coefficients with less at sides that neither prescribe a value nor close."""
    for upper in (False, True):
        side = boundary.at(axis, upper=upper)
        if isinstance(side, Robin):
            count = field.resolution.get_size(axis) + 1
            last = wrap(np.arange(count) == (count - 1 if upper else 0), spatial(axis))
            between = where(last, between * side.closure(field.geometry.spacing(axis)), between)
    return between


@lru_cache(maxsize=64)
def _shares(axis: str, count: int, sides: tuple[str, str]) -> Tensor | None:
    """Part of a cell that belongs to each point along `axis`: ½ on free sides; `None` if all 1."""
    if "closed" not in sides:
        return None
    shares = np.ones(count)
    shares[[0, -1]] = [0.5 if side == "closed" else 1.0 for side in sides]
    return wrap(shares, Shape(Dim(axis, spatial, count)))


__all__ = ["crank_nicolson", "implicit"]
