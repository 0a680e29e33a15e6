"""Sides of a flow that are open, where a pressure is prescribed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.boundary import ZERO_GRADIENT, Boundary, Constant
from phimath.boundary.kinds import COMPOSITES
from phimath.tensor import apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.table import Operation
    from phimath.tensor import Number, Tensor


@final
@dataclass(frozen=True, eq=False)
class PressureOutlet(Boundary):
    """The velocity has no gradient on this side, and the pressure a prescribed value.

    pressure: A number, or one per world; mass per length per time².
    """

    pressure: Number | Tensor

    def __repr__(self) -> str:
        return f"zero-gradient at pressure {self.pressure}"

    @property
    def of_pressure(self) -> Constant:
        """Boundary of the pressure."""
        return Constant(self.pressure)

    def at(self, axis: str, *, upper: bool) -> Boundary:
        """Itself."""
        return self

    def derivative(self) -> Boundary:
        """Of a velocity without gradient."""
        return ZERO_GRADIENT.derivative()

    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Components have no gradient."""
        return ZERO_GRADIENT

    def select(self, function: Callable[[Any], Any]) -> Boundary:
        """Copy with `function` applied to the pressure."""
        return PressureOutlet(function(self.pressure))


def _split(operation: Operation, operands: tuple[Any, ...]) -> Boundary | None:
    """As without gradient; what is open stays open at the same pressure."""
    outlets = [operand for operand in operands if isinstance(operand, PressureOutlet)]
    if not outlets:
        return None
    plain = (ZERO_GRADIENT if isinstance(o, PressureOutlet) else o for o in operands)
    result = apply(operation, *plain)
    return outlets[0] if result == ZERO_GRADIENT else result


COMPOSITES.append(_split)
