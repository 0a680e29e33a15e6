"""The state of the generator: a seed, and how often numbers were drawn since.

Each draw encrypts its number with the seed to get a key of its own, so that draws are independent
and none depends on how many numbers an earlier one took.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, final

import numpy as np

from phimath.backend.boxed import opened
from phimath.backend.contract.random import GROUPS, MASK, ROTATIONS, key_schedule
from phimath.errors import NotSupported, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Key = tuple[int, int]


class KeySource(Protocol):
    """Numbers draws, and gives each a key by its number."""

    def reserve(self, count: int | Native) -> int | Native:
        """Number of the first of so many draws that follow each other."""
        ...

    def key(self, number: int | Native) -> Key | Native:
        """Key of the draw with this number: numbers, or where it is traced an array of both."""
        ...

    def seed_words(self, backend: Backend[Any]) -> Native:
        """Both words of the seed as an int64 array."""
        ...


@final
class Generator:
    """Draws whose numbers are known."""

    __slots__ = ("_count", "_lock", "_seed")

    def __init__(self, seed: int) -> None:
        """Start the sequence of `seed`."""
        self._seed = _key_of(seed)
        self._count = 0
        self._lock = Lock()

    def reserve(self, count: int | Native) -> int:
        """Number of the first of so many draws."""
        with self._lock:
            first = self._count
            self._count += int(count)
        return first

    def key(self, number: int | Native) -> Key:
        """Key of a draw."""
        return encrypt(self._seed, (number & MASK, number >> 32))

    def seed_words(self, backend: Backend[Any]) -> Native:
        """Both words of the seed."""
        return backend.from_numpy(np.array(self._seed, np.int64))


@final
class TracedGenerator:
    """Draws in traced code, where seed and first number are data."""

    __slots__ = ("_backend", "_first", "_seed", "drawn")

    def __init__(self, backend: Backend[Any], seed: Native, first: Native) -> None:
        """`seed`: two words, int64; `first`: number of the next draw, an int64 scalar."""
        self._backend = backend
        self._seed = seed
        self._first = first
        self.drawn: int | Native = 0
        """Draws up to now; an array after a loop whose number of iterations is data."""

    def reserve(self, count: int | Native) -> Native:
        """Number of the first of so many draws."""
        count = opened(count, self._backend)
        add = self._backend.function("add")
        first = add(self._first, self.drawn)
        both_known = isinstance(self.drawn, int) and isinstance(count, int)
        if both_known or isinstance(count, int):
            self.drawn = self.drawn + count if both_known else add(self.drawn, count)
        else:
            self.drawn = add(count, self.drawn)
        return first

    def key(self, number: int | Native) -> Native:
        """Key of a draw."""
        return self._backend.random_key(self._seed, number)

    def seed_words(self, backend: Backend[Any]) -> Native:
        """Both words of the seed."""
        return backend.adopt(self._backend, self._seed)


@final
class RecordedNumbers:
    """Numbers of draws, given once, and again each time that a function is evaluated again."""

    __slots__ = ("_numbers", "source")

    def __init__(self, source: KeySource) -> None:
        """`source` gives those that nobody drew yet."""
        self.source = source
        self._numbers: list[int | Native] = []

    def reserve(self, request: int, count: int | Native) -> int | Native:
        """What the request with this position got, and gets."""
        if request == len(self._numbers):
            self._numbers.append(self.source.reserve(count))
        return self._numbers[request]


@final
class _Replay:
    def __init__(self, numbers: RecordedNumbers) -> None:
        self._numbers = numbers
        self._requests = 0

    def reserve(self, count: int | Native) -> int | Native:
        self._requests += 1
        return self._numbers.reserve(self._requests - 1, count)

    def key(self, number: int | Native) -> Key | Native:
        return self._numbers.source.key(number)

    def seed_words(self, backend: Backend[Any]) -> Native:
        return self._numbers.source.seed_words(backend)


@final
class _NoDraws:
    def reserve(self, count: int | Native) -> int:
        raise NotSupported(
            "Random numbers cannot be drawn in the iterations of a solver inside of a compiled "
            "function: each would get the same ones. Draw them before the solve."
        )

    def key(self, number: int | Native) -> Key:
        raise AssertionError("without a number there is no key")

    def seed_words(self, backend: Backend[Any]) -> Native:
        return backend.from_numpy(np.zeros(2, np.int64))


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
_override: ContextVar[KeySource | None] = ContextVar("random generator", default=None)


def seed(seed: int) -> None:
    """Restart the random numbers of this process, or of the surrounding `seeded` block."""
    generator = Generator(seed)
    current = _override.get()
    if current is None:
        _process[0] = generator
    elif isinstance(current, Generator):
        _override.set(generator)
    else:
        raise NotSupported(
            "A compiled function cannot set the seed of what comes after it. Call seed() outside, "
            "or draw inside of `with seeded(…)`, which gives the same numbers at each call."
        )


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from a sequence of its own inside of the `with` block, in this thread or task only."""
    with _drawing_from(Generator(seed)):
        yield


def key_source() -> KeySource:
    """What gives keys in this context."""
    return _override.get() or _process[0]


def next_key() -> Key | Native:
    """Key of the next draw in this context."""
    source = key_source()
    return source.key(source.reserve(1))


def upcoming() -> RecordedNumbers:
    """What will be drawn next in this context, for `redrawing`."""
    return RecordedNumbers(key_source())


@contextmanager
def redrawing(numbers: RecordedNumbers) -> Iterator[None]:
    """Draw the same numbers inside of each `with` block for the same `numbers = upcoming()`."""
    with _drawing_from(_Replay(numbers)):
        yield


@contextmanager
def without_random_numbers() -> Iterator[None]:
    """Refuse to draw inside of the `with` block, which is traced once but run many times."""
    with _drawing_from(_NoDraws()):
        yield


@contextmanager
def traced_draws(backend: Backend[Any], seed: Native, first: Native) -> Iterator[TracedGenerator]:
    """Draw by a seed and numbers that are data, inside of the `with` block."""
    generator = TracedGenerator(backend, seed, first)
    with _drawing_from(generator):
        yield generator


@contextmanager
def _drawing_from(source: KeySource) -> Iterator[None]:
    token = _override.set(source)
    try:
        yield
    finally:
        _override.reset(token)
