"""Topics `reduce` and `spectral` of linear arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.transform.tracer.dependence import layers as of
from phimath.transform.tracer.dependence.parts import DependenceParts

if TYPE_CHECKING:
    from phimath.transform.tracer.dependence.array import Linear


class DependenceReduce(DependenceParts):
    """Sums have the variables of all that they add; transforms those of whole lines."""

    def sum(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """Variables of all elements along the axes."""
        return self._summed(self.inner.sum(a.primal, axes), a, axes)

    def mean(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """As the sum."""
        return self._summed(self.inner.mean(a.primal, axes), a, axes)

    def cumulative_sum(self, a: Linear, axis: int) -> Linear:
        """Variables of all elements up to this one."""
        primal = self.inner.cumulative_sum(a.primal, axis)
        return self.linear(primal, a.layers and of.accumulated(a.layers, axis))

    def fft(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """Variables of the whole axes."""
        return self._mixed(self.inner.fft(a.primal, axes), a, axes)

    def ifft(self, a: Linear, axes: tuple[int, ...]) -> Linear:
        """Variables of the whole axes."""
        return self._mixed(self.inner.ifft(a.primal, axes), a, axes)

    def rfft(self, a: Linear, axis: int) -> Linear:
        """Variables of the whole axis."""
        return self._mixed(self.inner.rfft(a.primal, axis), a, (axis,))

    def irfft(self, a: Linear, size: int, axis: int) -> Linear:
        """Variables of the whole axis."""
        return self._mixed(self.inner.irfft(a.primal, size, axis), a, (axis,))

    def dct(self, a: Linear, axis: int, kind: int) -> Linear:
        """Variables of the whole axis."""
        return self._mixed(self.inner.dct(a.primal, axis, kind), a, (axis,))

    def dst(self, a: Linear, axis: int, kind: int) -> Linear:
        """Variables of the whole axis."""
        return self._mixed(self.inner.dst(a.primal, axis, kind), a, (axis,))

    def _summed(self, primal: Any, a: Linear, axes: tuple[int, ...]) -> Linear:
        return self.linear(primal, a.layers and of.summed(a.layers, axes))

    def _mixed(self, primal: Any, a: Linear, axes: tuple[int, ...]) -> Linear:
        sizes = self.inner.sizes(primal)
        return self.linear(primal, a.layers and of.mixed(a.layers, axes, sizes))
