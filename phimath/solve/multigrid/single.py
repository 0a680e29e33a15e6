"""The V-cycle in 32 bit, for systems in 64 bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self, final

from phimath.convert import to_float
from phimath.dtype import complex_dtype, float_dtype, precision, precision_bits
from phimath.elementwise import minimum, where
from phimath.reduce import max as max_of
from phimath.solve.multigrid.balance import FluxBalance
from phimath.solve.multigrid.cycle import Multigrid
from phimath.sparse import LinearOperator, StencilOperator, SymmetricOperator

if TYPE_CHECKING:
    from phimath.tensor import Tensor

# Inverses of numbers that are smaller than the largest by more are not in the range of 32 bit.
_MOST: Final = 1e30
# Between the numbers for both precisions: from 2⁻²⁰ on down, what an enclosed domain's null space
# leaves of rounding errors costs iterations; from 2⁻¹² on up, a coefficient that jumps by 10⁴ does.
_REGULAR: Final = 2.0**-16


@final
@dataclass(frozen=True, eq=False)
class SingleMultigrid(SymmetricOperator):
    """One V-cycle, which needs half the time in 32 bit: reading memory is what takes it.

    What it lacks is far below what an approximate inverse lacks anyway; the iteration that it
    preconditions computes its residuals in 64 bit.

    cycle: In 32 bit, of the operator divided by its largest diagonal entry.
    factor: One over this, in 64 bit.
    """

    cycle: Multigrid
    factor: Tensor

    @classmethod
    def of(cls, operator: LinearOperator) -> Self | Multigrid | None:
        """For stencil operators; in other contexts than those of 64 bit the plain V-cycle."""
        if not isinstance(operator, StencilOperator) or precision_bits() != 64:
            return Multigrid.of(operator)
        balance = FluxBalance.of(operator)
        largest = max_of(balance.diagonal(), operator.cells)
        factor = where(largest > 0, 1.0 / where(largest > 0, largest, 1.0), 1.0)
        scaled = replace(
            balance,
            weights=tuple(factor * weight for weight in balance.weights),
            shift=None if balance.shift is None else factor * balance.shift,
        )
        cycle = _in_range(Multigrid.of_balance(scaled, operator.active, regular=_REGULAR))
        with precision(32):
            return cls(to_float(cycle), factor)

    def apply(self, x: Tensor) -> Tensor:
        """Approximate solution for the right-hand side `x`."""
        with precision(32):
            found = self.cycle.apply(_rounded(x))
        return self.factor * _rounded(found)

    @property
    def columns(self) -> tuple[str, ...]:
        """The axes of the grid."""
        return self.cycle.columns


def _rounded(x: Tensor) -> Tensor:
    """In the precision of the context."""
    return x.cast(complex_dtype() if x.dtype.kind == "complex" else float_dtype())


def _in_range(cycle: Multigrid) -> Multigrid:
    levels = tuple(
        replace(level, inverse_diagonal=minimum(level.inverse_diagonal, _MOST))
        for level in cycle.levels
    )
    return replace(cycle, levels=levels, coarsest=minimum(cycle.coarsest, _MOST))
