"""Balances of fluxes through the faces of cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Self, final

from phimath.boundary import PERIODIC, pad
from phimath.convert import to_float
from phimath.join import concat
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.sparse import StencilOperator
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class FluxBalance:
    """(A u)ᵢ = ∑ [w₋ (uᵢ − uᵢ₋₁) + w₊ (uᵢ − uᵢ₊₁)] + c uᵢ, summed over the axes of a grid.

    Beyond sides that are not periodic, u vanishes.  It is symmetric and positive semi-definite.

    axes: Names of the dimensions that the operator couples; others list independent systems.
    periodic: Per axis.  Where both sides are closed it makes no difference.
    weights: Per axis, w ≥ 0 on all n + 1 faces along it; the last is the first if it is periodic.
        Zero closes a face.  Dimensions in which they don't vary may be missing.
    shift: c ≥ 0; `None` for zero.
    """

    axes: tuple[str, ...]
    periodic: tuple[bool, ...]
    weights: tuple[Tensor, ...]
    shift: Tensor | None = None

    @classmethod
    def of(cls, operator: StencilOperator) -> Self:
        """What a stencil operator does, in the precision of the context."""
        wraps = tuple(
            all(side in ("periodic", "closed") for side in pair) for pair in operator.sides
        )
        weights = tuple(to_float(weight) for weight in operator.weights)
        shift = None if operator.shift is None else to_float(wrap(operator.shift))
        return cls(operator.cells.names, wraps, weights, shift)

    def size(self, i: int) -> int:
        """Number of cells along axis `i`."""
        return self.weights[i].shape.get_size(self.axes[i]) - 1

    @property
    def volume(self) -> int:
        """Number of cells."""
        return prod(self.size(i) for i in range(len(self.axes)))

    def without_sides(self) -> FluxBalance:
        """The same operator, where what flows through open sides is part of the shift.

        Values beyond them don't matter, then, and may be copies from the other side, which cost
        less than zeros: they need no case distinction.
        """
        weights, shift = [], self.shift
        for axis, wraps, weight in zip(self.axes, self.periodic, self.weights, strict=True):
            inner = weight
            if not wraps:
                lower, upper = weight.get({axis: slice(0, 1)}), weight.get({axis: slice(-1, None)})
                inner = concat([0.0 * lower, weight.get({axis: slice(1, -1)}), 0.0 * upper], axis)
                rest = weight.shape.get_size(axis) - 2
                through = pad(lower, {axis: (0, rest)}, 0.0) + pad(upper, {axis: (rest, 0)}, 0.0)
                shift = through if shift is None else shift + through
            weights.append(inner)
        return replace(self, periodic=(True,) * len(weights), weights=tuple(weights), shift=shift)

    def apply(self, x: Tensor) -> Tensor:
        """Net outflow of each cell."""
        return self.outflow(self.surrounded(x))

    def surrounded(self, x: Tensor) -> Tensor:
        """With one value beyond each side."""
        wrapped = {a: (1, 1) for a, wraps in zip(self.axes, self.periodic, strict=True) if wraps}
        others = {axis: (1, 1) for axis in self.axes if axis not in wrapped}
        x = pad(x, wrapped, PERIODIC) if wrapped else x
        return pad(x, others, 0.0) if others else x

    def outflow(self, surrounded: Tensor) -> Tensor:
        """Net outflow of each cell, from values also beyond the sides.

        Apart from `surrounded`, so that compilers may be kept from merging both: loops that
        distinguish cases, or compute values for each of their uses, are slow.
        """
        center = self.inner(surrounded)
        total = None if self.shift is None else self.shift * center
        for axis, weight in zip(self.axes, self.weights, strict=True):
            below, above = (
                surrounded.get({a: part if a == axis else slice(1, -1) for a in self.axes})
                for part in (slice(None, -2), slice(2, None))
            )
            lower, upper = _faces(weight, axis)
            outflow = lower * (center - below) + upper * (center - above)
            total = outflow if total is None else total + outflow
        assert total is not None
        return total

    def inner(self, surrounded: Tensor) -> Tensor:
        """Without the values beyond the sides."""
        return surrounded.get({axis: slice(1, -1) for axis in self.axes})

    def diagonal(self) -> Tensor:
        """Diagonal of its matrix; zero in cells that are closed all around."""
        total = self.shift
        for i, (axis, weight) in enumerate(zip(self.axes, self.weights, strict=True)):
            lower, upper = _faces(weight, axis)
            pair = lower + upper
            if self.periodic[i] and self.size(i) == 1:  # the cell is its own neighbour
                pair = pair * 0.0
            total = pair if total is None else total + pair
        assert total is not None
        return total


def _faces(weight: Tensor, axis: str) -> tuple[Tensor, Tensor]:
    """Weights of the lower and of the upper face of each cell."""
    return weight.get({axis: slice(None, -1)}), weight.get({axis: slice(1, None)})
