"""The V-cycle: smoothing on each grid, and corrections from the next coarser one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, final

from phimath.convert import to_float
from phimath.elementwise import where
from phimath.reduce import mean
from phimath.solve.multigrid.balance import FluxBalance
from phimath.solve.multigrid.coarsening import coarser
from phimath.solve.multigrid.coarsest import inverse_of, solved
from phimath.solve.multigrid.smoothing import smoothed, smoothed_from_zero
from phimath.solve.multigrid.transfer import Transfer
from phimath.sparse import LinearOperator, StencilOperator, SymmetricOperator
from phimath.transform.separately import separately

if TYPE_CHECKING:
    from phimath.tensor import Tensor

# Axes with weights this much below the largest are not coarsened: errors there are not smooth.
_WEAK: Final = 0.25
# So many cells are solved for at once: fewer would need more grids, more a larger inverse.
_FEW: Final = 64


@final
@dataclass(frozen=True, eq=False)
class Level:
    """One grid.

    balance: Without sides.
    inverse_diagonal: Zero in cells that are closed all around.
    transfers: To the next coarser grid, one axis after the other.
    """

    balance: FluxBalance
    inverse_diagonal: Tensor
    transfers: tuple[Transfer, ...]

    @classmethod
    def of(cls, balance: FluxBalance, transfers: tuple[Transfer, ...]) -> Self:
        """With the diagonal."""
        diagonal = balance.diagonal()
        inverse = where(diagonal > 0, 1.0 / where(diagonal > 0, diagonal, 1.0), 0.0)
        return cls(balance.without_sides(), inverse, transfers)


@final
@dataclass(frozen=True, eq=False)
class Multigrid(SymmetricOperator):
    """Approximate inverse of a balance of fluxes: one V-cycle.

    Symmetric and positive, whatever the coarse grids are, because smoothing converges and is the
    same before and after.  Grids are halved along the axes with the strongest coupling first, so
    that cells may have any aspect ratio, and grids any size.

    active: 1 in cells that take part, 0 where neither the right-hand side matters nor the result;
        `None` if all do.
    """

    axes: tuple[str, ...]
    levels: tuple[Level, ...]
    coarsest: Tensor
    active: Tensor | None

    @classmethod
    def of(cls, operator: LinearOperator) -> Self | None:
        """For stencil operators, whose weights may be traced values."""
        if not isinstance(operator, StencilOperator):
            return None
        active = None if operator.active is None else to_float(operator.active)
        return cls.of_balance(FluxBalance.of(operator), active)

    @classmethod
    def of_balance(
        cls,
        balance: FluxBalance,
        active: Tensor | None = None,
        scales: tuple[float, ...] | None = None,
        regular: float | None = None,
    ) -> Self:
        """All grids.

        scales: Typical weight per axis, from which is seen how far cells are from cubes; `None`
            takes the mean of the weights if their values are known, and else equal ones.
        regular: As in `inverse_of`.
        """
        scales = scales or _scales(balance)
        levels: list[Level] = []
        while balance.volume > _FEW:
            fine, transfers = balance, []
            for i in _strong(balance, scales):
                balance, transfer = coarser(balance, i)
                transfers.append(transfer)
                scales = tuple(s / 4 if i == j else s for j, s in enumerate(scales))
            levels.append(Level.of(fine, tuple(transfers)))
        return cls(balance.axes, tuple(levels), inverse_of(balance, regular), active)

    def apply(self, x: Tensor) -> Tensor:
        """Approximate solution for the right-hand side `x`."""
        if self.active is None:
            return self._cycle(0, x)
        return self.active * self._cycle(0, self.active * x)

    def _cycle(self, depth: int, b: Tensor) -> Tensor:
        if depth == len(self.levels):
            return solved(self.coarsest, b)
        level = self.levels[depth]
        balance, inverse_diagonal = level.balance, level.inverse_diagonal
        x = smoothed_from_zero(balance, inverse_diagonal, b)
        surrounded = separately(FluxBalance.surrounded, balance, x)
        coarse = separately(_residual, balance, b, surrounded)
        for transfer in level.transfers:
            coarse = separately(Transfer.restrict, transfer, coarse)
        correction = self._cycle(depth + 1, coarse)
        for transfer in reversed(level.transfers):
            correction = separately(Transfer.prolong, transfer, correction)
        return smoothed(balance, inverse_diagonal, b, x, correction)

    @property
    def columns(self) -> tuple[str, ...]:
        """The axes of the grid."""
        return self.axes


def _residual(balance: FluxBalance, b: Tensor, surrounded: Tensor) -> Tensor:
    return b - balance.outflow(surrounded)


def _scales(balance: FluxBalance) -> tuple[float, ...]:
    if not all(weight.available for weight in balance.weights):
        return (1.0,) * len(balance.axes)
    return tuple(float(mean(weight, weight.shape)) for weight in balance.weights)


def _strong(balance: FluxBalance, scales: tuple[float, ...]) -> tuple[int, ...]:
    """Axes to coarsen."""
    long = [i for i in range(len(balance.axes)) if balance.size(i) > 1]
    largest = max(scales[i] for i in long)
    return tuple(i for i in long if scales[i] >= _WEAK * largest)
