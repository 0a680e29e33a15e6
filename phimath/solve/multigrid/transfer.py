"""From a grid to one of half as many cells along one axis, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from phimath.boundary import PERIODIC, pad
from phimath.interpolate.resolution import interleaved

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class Transfer:
    """Interpolation between the centers of pairs of cells, and its transposed.

    The last pair lacks its upper cell if the number of cells is odd.

    size: Number of fine cells along the axis.
    lower: Per pair, how much of its lower cell's value comes from the pair below.
    upper: Per pair, how much of its upper cell's value comes from the pair above.
    """

    axis: str
    wraps: bool
    size: int
    lower: Tensor
    upper: Tensor

    def prolong(self, coarse: Tensor) -> Tensor:
        """Values of the fine cells from those of the pairs."""
        padded = pad(coarse, {self.axis: (1, 1)}, self._outside)
        below, above = self._cut(padded, None, -2), self._cut(padded, 2, None)
        fine = interleaved(
            coarse + self.lower * (below - coarse),
            coarse + self.upper * (above - coarse),
            self.axis,
        )
        return self._cut(fine, None, -1) if self.size % 2 else fine

    def restrict(self, fine: Tensor) -> Tensor:
        """Sums over the pairs, each value divided as it was interpolated."""
        if self.size % 2:
            fine = pad(fine, {self.axis: (0, 1)}, 0.0)
        first = fine.get({self.axis: slice(0, None, 2)})
        second = fine.get({self.axis: slice(1, None, 2)})
        down, up = self.lower * first, self.upper * second
        from_above = self._cut(pad(down, {self.axis: (0, 1)}, self._outside), 1, None)
        from_below = self._cut(pad(up, {self.axis: (1, 0)}, self._outside), None, -1)
        return (first - down) + (second - up) + from_above + from_below

    @property
    def _outside(self) -> object:
        return PERIODIC if self.wraps else 0.0

    def _cut(self, x: Tensor, start: int | None, stop: int | None) -> Tensor:
        return x.get({self.axis: slice(start, stop)})
