"""The state of the generator: a seed, and how often numbers were drawn since.

Each draw encrypts its number with the seed to get a key of its own, so that draws are independent
and none depends on how many numbers
an earlier one took.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, final

from phimath.backend.contract.random import GROUPS, MASK, ROTATIONS, key_schedule
from phimath.errors import ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[int, int]


@final
class Generator:
    """Keys for successive draws."""

    __slots__ = ("_count", "_lock", "_seed")

    def __init__(self, seed: int) -> None:
        """Start the sequence of `seed`."""
        self._seed = _key_of(seed)
        self._count = 0
        self._lock = Lock()

    def next_key(self) -> Key:
        """Key of the next draw."""
        with self._lock:
            number = self._count
            self._count += 1
        return encrypt(self._seed, (number & MASK, number >> 32))


def _key_of(seed: int) -> Key:
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise ValueRangeError(f"The seed must be an integer, not {seed!r}.")
    number = seed.__index__() & (2**64 - 1)
    return number & MASK, number >> 32


def encrypt(key: Key, counter: Key) -> Key:
    """One block of Threefry-2x32 with 20 rounds."""
    words = key_schedule(key)
    first, second = (counter[0] + words[0]) & MASK, (counter[1] + words[1]) & MASK
    for group in range(GROUPS):
        for bits in ROTATIONS[group % 2]:
            first = (first + second) & MASK
            second = ((second << bits | second >> (32 - bits)) & MASK) ^ first
        first = (first + words[(group + 1) % 3]) & MASK
        second = (second + words[(group + 2) % 3] + group + 1) & MASK
    return first, second


# Until a seed is chosen, every process draws other numbers.
_process = [Generator(secrets.randbits(64))]
_override: ContextVar[Generator | None] = ContextVar("random generator", default=None)


def seed(seed: int) -> None:
    """Restart the random numbers of this process, or of the surrounding `seeded` block."""
    generator = Generator(seed)
    if _override.get() is None:
        _process[0] = generator
    else:
        _override.set(generator)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from a sequence of its own inside of the `with` block, in this thread or task only."""
    token = _override.set(Generator(seed))
    try:
        yield
    finally:
        _override.reset(token)


def next_key() -> Key:
    """Key of the next draw in this context."""
    return (_override.get() or _process[0]).next_key()
