"""Topic `spectral` over an Array API namespace with the extension `fft`."""

from __future__ import annotations

from typing import TypeVar

from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.contract.spectral import Spectral

A = TypeVar("A")


class ArrayApiSpectral(ArrayApiConvert[A], Spectral[A]):
    """Transforms by the standard's functions, whose default normalisation is the contract's."""

    def fft(self, a: A, axes: tuple[int, ...]) -> A:
        """By `fft.fftn`."""
        return self.xp.fft.fftn(a, axes=axes)

    def ifft(self, a: A, axes: tuple[int, ...]) -> A:
        """By `fft.ifftn`."""
        return self.xp.fft.ifftn(a, axes=axes)

    def rfft(self, a: A, axis: int) -> A:
        """By `fft.rfft`."""
        return self.xp.fft.rfft(a, axis=axis)

    def irfft(self, a: A, size: int, axis: int) -> A:
        """By `fft.irfft`."""
        return self.xp.fft.irfft(a, n=size, axis=axis)
