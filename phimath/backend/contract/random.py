"""Topic `random`: one counter-based generator for all backends.

The same seed gives the same bits on every framework and device, eager and compiled.  The generator
is Threefry-2x32 with 20 rounds (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC
2011), written in 32-bit integers that wrap around.
"""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from phimath.dtype import INT64

if TYPE_CHECKING:
    from phimath.backend.contract import Backend

A = TypeVar("A")

ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
"""Bits by which the second word is rotated, for even and odd groups of four rounds."""
PARITY: Final = 0x1BD11BDA
"""Makes up the third key word, so that no choice of key leaves the key schedule zero."""
GROUPS: Final = 5
MASK: Final = 0xFFFFFFFF


class Random(ABC, Generic[A]):
    """Random bits, from which `phimath.random` builds distributions once for all backends."""

    def random_bits(self, key: tuple[int, int] | A, count: int, device: str | None = None) -> A:
        """`count` 32-bit words as an int64 array with values in [0, 2³²).

        Word i is output word i % 2 of Threefry-2x32-20 with this key (two words) and the counter
        (i // 2, 0).  In traced code the key may be an int64 array of both words.
        """
        backend = cast("Backend[A]", self)
        first = backend.arange(0, (count + 1) // 2, 1, INT64, device)
        second = backend.full((int((count + 1) // 2),), 0, INT64, device)
        words = backend.stack(_threefry(backend, _words_of(backend, key), first, second), 1)
        words = backend.reshape(words, (2 * ((count + 1) // 2),))
        return backend.get(words, (slice(0, count),))

    def random_key(self, seed: A, number: A) -> A:
        """Both words (int64) of Threefry-2x32-20 with the key `seed` and the counter `number`.

        seed: two words, int64; number: an int64 scalar, whose low word is the first of the counter.
        """
        backend = cast("Backend[A]", self)
        one = backend.reshape(number, (1,))
        first = backend.function("bitwise_and")(one, MASK)
        second = backend.function("bitwise_right_shift")(one, 32)
        return backend.concat(_threefry(backend, _words_of(backend, seed), first, second), 0)


def key_schedule(key: tuple[int, int]) -> tuple[int, int, int]:
    """The three words that are injected in turn."""
    return key[0], key[1], key[0] ^ key[1] ^ PARITY


def _words_of(backend: Backend[A], key: tuple[int, int] | A) -> tuple[Any, Any]:
    """The words of a key as numbers or as arrays of one element."""
    if isinstance(key, tuple):
        return key
    return backend.get(key, (slice(0, 1),)), backend.get(key, (slice(1, 2),))


def _threefry(backend: Backend[A], key: tuple[Any, Any], first: A, second: A) -> tuple[A, A]:
    """Encrypt the counters, 32-bit words kept in 64-bit integers, which all frameworks have."""
    add, both = backend.function("add"), backend.function("bitwise_and")
    either, exclusive = backend.function("bitwise_or"), backend.function("bitwise_xor")
    left = backend.function("bitwise_left_shift")
    right = backend.function("bitwise_right_shift")
    words = _schedule(backend, key)
    first, second = both(add(first, words[0]), MASK), both(add(second, words[1]), MASK)
    for group in range(GROUPS):
        for bits in ROTATIONS[group % 2]:
            first = both(add(first, second), MASK)
            rotated = both(either(left(second, bits), right(second, 32 - bits)), MASK)
            second = exclusive(rotated, first)
        first = both(add(first, words[(group + 1) % 3]), MASK)
        second = both(add(add(second, words[(group + 2) % 3]), group + 1), MASK)
    return first, second


def _schedule(backend: Backend[A], key: tuple[Any, Any]) -> tuple[Any, Any, Any]:
    """`key_schedule`, also for arrays."""
    if isinstance(key[0], int):
        return key_schedule(key)
    exclusive = backend.function("bitwise_xor")
    return key[0], key[1], exclusive(exclusive(key[0], key[1]), PARITY)
