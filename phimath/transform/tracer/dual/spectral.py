"""Topic `spectral` of dual arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from phimath.transform.tracer.dual.array import Dual


class DualSpectral(DualParts):
    """All transforms are linear."""

    def fft(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.fft, a, axes)

    def ifft(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.ifft, a, axes)

    def rfft(self, a: Dual, axis: int) -> Dual:
        """Linear."""
        return self.linear(self.inner.rfft, a, axis)

    def irfft(self, a: Dual, size: int, axis: int) -> Dual:
        """Linear."""
        return self.linear(self.inner.irfft, a, size, axis)

    def dct(self, a: Dual, axis: int, kind: int) -> Dual:
        """Linear."""
        return self.linear(self.inner.dct, a, axis, kind)

    def dst(self, a: Dual, axis: int, kind: int) -> Dual:
        """Linear."""
        return self.linear(self.inner.dst, a, axis, kind)
