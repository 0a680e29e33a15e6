"""Topic `arrange` of linear arrays: layers move as the elements do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.transform.tracer.dependence import layers as of
from phimath.transform.tracer.dependence.parts import DependenceParts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.create import Number
    from phimath.broadcast import Native
    from phimath.transform.tracer.dependence.array import Linear


class DependenceArrange(DependenceParts):
    """All methods move elements only; what they add depends on nothing."""

    def reshape(self, a: Linear, sizes: tuple[int, ...]) -> Linear:
        """Row-major, as of NumPy."""
        primal = self.inner.reshape(a.primal, sizes)
        return self.moved(a, primal, lambda block: block.reshape(len(block), *sizes))

    def transpose(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """The same permutation."""
        primal = self.inner.transpose(a.primal, axes)
        return self.moved(a, primal, lambda b: b.transpose(0, *(axis + 1 for axis in axes)))

    def expand_dims(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """The same axes."""
        primal = self.inner.expand_dims(a.primal, axes)
        return self.moved(a, primal, lambda b: np.expand_dims(b, [axis + 1 for axis in axes]))

    def broadcast_to(self, a: Linear, sizes: tuple[int, ...]) -> Linear:
        """Elements repeat with what they depend on."""
        primal = self.inner.broadcast_to(a.primal, sizes)
        return self.moved(a, primal, lambda b: np.broadcast_to(b, (len(b), *sizes)))

    def get(self, a: Linear, index: tuple[int | slice, ...]) -> Linear:
        """The same part."""
        primal = self.inner.get(a.primal, index)
        return self.moved(a, primal, lambda block: block[(slice(None), *index)])

    def concat(self, arrays: Sequence[Linear], axis: int) -> Linear:
        """Layers joined, as many as the array with the most has."""
        return self._joined(self.inner.concat([a.primal for a in arrays], axis), arrays, axis)

    def stack(self, arrays: Sequence[Linear], axis: int) -> Linear:
        """As joined along an axis of size 1."""
        primal = self.inner.stack([a.primal for a in arrays], axis)
        return self._joined(primal, [self.expand_dims(a, (axis,)) for a in arrays], axis)

    def _joined(self, primal: Native, arrays: Sequence[Linear], axis: int) -> Linear:
        if all(a.layers is None for a in arrays):
            return self.constant(primal)
        sizes = [self.inner.sizes(a.primal) for a in arrays]
        return self.linear(primal, of.joined([a.layers for a in arrays], sizes, axis))

    def flip(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """The same axes."""
        primal = self.inner.flip(a.primal, axes)
        return self.moved(a, primal, lambda b: np.flip(b, tuple(axis + 1 for axis in axes)))

    def pad(self, a: Linear, widths: Sequence[tuple[int, int]], value: Number) -> Linear:
        """The constant around depends on nothing."""
        primal = self.inner.pad(a.primal, widths, value)
        return self.moved(a, primal, _padding(widths))

    def repeat(self, a: Linear, count: int, axis: int) -> Linear:
        """Elements repeat with what they depend on."""
        primal = self.inner.repeat(a.primal, count, axis)
        return self.moved(a, primal, lambda block: np.repeat(block, count, axis + 1))


def _padding(widths: Sequence[tuple[int, int]]) -> Callable[[of.Block], of.Block]:
    def padded(block: of.Block) -> of.Block:
        sizes = [size + sum(width) for size, width in zip(block.shape[1:], widths, strict=True)]
        # Faster than `numpy.pad`, which builds the result axis by axis.
        result = np.full((len(block), *sizes), -1, block.dtype)
        inside = (
            slice(before, before + size)
            for (before, _), size in zip(widths, block.shape[1:], strict=True)
        )
        result[(slice(None), *inside)] = block
        return result

    return padded
