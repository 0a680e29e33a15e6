"""Topic `spectral` on PyTorch: discrete Fourier transforms."""

from __future__ import annotations

import torch
from torch import Tensor

from phimath.backend.contract.spectral import Spectral


class TorchSpectral(Spectral[Tensor]):
    """PyTorch's transforms, which keep the precision."""

    def fft(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `fftn`."""
        return torch.fft.fftn(a, dim=axes)

    def ifft(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `ifftn`."""
        return torch.fft.ifftn(a, dim=axes)

    def rfft(self, a: Tensor, axis: int) -> Tensor:
        """By `rfft`."""
        return torch.fft.rfft(a, dim=axis)

    def irfft(self, a: Tensor, size: int, axis: int) -> Tensor:
        """By `irfft`."""
        return torch.fft.irfft(a, n=size, dim=axis)
