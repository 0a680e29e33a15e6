"""Topic `random` on PyTorch: Threefry as one custom operator.

Compilers see a single opaque call instead of a hundred integer operations that wrap around.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from phimath.backend.contract.random import GROUPS, MASK, ROTATIONS, Random, key_schedule

_CHUNK: Final = 1 << 16
"""Blocks per pass on the CPU, so that the working set stays in the cache."""


class TorchRandom(Random[Tensor]):
    """Random words from the operator `phimath::random_bits`."""

    def random_bits(
        self, key: tuple[int, int] | Tensor, count: int, device: str | None = None
    ) -> Tensor:
        """By the operator `phimath::random_bits`, or for traced keys `random_bits_of`."""
        target = torch.get_default_device() if device is None else torch.device(device)
        if isinstance(key, Tensor):
            return random_bits_of(key, count, target)
        return random_bits(key[0], key[1], count, target)

    def random_key(self, seed: Tensor, number: Tensor) -> Tensor:
        """By the operator `phimath::random_key`."""
        return random_key(seed, number)


@torch.library.custom_op(
    "phimath::random_bits",
    mutates_args=(),
    schema="(int key0, int key1, int count, Device device) -> Tensor",
)
def random_bits(key0: int, key1: int, count: int, device: torch.device) -> Tensor:
    """`count` words of Threefry-2x32-20 as int64; see `phimath.backend.contract.random`."""
    blocks = (count + 1) // 2
    words = torch.empty((blocks, 2), dtype=torch.int64, device=device)
    chunk = _CHUNK if device.type == "cpu" else max(blocks, 1)
    for start in range(0, blocks, chunk):
        stop = min(start + chunk, blocks)
        # Counters above 2³¹ wrap around to the int32 with the same bits.
        counter = torch.arange(start, stop, dtype=torch.int64, device=device).to(torch.int32)
        first, second = _threefry(key0, key1, counter, torch.zeros_like(counter))
        words[start:stop, 0] = first
        words[start:stop, 1] = second
    return words.bitwise_and_(MASK).reshape(-1)[:count].clone()


@random_bits.register_fake
def _(key0: int, key1: int, count: int, device: torch.device) -> Tensor:
    return torch.empty((count,), dtype=torch.int64, device=device)


@torch.library.custom_op(
    "phimath::random_bits_of",
    mutates_args=(),
    schema="(Tensor key, int count, Device device) -> Tensor",
)
def random_bits_of(key: Tensor, count: int, device: torch.device) -> Tensor:
    """`random_bits` for a key that is data of a program."""
    key0, key1 = key.tolist()
    return random_bits(key0, key1, count, device)


@random_bits_of.register_fake
def _(key: Tensor, count: int, device: torch.device) -> Tensor:
    return torch.empty((count,), dtype=torch.int64, device=device)


@torch.library.custom_op(
    "phimath::random_key", mutates_args=(), schema="(Tensor seed, Tensor number) -> Tensor"
)
def random_key(seed: Tensor, number: Tensor) -> Tensor:
    """Both words of the block with this key and counter as int64."""
    (key0, key1), counter = seed.tolist(), int(number)
    low, high = (
        torch.tensor([_signed(word)], dtype=torch.int32) for word in (counter, counter >> 32)
    )
    words = torch.cat(_threefry(key0, key1, low, high)).to(torch.int64)
    return words.bitwise_and_(MASK).to(seed.device)


@random_key.register_fake
def _(seed: Tensor, number: Tensor) -> Tensor:
    return torch.empty((2,), dtype=torch.int64, device=seed.device)


def _threefry(key0: int, key1: int, x0: Tensor, x1: Tensor) -> tuple[Tensor, Tensor]:
    """Encrypt the counter (x0, x1), int32, in place."""
    words = key_schedule((key0, key1))
    x0 += _signed(words[0])
    x1 += _signed(words[1])
    for group in range(GROUPS):
        for distance in ROTATIONS[group % 2]:
            x0 += x1
            x1 = _rotate_left(x1, distance)
            x1 ^= x0
        x0 += _signed(words[(group + 1) % 3])
        x1 += _signed(words[(group + 2) % 3] + group + 1)
    return x0, x1


def _rotate_left(x: Tensor, distance: int) -> Tensor:
    """Rotate int32; the right shift is arithmetic, so copies of the sign are masked away."""
    low = (x >> (32 - distance)).bitwise_and_((1 << distance) - 1)
    return low.bitwise_or_(x << distance)


def _signed(word: int) -> int:
    """The int32 with the same bits as the lowest 32 of `word`."""
    return (word + 2**31) % 2**32 - 2**31
