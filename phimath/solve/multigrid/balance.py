"""Balances of fluxes through the faces of cells: finite-volume operators on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from phimath.boundary import PERIODIC, pad

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class FluxBalance:
    """(A u)ᵢ = ∑ [w₋ (uᵢ − uᵢ₋₁) + w₊ (uᵢ − uᵢ₊₁)] + c uᵢ, summed over the axes of a grid.

    Beyond sides that are not periodic, u vanishes.  It is symmetric and positive semi-definite.

    axes: Names of the dimensions that the operator couples; others list independent systems.
    periodic: Per axis.
    weights: Per axis, w ≥ 0 on all n + 1 faces along it; the last is the first if it is periodic.
        Zero closes a face.  Dimensions in which they don't vary may be missing.
    shift: c ≥ 0; `None` for zero.
    active: 1 in cells that take part, 0 in those that are closed all around, as inside of
        obstacles; `None` if there are none.
    scales: Typical weight per axis, from which is seen how far cells are from cubes; `None` takes
        the mean of the weights if their values are known, and else equal ones.
    """

    axes: tuple[str, ...]
    periodic: tuple[bool, ...]
    weights: tuple[Tensor, ...]
    shift: Tensor | None = None
    active: Tensor | None = None
    scales: tuple[float, ...] | None = None

    def size(self, i: int) -> int:
        """Number of cells along axis `i`."""
        return self.weights[i].shape.get_size(self.axes[i]) - 1

    def apply(self, x: Tensor) -> Tensor:
        """Net outflow of each cell."""
        total = None if self.shift is None else self.shift * x
        for axis, wraps, weight in zip(self.axes, self.periodic, self.weights, strict=True):
            flux = weight * difference(x, axis, wraps)
            outflow = flux.get({axis: slice(None, -1)}) - flux.get({axis: slice(1, None)})
            total = outflow if total is None else total + outflow
        assert total is not None
        return total

    def diagonal(self) -> Tensor:
        """Diagonal of its matrix; zero in cells that are closed all around."""
        total = self.shift
        for i, (axis, weight) in enumerate(zip(self.axes, self.weights, strict=True)):
            pair = weight.get({axis: slice(None, -1)}) + weight.get({axis: slice(1, None)})
            if self.periodic[i] and self.size(i) == 1:  # the cell is its own neighbour
                pair = pair * 0.0
            total = pair if total is None else total + pair
        assert total is not None
        return total


def difference(x: Tensor, axis: str, wraps: bool) -> Tensor:
    """Upper less lower value at all n + 1 faces along an axis, with zeros outside or periodic."""
    padded = pad(x, {axis: (1, 1)}, PERIODIC if wraps else 0.0)
    return padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)})
