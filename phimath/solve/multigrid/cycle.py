"""The V-cycle: smoothing on each grid, and corrections from the next coarser one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self, final

from phimath.convert import to_float
from phimath.elementwise import where
from phimath.errors import NotSupported
from phimath.reduce import mean
from phimath.solve.multigrid.coarsening import coarser
from phimath.solve.multigrid.smoothing import smoothed, smoothed_from_zero
from phimath.sparse import LinearOperator

if TYPE_CHECKING:
    from phimath.solve.multigrid.balance import FluxBalance
    from phimath.solve.multigrid.transfer import Transfer
    from phimath.tensor import Tensor

# Axes with weights this much below the largest are not coarsened: errors there are not smooth.
WEAK: Final = 0.25


@final
@dataclass(frozen=True, eq=False)
class Level:
    """One grid.

    inverse_diagonal: Zero in cells that are closed all around.
    transfers: To the next coarser grid, one axis after the other; none from the coarsest.
    """

    form: FluxBalance
    inverse_diagonal: Tensor
    transfers: tuple[Transfer, ...]


@final
@dataclass(frozen=True, eq=False)
class Multigrid(LinearOperator):
    """Approximate inverse of a balance of fluxes: one V-cycle.

    Symmetric and positive, whatever the coarse grids are, because smoothing converges and is the
    same before and after.  Grids are halved down to one cell, along the axes with the strongest
    coupling first, so that cells may have any aspect ratio, and grids any size.

    active: 1 in cells that take part, 0 where neither the right-hand side matters nor the result.
    """

    levels: tuple[Level, ...]
    active: Tensor | None

    @classmethod
    def of(cls, form: FluxBalance) -> Self:
        """All grids; weights may be traced values."""
        scales = form.scales or _scales(form)
        shift = None if form.shift is None else to_float(form.shift)
        weights = tuple(to_float(weight) for weight in form.weights)
        active = None if form.active is None else to_float(form.active)
        form = replace(form, weights=weights, shift=shift, active=None, scales=None)
        levels: list[Level] = []
        while axes := _strong(form, scales):
            fine, transfers = form, []
            for i in axes:
                form, transfer = coarser(form, i)
                transfers.append(transfer)
            levels.append(_level(fine, tuple(transfers)))
            scales = tuple(s / 4 if i in axes else s for i, s in enumerate(scales))
        levels.append(_level(form, ()))
        return cls(tuple(levels), active)

    def apply(self, x: Tensor) -> Tensor:
        """Approximate solution for the right-hand side `x`."""
        if self.active is None:
            return self._cycle(0, x)
        return self.active * self._cycle(0, self.active * x)

    def _cycle(self, depth: int, b: Tensor) -> Tensor:
        level = self.levels[depth]
        if not level.transfers:  # a single cell
            return level.inverse_diagonal * b
        x = smoothed_from_zero(level.form, level.inverse_diagonal, b)
        residual = b - level.form.apply(x)
        for transfer in level.transfers:
            residual = transfer.restrict(residual)
        correction = self._cycle(depth + 1, residual)
        for transfer in reversed(level.transfers):
            correction = transfer.prolong(correction)
        return smoothed(level.form, level.inverse_diagonal, b, x + correction)

    @property
    def norm(self) -> Tensor:
        """Not known."""
        raise NotSupported("The norm of a preconditioner is not known. Use that of the operator.")

    def transposed(self) -> LinearOperator:
        """Itself."""
        return self

    @property
    def is_symmetric(self) -> bool:
        """Yes."""
        return True

    @property
    def is_positive(self) -> bool:
        """Yes."""
        return True


def _level(form: FluxBalance, transfers: tuple[Transfer, ...]) -> Level:
    diagonal = form.diagonal()
    inverse = where(diagonal > 0, 1.0 / where(diagonal > 0, diagonal, 1.0), 0.0)
    return Level(form, inverse, transfers)


def _scales(form: FluxBalance) -> tuple[float, ...]:
    if not all(weight.available for weight in form.weights):
        return (1.0,) * len(form.axes)
    return tuple(float(mean(weight, weight.shape)) for weight in form.weights)


def _strong(form: FluxBalance, scales: tuple[float, ...]) -> tuple[int, ...]:
    """Axes to coarsen."""
    long = [i for i in range(len(form.axes)) if form.size(i) > 1]
    largest = max((scales[i] for i in long), default=0.0)
    return tuple(i for i in long if scales[i] >= WEAK * largest)
