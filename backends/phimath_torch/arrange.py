"""Topic `arrange` on PyTorch: moving elements without changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from phimath.backend.contract.arrange import Arrange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.create import Number

_EXACT_INTEGERS: Final = 2**53
"""Beyond this, float64, the type of the value that PyTorch pads with, has gaps between integers."""

_SIGNED: Final = {
    torch.uint16: torch.int16,
    torch.uint32: torch.int32,
    torch.uint64: torch.int64,
}


class TorchArrange(Arrange[Tensor]):
    """Views wherever PyTorch has them; negative steps copy."""

    def reshape(self, a: Tensor, sizes: tuple[int, ...]) -> Tensor:
        """By `reshape`, a view where the strides allow it."""
        return torch.reshape(a, sizes)

    def transpose(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `permute`."""
        return torch.permute(a, axes)

    def expand_dims(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `unsqueeze`."""
        for axis in axes:
            a = torch.unsqueeze(a, axis)
        return a

    def broadcast_to(self, a: Tensor, sizes: tuple[int, ...]) -> Tensor:
        """By `expand`, a view."""
        return a.expand(sizes)

    def get(self, a: Tensor, index: tuple[int | slice, ...]) -> Tensor:
        """By indexing; for negative steps, in ascending order and flipped."""
        if not any(isinstance(i, slice) and i.step is not None and i.step < 0 for i in index):
            return a[index]
        return _get_reversed(a, index)

    def concat(self, arrays: Sequence[Tensor], axis: int) -> Tensor:
        """By `cat`."""
        return torch.cat(tuple(arrays), axis)

    def stack(self, arrays: Sequence[Tensor], axis: int) -> Tensor:
        """By `stack`."""
        return torch.stack(tuple(arrays), axis)

    def flip(self, a: Tensor, axes: tuple[int, ...]) -> Tensor:
        """By `flip`, a copy."""
        return by_bits(a, lambda bits: torch.flip(bits, axes))

    def pad(self, a: Tensor, widths: Sequence[tuple[int, int]], value: Number) -> Tensor:
        """By `pad`, whose value is a float64; other numbers are put in by `where`."""
        native = [width for pair in reversed(widths) for width in pair]
        if not isinstance(value, complex) and not _EXACT_INTEGERS < abs(value) < float("inf"):
            return torch.nn.functional.pad(a, native, value=value)
        inside = torch.nn.functional.pad(torch.ones_like(a, dtype=torch.bool), native)
        filler = torch.full((), value, dtype=a.dtype, device=a.device)
        return torch.where(inside, torch.nn.functional.pad(a, native), filler)

    def repeat(self, a: Tensor, count: int, axis: int) -> Tensor:
        """By `repeat_interleave`."""
        return torch.repeat_interleave(a, count, axis)


def by_bits(a: Tensor, move: Callable[[Tensor], Tensor]) -> Tensor:
    """Move elements; as signed integers of the same bits where PyTorch can't move unsigned ones."""
    signed = _SIGNED.get(a.dtype)
    return move(a) if signed is None else move(a.view(signed)).view(a.dtype)


def _get_reversed(a: Tensor, index: tuple[int | slice, ...]) -> Tensor:
    """Read the same elements in ascending order, then flip: PyTorch has no negative strides."""
    ascending: list[int | slice] = []
    flipped: list[int] = []
    axis_of_result = 0
    for size, item in zip(a.shape, index, strict=False):
        if isinstance(item, slice):
            positions = range(*item.indices(size))
            if positions.step < 0:
                flipped.append(axis_of_result)
                positions = positions[::-1]
            # An empty range may start before the axis, which a slice would read from its end.
            ascending.append(
                slice(positions.start, positions.stop, positions.step) if positions else slice(0)
            )
            axis_of_result += 1
        else:
            ascending.append(item)
    return by_bits(a[tuple(ascending)], lambda bits: torch.flip(bits, flipped))
