"""Topic `random` for NumPy."""

from __future__ import annotations

import numpy as np

from phimath.backend.contract.random import GROUPS, MASK, ROTATIONS, Random, key_schedule


class NumpyRandom(Random[np.ndarray]):
    """Unsigned 32-bit integers wrap around by themselves."""

    def random_bits(
        self, key: tuple[int, int] | np.ndarray, count: int, device: str | None = None
    ) -> np.ndarray:
        """In place, in blocks that fit the cache: 20 times the speed of the generic method."""
        result = np.empty(((count + 1) // 2, 2), np.int64)
        for start in range(0, len(result), _BLOCK):
            part = result[start : start + _BLOCK]
            first = np.arange(start, start + len(part), dtype=np.uint32)
            second = np.zeros_like(first)
            _encrypt(key_schedule((int(key[0]), int(key[1]))), first, second)
            part[:, 0], part[:, 1] = first, second
        return result.reshape(-1)[:count]


_BLOCK = 16384


def _encrypt(words: tuple[int, int, int], first: np.ndarray, second: np.ndarray) -> None:
    """Threefry-2x32-20 on counters (first, second), which are overwritten."""
    low = np.empty_like(first)
    first += np.uint32(words[0])
    second += np.uint32(words[1])
    for group in range(GROUPS):
        for bits in ROTATIONS[group % 2]:
            first += second
            np.right_shift(second, 32 - bits, out=low)
            np.left_shift(second, bits, out=second)
            second |= low
            second ^= first
        first += np.uint32(words[(group + 1) % 3])
        second += np.uint32((words[(group + 2) % 3] + group + 1) & MASK)
