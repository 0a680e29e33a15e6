"""Topic `linear_algebra` of linear arrays: products with constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.transform.tracer.dependence import layers as of
from phimath.transform.tracer.dependence.parts import DependenceParts, NotTraced, not_linear

if TYPE_CHECKING:
    from phimath.backend.pattern import CompressedRows
    from phimath.transform.tracer.dependence.array import Linear
    from phimath.transform.tracer.dependence.layers import Block


class DependenceLinearAlgebra(DependenceParts):
    """A product has the variables of all elements that are added up."""

    def matmul(self, a: Linear, b: Linear) -> Linear:
        """Rows of a constant, or its columns, are taken to have no zeros."""
        primal = self.inner.matmul(a.primal, b.primal)
        if a.layers is not None and b.layers is not None:
            raise not_linear("matmul")
        sizes = self.inner.sizes(primal)
        if a.layers is not None:  # along the columns of a
            rank = a.layers[0].ndim - 1
            return self.linear(primal, of.mixed(a.layers, (rank - 1,), sizes))
        if b.layers is not None:
            rank = b.layers[0].ndim - 1
            mixed = of.mixed(b.layers, (rank - 2,), sizes)
            return self.linear(primal, mixed)
        return self.constant(primal)

    def einsum(self, subscripts: str, *arrays: Linear) -> Linear:
        """By the letters of the one array that depends on variables."""
        primal = self.inner.einsum(subscripts, *(a.primal for a in arrays))
        varying = [i for i, a in enumerate(arrays) if a.layers is not None]
        if not varying:
            return self.constant(primal)
        if len(varying) > 1:
            raise not_linear("einsum")
        terms, _, output = subscripts.partition("->")
        letters, layers = terms.split(",")[varying[0]], arrays[varying[0]].layers
        assert layers is not None
        if len(set(letters)) < len(letters):
            raise NotTraced(f"Diagonals by einsum({subscripts!r}) are not followed.")
        gone = tuple(i for i, letter in enumerate(letters) if letter not in output)
        if gone:
            layers = of.summed(layers, gone)
        kept = [letter for letter in letters if letter in output]
        order = [kept.index(letter) for letter in output if letter in kept]
        new = [i + 1 for i, letter in enumerate(output) if letter not in kept]

        def arranged(block: Block) -> Block:
            moved = block.transpose(0, *(axis + 1 for axis in order))
            return np.expand_dims(moved, new)

        sizes = self.inner.sizes(primal)
        found = of.stretched(of.mapped(layers, arranged), sizes)
        return self.linear(primal, of.checked(found, sizes))

    def sparse_matmul(self, pattern: CompressedRows, values: Linear, x: Linear) -> Linear:
        """Variables at the columns of the entries in each row."""
        primal = self.inner.sparse_matmul(pattern, values.primal, x.primal)
        if values.layers is not None and x.layers is not None:
            raise not_linear("matmul")
        if values.layers is None and x.layers is None:
            return self.constant(primal)
        sizes = self.inner.sizes(primal)
        entries, columns = pattern.padded
        is_stored = (entries < pattern.entries)[..., None]
        if x.layers is not None:
            parts = [np.where(is_stored, b[:, :, columns], -1) for b in x.layers]
        else:
            assert values.layers is not None
            inside = np.minimum(entries, pattern.entries - 1)
            parts = [np.where(is_stored, b[:, :, inside][..., None], -1) for b in values.layers]
        # Axes: layers, batch, width, rows and channels.
        blocks = (np.moveaxis(p, 2, 1).reshape(-1, p.shape[1], *p.shape[3:]) for p in parts)
        return self.linear(primal, of.checked(of.stretched(tuple(blocks), sizes), sizes))
