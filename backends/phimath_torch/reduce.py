"""Topic `reduce` on PyTorch: fewer values from many, along given axes."""

from __future__ import annotations

import torch
from torch import Tensor

from phimath.backend.contract.reduce import Reduce


class TorchReduce(Reduce[Tensor]):
    """Sums and products name their type, because PyTorch would widen integers to int64."""

    def sum(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `sum`, on CPU as signed integers where they are unsigned, which wrap around alike."""
        if a.dtype is torch.uint64:
            return torch.sum(a.view(torch.int64), axes).view(torch.uint64)
        return torch.sum(a, axes, dtype=a.dtype)

    def prod(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `prod`, which takes one axis at a time."""
        for axis in reversed(axes):
            a = torch.prod(a, axis, dtype=a.dtype)
        return a

    def mean(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `mean`."""
        return torch.mean(a, axes)

    def max(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `amax`, which shares the derivative among equal values."""
        return torch.amax(a, axes)

    def min(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `amin`, which shares the derivative among equal values."""
        return torch.amin(a, axes)

    def any(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `any`."""
        return torch.any(a, axes)

    def all(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `all`."""
        return torch.all(a, axes)

    def argmax(self, a: Tensor, axis: int) -> Tensor:
        """By `argmax`, which finds the first."""
        return torch.argmax(_comparable(a), axis)

    def argmin(self, a: Tensor, axis: int) -> Tensor:
        """By `argmin`, which finds the first."""
        return torch.argmin(_comparable(a), axis)

    def cumulative_sum(self, a: Tensor, axis: int) -> Tensor:
        """By `cumsum`."""
        return torch.cumsum(a, axis, dtype=a.dtype)

    def sort(self, a: Tensor, axis: int) -> Tensor:
        """By `sort`."""
        return torch.sort(a, axis).values

    def argsort(self, a: Tensor, axis: int) -> Tensor:
        """By stable `argsort`."""
        return torch.argsort(a, dim=axis, stable=True)


def _comparable(a: Tensor) -> Tensor:
    return a.to(torch.uint8) if a.dtype is torch.bool else a
