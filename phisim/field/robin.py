"""Sides where a value and its slope are tied to each other."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.boundary import ZERO_GRADIENT, Boundary
from phimath.boundary.kinds import COMPOSITES
from phimath.errors import BoundaryError
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.table import Operation
    from phimath.tensor import Number


@final
@dataclass(frozen=True, eq=False)
class Robin(Boundary):
    """a u + b ∂u/∂n = c on a side, n pointing outwards; for values at cell centers.

    weight: a, 0 for a prescribed flux.
    slope_weight: b in units of length if a has none.
    target: c.

    Of the heat that leaves a body of conductivity k by h (u − u_air): a = h, b = k, c = h u_air.
    For stability a and b have the same sign, and b is not 0: that would be the constant c / a.
    """

    weight: Number | Tensor
    slope_weight: Number | Tensor
    target: Number | Tensor = 0.0

    def __repr__(self) -> str:
        return f"{self.weight} u + {self.slope_weight} ∂u/∂n = {self.target}"

    def value_on_side(self, nearest: Tensor, spacing: Tensor) -> Tensor:
        """Value on the side, half a cell beyond the nearest value."""
        slope = 2.0 * self.slope_weight / spacing
        return (self.target + slope * nearest) / (self.weight + slope)

    def closure(self, spacing: Tensor) -> Tensor:
        """What flows through the side, in units of what does where the value is prescribed."""
        return self.weight / (self.weight + 2.0 * self.slope_weight / spacing)

    def at(self, axis: str, *, upper: bool) -> Boundary:
        """Itself."""
        return self

    def derivative(self) -> Boundary:
        """Whatever it is next to the side."""
        return ZERO_GRADIENT

    def homogeneous(self) -> Robin:
        """That of a change of the field."""
        return Robin(self.weight, self.slope_weight)

    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Of one component."""

        def part(value: Any) -> Any:
            is_vector = isinstance(value, Tensor) and dim in value.shape
            return value.get({dim: index}) if is_vector else value

        return self.select(part)

    def select(self, function: Callable[[Any], Any]) -> Boundary:
        """Copy with `function` applied to its numbers."""
        return Robin(function(self.weight), function(self.slope_weight), function(self.target))


# What a number means for c: added to u it is weighted by a.
_SUMS: dict[str, Callable[[Any, Any], Any]] = {"add": operator.add, "subtract": operator.sub}
_PRODUCTS: dict[str, Callable[[Any, Any], Any]] = {
    "multiply": operator.mul,
    "divide": operator.truediv,
}


def _split(operation: Operation, operands: tuple[Any, ...]) -> Boundary | None:
    """Linear operations keep a and b; `None` if no operand is of this kind."""
    conditions = [o for o in operands if isinstance(o, Robin)]
    if not conditions:
        return None
    first, name = conditions[0], operation.name
    if name == "negative":
        return Robin(first.weight, first.slope_weight, -first.target)
    if len(operands) == 2 and all(_fits(first, operand) for operand in operands):
        left, right = operands
        if name in _SUMS:
            terms = (o.target if isinstance(o, Robin) else first.weight * o for o in operands)
            return Robin(first.weight, first.slope_weight, _SUMS[name](*terms))
        if name in _PRODUCTS and len(conditions) == 1 and (left is first or name == "multiply"):
            factors = (first.target, right if left is first else left)
            return Robin(first.weight, first.slope_weight, _PRODUCTS[name](*factors))
    raise BoundaryError(
        f"The boundary of {name}({', '.join(map(repr, operands))}) does not follow from these "
        "boundaries. Give the result its boundary with field.with_boundary(…)."
    )


def _fits(condition: Robin, operand: Any) -> bool:
    """Whether it is a number, or a condition with the same weights."""
    if isinstance(operand, Robin):
        return _same(operand.weight, condition.weight) and _same(
            operand.slope_weight, condition.slope_weight
        )
    return not isinstance(operand, Boundary)


def _same(a: Number | Tensor, b: Number | Tensor) -> bool:
    # Tensors are compared by identity: their values may be unknown while a compiler traces.
    return a is b or (not (isinstance(a, Tensor) or isinstance(b, Tensor)) and a == b)


COMPOSITES.append(_split)
