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
from typing import TYPE_CHECKING, Any, Final, Protocol, final

from phimath.backend.contract.random import GROUPS, MASK, ROTATIONS, key_schedule
from phimath.errors import NotSupported, ValueRangeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Key = tuple[int, int]
TRACED_KEYS: Final = 1024
"""Most draws in one compiled function."""


class KeySource(Protocol):
    """Gives each draw a key."""

    def next_key(self) -> Key | Native:
        """Key of the next draw: numbers, or while a function is compiled an array of both words."""
        ...


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


@final
class TracedGenerator:
    """Keys that a compiled function is given anew at each call."""

    __slots__ = ("_backend", "_keys", "count")

    def __init__(self, backend: Backend[Any], keys: Native) -> None:
        """`keys` has a row of two words per draw."""
        self._backend = backend
        self._keys = keys
        self.count = 0
        """Draws up to now."""

    def next_key(self) -> Native:
        """Key of the next draw."""
        if self.count == TRACED_KEYS:
            raise NotSupported(
                f"A compiled function can draw random numbers {TRACED_KEYS} times, not more often. "
                "Draw for several steps at once, with one more dimension, and slice."
            )
        self.count += 1
        return self._backend.get(self._keys, (self.count - 1,))


@final
class _NoKeys:
    def next_key(self) -> Key:
        raise NotSupported(
            "Random numbers cannot be drawn in a loop of a compiled function: each iteration would "
            "get the same ones. Draw them before the loop."
        )


@final
class RecordedKeys:
    """Keys drawn once, and used each time that a function is evaluated again."""

    __slots__ = ("_keys", "_source")

    def __init__(self, source: KeySource) -> None:
        """`source` gives those that nobody drew yet."""
        self._source = source
        self._keys: list[Key | Native] = []

    def __getitem__(self, number: int) -> Key | Native:
        while len(self._keys) <= number:
            self._keys.append(self._source.next_key())
        return self._keys[number]


@final
class _Replay:
    def __init__(self, keys: RecordedKeys) -> None:
        self._keys = keys
        self._count = 0

    def next_key(self) -> Key | Native:
        self._count += 1
        return self._keys[self._count - 1]


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
    token = _override.set(Generator(seed))
    try:
        yield
    finally:
        _override.reset(token)


def upcoming() -> RecordedKeys:
    """What will be drawn next in this context, for `redrawing`."""
    return RecordedKeys(_override.get() or _process[0])


@contextmanager
def redrawing(numbers: RecordedKeys) -> Iterator[None]:
    """Draw the same numbers inside of each `with` block for the same `numbers = upcoming()`."""
    token = _override.set(_Replay(numbers))
    try:
        yield
    finally:
        _override.reset(token)


@contextmanager
def traced_keys(backend: Backend[Any], keys: Native) -> Iterator[TracedGenerator]:
    """Draw with these keys, data of the function being compiled, inside of the `with` block."""
    generator = TracedGenerator(backend, keys)
    token = _override.set(generator)
    try:
        yield generator
    finally:
        _override.reset(token)


@contextmanager
def without_random_numbers() -> Iterator[None]:
    """Refuse to draw inside of the `with` block, which is traced once but run many times."""
    token = _override.set(_NoKeys())
    try:
        yield
    finally:
        _override.reset(token)


def next_key() -> Key | Native:
    """Key of the next draw in this context."""
    return (_override.get() or _process[0]).next_key()
