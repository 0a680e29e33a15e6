"""Cases of the topic `random`: the generator, in Python's integers, and published values of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.testing.conformance.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD: Final = 2**32 - 1
_ROTATIONS: Final = (13, 15, 26, 6, 17, 29, 16, 24)


def threefry(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Threefry-2x32 with 20 rounds, Salmon et al. (2011), section 3.3."""
    keys = (*key, 0x1BD11BDA ^ key[0] ^ key[1])
    x, y = (counter[0] + keys[0]) & _WORD, (counter[1] + keys[1]) & _WORD
    for i in range(20):
        turn = _ROTATIONS[i % 8]
        x = (x + y) & _WORD
        y = ((y << turn | y >> (32 - turn)) & _WORD) ^ x
        if i % 4 == 3:
            group = i // 4 + 1
            x = (x + keys[group % 3]) & _WORD
            y = (y + keys[(group + 1) % 3] + group) & _WORD
    return x, y


def _words(key: tuple[int, int], count: int) -> np.ndarray:
    pairs = [threefry(key, (i, 0)) for i in range((count + 1) // 2)]
    return np.array([word for pair in pairs for word in pair][:count], "int64")


def _published(*_: Any) -> np.ndarray:
    # First line for threefry2x32, 20 rounds, of the known answers that come with Random123.
    return np.array([0x6B200159, 0x99BA4EFE], "int64")


def _key(seed: np.ndarray, number: np.ndarray) -> np.ndarray:
    low, high = int(number) & _WORD, int(number) >> 32
    return np.array(threefry((int(seed[0]), int(seed[1])), (low, high)), "int64")


def _keys() -> Iterator[Case]:
    for number in (0, 5, 2**32 + 7):
        for seed in ((1, 2), (0xFFFFFFFF, 0x83707344)):
            arrays = np.array(seed, "int64"), np.asarray(number, "int64")
            yield Case(f"{seed[0]:x}-{number:x}", "random_key", arrays, _key)


CASES: Final = (
    *_keys(),
    Case("published", "random_bits", ((0, 0), 2), _published, takes_device=True),
    *(
        Case(
            f"{key[0]:x}-{key[1]:x}-{count}", "random_bits", (key, count), _words, takes_device=True
        )
        for key in ((1, 2), (0xFFFFFFFF, 0xFFFFFFFF), (0x13198A2E, 0x83707344))
        for count in (0, 1, 7, 32)
    ),
)
