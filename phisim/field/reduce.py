"""Reductions of fields: sums over space count faces on the sides of the domain by half."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from phimath import reduce as plain
from phimath.create import vector_of
from phimath.dimension import Dim, spatial
from phimath.elementwise import safe_div
from phimath.errors import NotSupported, ShapeError
from phimath.join import stack
from phimath.norm import l1_loss, l2_loss
from phimath.shape import Shape
from phimath.wrap import wrap
from phisim.field.boundary import is_periodic
from phisim.field.field import HOOKS, Field
from phisim.geometry.fraction import fraction_inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import DimFilter
    from phimath.tensor import Tensor
    from phisim.geometry import Geometry

# How values become the summands of a reduction that adds.
_ADDING: dict[str, Callable[[Tensor], Tensor]] = {
    "sum": lambda values: values,
    "mean": lambda values: values,
    "l1_loss": lambda values: l1_loss(values, ()),
    "l2_loss": lambda values: l2_loss(values, ()),
}


def reduced(field: Field, reduction: str, dims: DimFilter) -> Tensor:
    """Result of a reduction of a field along dimensions, a tensor.

    reduction: `sum`, `mean`, `l1_loss`, `l2_loss`, `prod`, `max`, `min`, `any` or `all`.

    Of a staggered component, the first and last face along its own axis each stand for half a cell,
    unless that axis is periodic: so sums times the cell volume are second-order integrals, and the
    mean of a constant is this constant.  Plain reductions are those of `field.values`.
    """
    if reduction not in _ADDING:
        return getattr(plain, reduction)(field.values, dims)
    summand = _ADDING[reduction]
    names = field.shape.resolve(dims).names
    if field.is_centered:
        total = plain.sum(summand(field.values), names)
    else:
        components = [
            summand(component) * face_weights(field, axis) if axis in names else summand(component)
            for axis, component in field.components.items()
        ]
        total = plain.sum(stack(components, field.geometry.vector), names)
    return total / _count(field, names) if reduction == "mean" else total


def _count(field: Field, names: tuple[str, ...]) -> int:
    """Number of values per result; a staggered component counts as many as there are cells."""
    count = 1
    for name in names:
        count *= (field.resolution if name in field.axes else field.shape).get_size(name)
    return count


def face_weights(field: Field, axis: str) -> Tensor:
    """Part of a cell's length that each face along `axis` stands for: ½ on the sides, else 1."""
    return _weights(axis, field.resolution.get_size(axis), is_periodic(field.boundary, axis))


@lru_cache(maxsize=256)
def _weights(axis: str, cells: int, periodic: bool) -> Tensor:
    weights = np.ones(cells if periodic else cells + 1)
    if not periodic:
        weights[[0, -1]] = 0.5
    return wrap(weights, Shape(Dim(axis, spatial, len(weights))))


def integrate(field: Field, region: Geometry | None = None) -> Tensor:
    """Integral over the domain, or the part inside of `region`, in the field's unit times length^d.

    Second order; cells that the region cuts count by the covered fraction.

    Returns: tensor with the batch and channel dimensions of the field.
    """
    if region is not None:
        if field.is_staggered:
            raise NotSupported(
                "Integrals of staggered fields over a region are not defined: their components "
                "have different cells. "
                "Use integrate(field.at_centers(), region)."
            )
        extent = {axis: field.geometry.spacing(axis) for axis in field.axes}
        inside = fraction_inside(region, field.geometry.center, extent)
        field = replace(field, values=field.values * inside)
    return reduced(field, "sum", field.axes) * field.geometry.volume


def center_of_mass(density: Field) -> Tensor:
    """∑ ρ x / ∑ ρ over the cells (…, vector), in the units of the domain; 0 where ∑ ρ is 0.

    density: Centered scalar field.
    """
    if density.is_staggered or "vector" in density.shape:
        raise ShapeError(f"center_of_mass takes a centered scalar field, not {density!r}.")
    total = plain.sum(density.values, density.axes)
    moments = {
        axis: plain.sum(density.values * density.points.vector[axis], density.axes)
        for axis in density.axes
    }
    return safe_div(vector_of(moments), total)


HOOKS["reduced"] = reduced
