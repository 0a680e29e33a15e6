"""Filling values that are missing from values nearby."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.boundary import ZERO, ZERO_GRADIENT, Boundary, as_boundary
from phimath.dimension import spatial
from phimath.dtype import BOOL, float_dtype
from phimath.elementwise import is_finite, where
from phimath.stencil.shift import shift
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from phimath.shape import DimFilter


def finite_fill(
    values: Tensor,
    dims: DimFilter = spatial,
    distance: int = 1,
    *,
    diagonal: bool = True,
    padding: Any = ZERO_GRADIENT,
) -> Tensor:
    """Replace NaN and infinities by the mean of the finite neighbours, `distance` times.

    Args:
        values: grid of floating numbers.
        dims: directions of the neighbours.
        distance: how far values spread, in points.
        diagonal: whether neighbours along several dimensions at once count.
        padding: boundary of `values`.
    """
    names = values.shape.resolve(dims).names
    boundary = as_boundary(padding)
    # What is prescribed outside is known there; mirrored values are known where the originals are.
    known_outside = abs(boundary.select(lambda _: 1))  # type: ignore[arg-type]
    for _ in range(distance):
        valid = is_finite(values)
        filled, count = _neighbor_mean(
            where(valid, values, 0), valid, names, (boundary, known_outside), diagonal=diagonal
        )
        values = where(valid, values, where(count > 0, filled, values))
    return values


def masked_fill(
    values: Tensor, valid: Tensor, distance: int = 1, dims: DimFilter = spatial
) -> tuple[Tensor, Tensor]:
    """Spread values by `distance` points from where `valid` isn't zero, averaging those that meet.

    Args:
        values: grid.
        valid: where values may be used: booleans, or numbers that aren't zero.
        distance: how far values spread, in points; diagonal neighbours count as one.
        dims: directions of the neighbours.

    Returns: values, zero where still nothing is known, and a mask of the same type as `valid`.
    """
    known = valid if valid.dtype is BOOL else valid != 0
    names = values.shape.resolve(dims).names
    result = where(known, values, 0)
    for _ in range(distance):
        filled, count = _neighbor_mean(result, known, names, (ZERO, ZERO), diagonal=True)
        result = where(known, result, filled)
        known = known | (count > 0)
    return result, known if valid.dtype is BOOL else known.cast(valid.dtype)


def _neighbor_mean(
    values: Tensor,
    valid: Tensor,
    names: tuple[str, ...],
    boundaries: tuple[Boundary, Boundary],
    *,
    diagonal: bool,
) -> tuple[Tensor, Tensor]:
    """Mean over valid points of the neighbourhood, zero where there is none, and their number.

    boundaries: of the values, and of the mask.
    """
    weight = valid.cast(values.dtype if values.dtype.is_floating else float_dtype())
    total = _neighborhood(values * weight, names, boundaries[0], diagonal=diagonal)
    count = _neighborhood(weight, names, boundaries[1], diagonal=diagonal)
    return total / where(count > 0, count, 1), count


def _neighborhood(
    values: Tensor, names: tuple[str, ...], boundary: Boundary, *, diagonal: bool
) -> Tensor:
    """Sum over the point and its neighbours."""
    total = values
    for name in names:
        lower, upper = shift(total if diagonal else values, (-1, 1), name, boundary, None)
        total = total + lower + upper
    return total
