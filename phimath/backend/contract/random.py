"""Topic `random`: one counter-based generator for all backends.

The same seed gives the same bits on every framework and device, eager and compiled.  The generator is Threefry-2x32 with 20 rounds
(Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011), written in 32-bit integers that wrap around.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

A = TypeVar("A")


class Random(ABC, Generic[A]):
    """Random bits; distributions are built from these in `phimath.random`, once for all backends."""

    @abstractmethod
    def random_bits(self, key: tuple[int, int], count: int, device: str | None = None) -> A:
        """`count` 32-bit words as an int64 array with values in [0, 2³²).

        Word i is output word i % 2 of Threefry-2x32-20 with this key (two words) and the counter (i // 2, 0).
        """
