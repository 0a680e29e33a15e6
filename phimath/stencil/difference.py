"""Finite differences: gradient and Laplace operator of order 2, 4 and 6, explicit or compact."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from phimath.boundary import NONE, ZERO_GRADIENT, Boundary, as_boundary, pad
from phimath.differentiation import derivatives_taken
from phimath.dimension import channel, spatial
from phimath.dtype import float_dtype
from phimath.errors import ShapeError, ValueRangeError
from phimath.stencil.adjoint import with_adjoint
from phimath.stencil.compact import compact_derivative
from phimath.stencil.shift import list_directions, moved, reach_of
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.shape import DimFilter, Shape

Difference = Literal["central", "forward", "backward"]
GRADIENT = channel("gradient")


@lru_cache(maxsize=256)
def stencil_coefficients(offsets: tuple[int, ...], derivative: int) -> tuple[float, ...]:
    """Weights at `offsets` (in units of dx) that approximate a derivative at 0.

    They are exact for polynomials of degree below the number of offsets, so solve ∑ₖ wₖ offsetₖʲ =
    j! δ(j, derivative).
    """
    count = len(offsets)
    rows = [[Fraction(offset) ** power for offset in offsets] for power in range(count)]
    factorial = 1
    for factor in range(2, derivative + 1):
        factorial *= factor
    right = [Fraction(factorial if power == derivative else 0) for power in range(count)]
    for i in range(count):
        pivot = next(r for r in range(i, count) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        right[i], right[pivot] = right[pivot], right[i]
        for r in range(count):
            if r != i and rows[r][i]:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
                right[r] -= factor * right[i]
    return tuple(float(right[i] / rows[i][i]) for i in range(count))


@lru_cache(maxsize=64)
def _first_derivative(
    difference: str, order: int | None
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    if difference == "central":
        order = 2 if order is None else order
        if order not in (2, 4, 6):
            raise ValueRangeError(f"Central differences have order 2, 4 or 6, not {order}.")
        offsets = tuple(range(-order // 2, order // 2 + 1))
    elif difference in ("forward", "backward"):
        order = 1 if order is None else order
        if not 1 <= order <= 6:
            raise ValueRangeError(f"One-sided differences have order 1 to 6, not {order}.")
        offsets = tuple(range(order + 1)) if difference == "forward" else tuple(range(-order, 1))
    else:
        raise ValueRangeError(
            f"There is no difference {difference!r}. Use 'central', 'forward' or 'backward'."
        )
    return offsets, stencil_coefficients(offsets, 1)


def spatial_gradient(
    grid: Tensor,
    dx: float | Tensor = 1,
    difference: Difference = "central",
    padding: Any = ZERO_GRADIENT,
    dims: DimFilter = spatial,
    stack_dim: Shape | str | None = GRADIENT,
    *,
    order: int | None = None,
    compact: bool = False,
) -> Tensor:
    """First derivatives along `dims` from differences of neighbouring values.

    Args:
        grid: values at equal distances.
        dx: distance between points: a number, or a vector labelled by the axes.
        difference: `central`, or one-sided `forward` or `backward`.
        padding: boundary of `grid`; `None` keeps only points with all neighbours.
        dims: directions.
        stack_dim: lists the directions; `None` if there is only one.
        order: of accuracy; 2, 4 or 6 for central (default 2), 1 to 6 for one-sided ones (default
            1).
        compact: use the implicit scheme of order 6 by Lele (1992), which resolves shorter waves.

    Returns: components kept apart along `stack_dim`, labelled by the axes.

    Raises:
        ValueRangeError: there is no such difference or order.
        NotSupported: `compact` with a boundary that isn't periodic or (anti-)symmetric.
    """
    grid = _floating(grid)
    directions = grid.shape.resolve(dims)
    boundary = as_boundary(padding)
    parts: list[Tensor] = []
    if compact:
        parts = [
            compact_derivative(grid, name, 1, boundary) / spacing(dx, name)
            for name in directions.names
        ]
        return list_directions(parts, directions.names, stack_dim)
    offsets, weights = _first_derivative(difference, order)
    reach = reach_of(offsets)
    for name in directions.names:
        part = difference_along(grid, name, offsets, weights, boundary, spacing(dx, name))
        if boundary is NONE:
            for other in directions.names:
                if other != name:
                    part = moved(part, other, 0, reach)
        parts.append(part)
    return list_directions(parts, directions.names, stack_dim)


def laplace(
    x: Tensor,
    dx: float | Tensor = 1,
    padding: Any = ZERO_GRADIENT,
    dims: DimFilter = spatial,
    weights: Tensor | None = None,
    *,
    order: int = 2,
    compact: bool = False,
) -> Tensor:
    """Sum of the second derivatives along `dims`.

    Args:
        x: values at equal distances.
        dx: distance between points: a number, or a vector labelled by the axes.
        padding: boundary of `x`; `None` keeps only points with all neighbours.
        dims: directions.
        weights: factors of the directions, a vector labelled by the axes.
        order: of accuracy: 2, 4 or 6.
        compact: use the implicit scheme of order 6 by Lele (1992).

    Raises:
        ValueRangeError: there is no such order.
        NotSupported: `compact` with a boundary that isn't periodic or (anti-)symmetric.
    """
    if order not in (2, 4, 6):
        raise ValueRangeError(f"The Laplace operator has order 2, 4 or 6, not {order}.")
    x = _floating(x)
    names = x.shape.resolve(dims).names
    boundary = as_boundary(padding)
    reach = order // 2
    offsets = tuple(range(-reach, reach + 1))
    total: Tensor | None = None
    for name in names:
        distance = spacing(dx, name)
        if compact:
            part = compact_derivative(x, name, 2, boundary) / distance**2
        else:
            part = difference_along(
                x, name, offsets, stencil_coefficients(offsets, 2), boundary, distance**2
            )
        if boundary is NONE and not compact:
            for other in names:
                if other != name:
                    part = moved(part, other, 0, (reach, reach))
        if weights is not None:
            part = part * spacing(weights, name)
        total = part if total is None else total + part
    if total is None:
        raise ShapeError(
            f"The Laplace operator needs at least one dimension, but {dims!r} selects none of "
            f"{x.shape}."
        )
    return total


def difference_along(
    grid: Tensor,
    name: str,
    offsets: tuple[int, ...],
    weights: tuple[float, ...],
    boundary: Boundary,
    denominator: float | Tensor,
) -> Tensor:
    """∑ₖ wₖ · (values at offsetₖ) / denominator."""
    is_number = not isinstance(denominator, Tensor)
    scale = 1.0 / denominator if is_number else 1.0
    weight_at = {k: w * scale for k, w in zip(offsets, weights, strict=True) if w}
    reach = reach_of(offsets)

    def apply(grid: Tensor) -> Tensor:
        return _weighted_sum(pad(grid, {name: reach}, boundary), name, weight_at, reach)

    total: Tensor | None = None
    if derivatives_taken() and isinstance(grid, Dense):
        total = with_adjoint(grid, name, reach, weight_at, boundary, apply)
    if total is None:
        total = apply(grid)
    return total if is_number else total / denominator


def _weighted_sum(
    padded: Tensor, name: str, weights: Mapping[int, float], reach: tuple[int, int]
) -> Tensor:
    remaining = dict(weights)
    total: Tensor | None = None
    for offset in sorted(weights, key=abs, reverse=True):
        weight = remaining.pop(offset, 0.0)
        if not weight:
            continue
        values = moved(padded, name, offset, reach)
        # Opposite neighbours have equal weights up to the sign: one product for both.
        mirrored = remaining.get(-offset)
        if offset and mirrored is not None and abs(mirrored) == abs(weight):
            del remaining[-offset]
            opposite = moved(padded, name, -offset, reach)
            values = values + opposite if mirrored == weight else values - opposite
        term = values if weight == 1 else values * weight
        total = term if total is None else total + term
    assert total is not None
    return total


def spacing(dx: float | Tensor, name: str) -> float | Tensor:
    """Component of `dx` along one axis: itself, or the element labelled by the axis."""
    if not isinstance(dx, Tensor):
        return dx
    for dim in dx.shape.of_type(channel).dims:
        if dim.labels:
            if name not in dim.labels:
                raise ShapeError(
                    f"'{dim.name}' of {dx.shape} has no label '{name}'. Label it by all axes."
                )
            return dx.get({dim.name: dim.labels.index(name)})
    return dx


def _floating(value: Tensor) -> Tensor:
    return value if value.dtype.is_floating else value.cast(float_dtype())
