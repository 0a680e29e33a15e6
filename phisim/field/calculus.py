"""Differential operators on grid fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from phimath.errors import NotSupported, ShapeError
from phimath.join import stack
from phimath.stencil import laplace as laplace_of_tensor
from phimath.stencil import spatial_gradient as gradient_of_tensor
from phisim.field.boundary import (
    component_boundary,
    derivative_boundary,
    ghost_rule,
    gradient_boundary,
    is_periodic,
    laplace_boundary,
    with_ghosts,
)
from phisim.field.field import Field

if TYPE_CHECKING:
    from phimath.boundary import Boundary
    from phimath.tensor import Tensor

Order = Literal[2, 4, 6]


def spatial_gradient(
    field: Field, at: Literal["center", "face"] = "center", order: Order = 2
) -> Field:
    """Gradient (…, vector) of a scalar field, in its units per length.

    Args:
        field: Centered scalar field.
        at: `'center'` by central differences of the given order, `'face'` by the difference across
            each face, second order.
        order: Order of accuracy in the interior and with periodic sides: 2, 4 or 6.

    At sides with a prescribed value the ghost values make the scheme second order.
    """
    if field.is_staggered or "vector" in field.shape:
        raise ShapeError(
            f"spatial_gradient takes a centered scalar field, not {field!r}. Use "
            "field.component('x') or divergence."
        )
    boundary = gradient_boundary(field.boundary, field.axes)
    if at == "face":
        if order != 2:
            raise NotSupported(f"Gradients at faces have order 2, not {order}. Use at='center'.")
        components = [
            face_difference(field.values, field.boundary, axis, field) for axis in field.axes
        ]
        values = stack(components, field.geometry.vector)
        return replace(field, values=values, boundary=boundary, is_staggered=True)
    components = [
        _derivative(field.values, field.boundary, axis, field, order) for axis in field.axes
    ]
    return replace(field, values=stack(components, field.geometry.vector), boundary=boundary)


def face_difference(values: Tensor, boundary: Boundary, axis: str, field: Field) -> Tensor:
    """Difference across the faces normal to `axis`, per length, of values at cell centers."""
    widths = {axis: (1, 0 if is_periodic(boundary, axis) else 1)}
    padded = with_ghosts(values, boundary, widths, field.geometry)
    return _forward_difference(padded, axis) / field.geometry.spacing(axis)


def _forward_difference(values: Tensor, axis: str) -> Tensor:
    return values.get({axis: slice(1, None)}) - values.get({axis: slice(None, -1)})


def _derivative(
    values: Tensor, boundary: Boundary, axis: str, field: Field, order: Order
) -> Tensor:
    ghosts = ghost_rule(boundary, None, field.geometry, values)
    spacing = field.geometry.spacing(axis)
    return gradient_of_tensor(
        values, spacing, padding=ghosts, dims=axis, stack_dim=None, order=order
    )


def divergence(field: Field, order: Order = 2) -> Field:
    """Divergence at cell centers of a vector field.

    For staggered fields the flux balance of each cell, exact for what the faces carry; for centered
    fields central differences.
    """
    _require_vector(field, "divergence")
    total = None
    for axis in field.axes:
        term = _divergence_term(field, axis, order)
        total = term if total is None else total + term
    boundary = derivative_boundary(_scalar_boundary(field), field.axes)
    return replace(field, values=total, boundary=boundary, is_staggered=False)


def _divergence_term(field: Field, axis: str, order: Order) -> Tensor:
    values = field.component(axis)
    if field.is_centered:
        boundary = component_boundary(field.boundary, axis, field.axes)
        return _derivative(values, boundary, axis, field, order)
    if order != 2:
        raise NotSupported(f"The divergence of staggered fields has order 2, not {order}.")
    if is_periodic(field.boundary, axis):
        values = with_ghosts(
            values, field.boundary, {axis: (0, 1)}, field.geometry, axis, staggered=True
        )
    return _forward_difference(values, axis) / field.geometry.spacing(axis)


def laplace(field: Field, order: Order = 2) -> Field:
    """Sum of second derivatives, per component; central differences of order 2, 4 or 6."""
    if field.is_centered:
        values = _laplace_of(field.values, None, field, order)
    else:
        components = [_laplace_of(field.component(axis), axis, field, order) for axis in field.axes]
        values = stack(components, field.geometry.vector)
    return replace(field, values=values, boundary=laplace_boundary(field.boundary, field.axes))


def _laplace_of(values: Tensor, component: str | None, field: Field, order: Order) -> Tensor:
    boundary = component_boundary(field.boundary, component, field.axes)
    ghosts = ghost_rule(boundary, component, field.geometry, values)
    total = None
    for axis in field.axes:
        spacing = field.geometry.spacing(axis)
        term = laplace_of_tensor(values, spacing, ghosts, axis, order=order)
        total = term if total is None else total + term
    assert total is not None
    return total


def curl(field: Field) -> Field:
    """Curl at cell centers, second order: a scalar in 2D, a vector in 3D.

    Staggered fields are averaged to centers first.
    """
    _require_vector(field, "curl")
    if field.spatial_rank not in (2, 3):
        raise ShapeError(f"curl is defined in 2D and 3D, not with the axes {','.join(field.axes)}.")
    centered = field.at_centers()

    def derivative(component: str, axis: str) -> Tensor:
        boundary = component_boundary(centered.boundary, component, centered.axes)
        return _derivative(centered.component(component), boundary, axis, centered, 2)

    boundary = derivative_boundary(_scalar_boundary(field), field.axes)
    if field.spatial_rank == 2:
        x, y = field.axes
        return replace(centered, values=derivative(y, x) - derivative(x, y), boundary=boundary)
    x, y, z = field.axes
    cyclic = ((y, z), (z, x), (x, y))
    components = [derivative(second, first) - derivative(first, second) for first, second in cyclic]
    return replace(centered, values=stack(components, field.geometry.vector), boundary=boundary)


def _scalar_boundary(field: Field) -> Boundary:
    return component_boundary(field.boundary, field.axes[0], field.axes)


def _require_vector(field: Field, what: str) -> None:
    if not field.is_vector:
        raise ShapeError(
            f"{what} takes a vector field with one component per axis {','.join(field.axes)}, not "
            "values of shape "
            f"{field.shape}. Label its vector by the axes."
        )
