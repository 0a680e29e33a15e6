"""Coarser balances of fluxes: pairs of cells become one, along one axis at a time.

Faces are resistors in series along the axis and in parallel across it.  From center to center of
two pairs lie half of each pair's inner face and the face between them; a fine cell's value is
interpolated where it lies on this path, as a constant flux would have it.  So weights that jump by
any factor and cells that are cut by obstacles are seen by the coarse grid: values do not leak
through closed faces.

Source: the interpolation is that of Alcouffe, Brandt, Dendy and Painter, The multi-grid method for
the diffusion equation with strongly discontinuous coefficients, SIAM J. Sci. Stat. Comput. 2
(1981), between cells instead of nodes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from phimath.boundary import PERIODIC, pad
from phimath.dimension import Dim, spatial
from phimath.elementwise import where
from phimath.join import concat
from phimath.shape import Shape
from phimath.solve.multigrid.transfer import Transfer
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.solve.multigrid.balance import FluxBalance
    from phimath.tensor import Tensor


class Coarser(NamedTuple):
    """A coarser operator, and how values get there and back."""

    balance: FluxBalance
    transfer: Transfer


def coarser(balance: FluxBalance, i: int) -> Coarser:
    """The balance of pairs of cells along axis `i`."""
    axis, wraps, size = balance.axes[i], balance.periodic[i], balance.size(i)
    path = _Path.of(balance.weights[i], axis, wraps)
    transfer = Transfer(axis, wraps, size, path.lower(), path.upper())
    weights = [
        path.weight() if j == i else _pooled(weight, axis, size)
        for j, weight in enumerate(balance.weights)
    ]
    shift = None if balance.shift is None else _pooled(balance.shift, axis, size)
    return Coarser(replace(balance, weights=tuple(weights), shift=shift), transfer)


class _Path(NamedTuple):
    """The way from each pair of cells to the next one, on all faces between pairs.

    lower_half, upper_half: Resistance of the half of a pair's inner face on each side.
    lower_closed, upper_closed: 1 where this face is closed, else 0.
    face: Resistance of the face between pairs; 0 where it is closed.
    is_open: Whether it is not.
    """

    axis: str
    lower_half: Tensor
    upper_half: Tensor
    lower_closed: Tensor
    upper_closed: Tensor
    face: Tensor
    is_open: Tensor

    @classmethod
    def of(cls, weight: Tensor, axis: str, wraps: bool) -> _Path:
        """From the weights on all faces of the cells."""
        size = weight.shape.get_size(axis) - 1
        between = weight.get({axis: slice(0, size, 2)})
        between = concat([between, weight.get({axis: slice(size, None)})], axis)
        inner = weight.get({axis: slice(1, size, 2)})
        half = where(inner > 0, 0.5 / where(inner > 0, inner, 1.0), 0.0)
        closed = where(inner > 0, 0.0, 1.0)
        if size % 2:  # a single cell is its own center
            half, closed = (pad(value, {axis: (0, 1)}, 0.0) for value in (half, closed))
        is_open = between > 0
        face = where(is_open, 1.0 / where(is_open, between, 1.0), 0.0)
        ends = PERIODIC if wraps else 0.0
        halves, flags = (pad(value, {axis: (1, 1)}, ends) for value in (half, closed))
        sides = (slice(None, -1), slice(1, None))
        lower_half, upper_half = (halves.get({axis: side}) for side in sides)
        lower_closed, upper_closed = (flags.get({axis: side}) for side in sides)
        return cls(axis, lower_half, upper_half, lower_closed, upper_closed, face, is_open)

    def lower(self) -> Tensor:
        """Share of the pair below in the value of each pair's lower cell."""
        return self._share(self.upper_half, self.upper_closed).get({self.axis: slice(None, -1)})

    def upper(self) -> Tensor:
        """Share of the pair above in the value of each pair's upper cell."""
        return self._share(self.lower_half, self.lower_closed).get({self.axis: slice(1, None)})

    def weight(self) -> Tensor:
        """Of the fluxes between pairs."""
        blocked = self.lower_closed + self.upper_closed
        passes = self.is_open & (blocked == 0)
        return where(passes, 1.0 / where(passes, self._total, 1.0), 0.0)

    def _share(self, half: Tensor, closed: Tensor) -> Tensor:
        # Cells that are cut off from their own pair take the value of the other one.
        blocked = self.lower_closed + self.upper_closed
        total = where(self._total > 0, self._total, 1.0)
        share = where(blocked > 0, closed / where(blocked > 0, blocked, 1.0), half / total)
        return where(self.is_open, share, 0.0)

    @property
    def _total(self) -> Tensor:
        return self.lower_half + self.face + self.upper_half


def _pooled(value: Tensor, axis: str, size: int) -> Tensor:
    """Sums over pairs of cells."""
    if axis not in value.shape:
        counts = np.full((size + 1) // 2, 2.0)
        if not size % 2:
            return 2.0 * value
        counts[-1] = 1.0
        return value * wrap(counts, Shape(Dim(axis, spatial, len(counts))))
    if size % 2:
        value = pad(value, {axis: (0, 1)}, 0.0)
    return value.get({axis: slice(0, None, 2)}) + value.get({axis: slice(1, None, 2)})
