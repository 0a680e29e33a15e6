"""Topic `arrange` over an Array API namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.contract.arrange import Arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract.create import Number

A = TypeVar("A")


def expanded_sizes(sizes: Sequence[int], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes with 1 inserted at the positions `axes`, ascending, of the result."""
    result = list(sizes)
    for axis in axes:
        result.insert(axis, 1)
    return tuple(result)


class ArrayApiArrange(ArrayApiConvert[A], Arrange[A]):
    """Moving elements by the standard's functions; padding by joining."""

    def reshape(self, a: A, sizes: tuple[int, ...]) -> A:
        """By `reshape`."""
        return self.xp.reshape(a, sizes)

    def transpose(self, a: A, axes: tuple[int, ...]) -> A:
        """By `permute_dims`."""
        return self.xp.permute_dims(a, axes)

    def expand_dims(self, a: A, axes: tuple[int, ...]) -> A:
        """By `reshape`: the standard inserts one axis at a time."""
        return self.xp.reshape(a, expanded_sizes(self.sizes(a), axes))

    def broadcast_to(self, a: A, sizes: tuple[int, ...]) -> A:
        """By `broadcast_to`."""
        return self.xp.broadcast_to(a, sizes)

    def get(self, a: A, index: tuple[int | slice, ...]) -> A:
        """By indexing."""
        native: Any = a
        return native[index]

    def concat(self, arrays: Sequence[A], axis: int) -> A:
        """By `concat`."""
        return self.xp.concat(list(arrays), axis=axis)

    def stack(self, arrays: Sequence[A], axis: int) -> A:
        """By `stack`."""
        return self.xp.stack(list(arrays), axis=axis)

    def flip(self, a: A, axes: tuple[int, ...]) -> A:
        """By `flip`."""
        return self.xp.flip(a, axis=axes)

    def pad(self, a: A, widths: Sequence[tuple[int, int]], value: Number) -> A:
        """By `concat` with constant blocks, axis by axis."""
        native: Any = a
        for axis, (before, after) in enumerate(widths):
            blocks = [native]
            for width, position in ((before, 0), (after, len(blocks) + 1)):
                if width:
                    sizes = (*native.shape[:axis], width, *native.shape[axis + 1 :])
                    block = self.xp.full(sizes, value, dtype=native.dtype, device=native.device)
                    blocks.insert(position, block)
            native = self.xp.concat(blocks, axis=axis) if len(blocks) > 1 else native
        return native

    def repeat(self, a: A, count: int, axis: int) -> A:
        """By `repeat`."""
        return self.xp.repeat(a, count, axis=axis)
