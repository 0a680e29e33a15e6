"""Fields taken apart into staggered components, and put together of what is made of these."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phisim.field.boundary import laplace_boundary

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor
    from phisim.field.field import Field


def components_of(field: Field) -> tuple[str | None, ...]:
    """Axes of the staggered components, or one `None` for cell centers."""
    return field.axes if field.is_staggered else (None,)


def values_of(field: Field, component: str | None) -> Tensor:
    """Values of a staggered component, or at cell centers."""
    return field.values if component is None else field.component(component)


def rate_of_change(field: Field, rate: Callable[[str | None], Tensor]) -> Field:
    """Rate of change of a field from that of each of its components; 0 where it is prescribed."""
    boundary = laplace_boundary(field.boundary, field.axes)
    rates = [rate(component) for component in components_of(field)]
    if field.is_centered:
        return replace(field, values=rates[0], boundary=boundary)
    return field.with_components(rates).with_boundary(boundary)
