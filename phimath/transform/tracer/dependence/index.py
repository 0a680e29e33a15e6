"""Topic `index` of linear arrays: positions must be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.transform.tracer.dependence import layers as of
from phimath.transform.tracer.dependence.parts import DependenceParts, not_linear

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode
    from phimath.transform.tracer.dependence.array import Linear


class DependenceIndex(DependenceParts):
    """Reading is linear, and so is writing without comparing."""

    def take(self, a: Linear, indices: Linear, axis: int) -> Linear:
        """Elements with what they depend on."""
        primal = self.inner.take(a.primal, self._positions(indices), axis)
        if a.layers is None:
            return self.constant(primal)
        places = self.known(indices, "Reading at positions")
        return self.moved(a, primal, lambda block: np.take(block, places, axis + 1))

    def gather(self, a: Linear, indices: Linear) -> Linear:
        """Elements with what they depend on."""
        primal = self.inner.gather(a.primal, self._positions(indices))
        if a.layers is None:
            return self.constant(primal)
        places = self.known(indices, "Reading at positions")
        batch = np.arange(len(places))[:, None]
        return self.moved(a, primal, lambda block: block[:, batch, places])

    def scatter(self, base: Linear, indices: Linear, values: Linear, mode: ScatterMode) -> Linear:
        """Elements of the base, and those of all values that are written to them."""
        positions = self._positions(indices)
        primal = self.inner.scatter(base.primal, positions, values.primal, mode)
        if base.layers is None and values.layers is None:
            return self.constant(primal)
        if mode in ("min", "max"):
            raise not_linear(f"scatter(mode='{mode}')")
        places = self.known(indices, "Writing at positions")
        sizes = self.inner.sizes(base.primal)
        layers = of.scattered(base.layers, values.layers, places, sizes, adds=mode == "add")
        return self.linear(primal, layers)

    def boolean_mask(self, a: Linear, mask: Linear, axis: int) -> Linear:
        """Elements with what they depend on."""
        chosen = self.known(mask, "A mask")
        primal = self.inner.boolean_mask(a.primal, mask.primal, axis)
        return self.moved(a, primal, lambda block: np.compress(chosen, block, axis + 1))

    def _positions(self, indices: Linear) -> object:
        if indices.layers is not None:
            raise not_linear("indexing")
        return indices.primal
