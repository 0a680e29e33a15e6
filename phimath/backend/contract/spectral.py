"""Topic `spectral`: discrete Fourier transforms, unnormalised forwards, 1/n backwards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

A = TypeVar("A")


class Spectral(ABC, Generic[A]):
    """Transforms keep the precision: complex64 stays complex64."""

    @abstractmethod
    def fft(self, a: A, axes: tuple[int, ...]) -> A:
        """Complex transform along axes of a complex array."""

    @abstractmethod
    def ifft(self, a: A, axes: tuple[int, ...]) -> A:
        """Inverse of `fft`."""

    @abstractmethod
    def rfft(self, a: A, axis: int) -> A:
        """Transform of a real array along one axis, non-negative frequencies only (n//2 + 1)."""

    @abstractmethod
    def irfft(self, a: A, size: int, axis: int) -> A:
        """Inverse of `rfft`; `size` is that of the real axis."""
