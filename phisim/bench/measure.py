"""Timing of alternatives side by side."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean, median, pstdev
from time import perf_counter
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BATCH_SECONDS = 2e-3  # long enough for the clock, short enough to fall between disturbances


@final
@dataclass(frozen=True)
class Timing:
    """Repeated measurements of one alternative, in seconds per call."""

    samples: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Disturbed by what else runs on the machine."""
        return fmean(self.samples)

    @property
    def std(self) -> float:
        """Around the mean."""
        return pstdev(self.samples)

    @property
    def median(self) -> float:
        """What budgets are about."""
        return median(self.samples)

    def over(self, other: Timing) -> float:
        """Median ratio of measurements taken one after the other, under the same load."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(mine / yours for mine, yours in pairs)


def interleaved(
    calls: Sequence[Callable[[], Any]], repetitions: int, synchronize: Callable[[Any], None]
) -> list[Timing]:
    """Time per call of each alternative.

    A repetition times one batch of each alternative in turn, so that all see the same load of the
    machine.  `synchronize` gets the last result of a batch and waits for it: once per batch, since
    it would dominate single calls.
    """
    counts = [_batch_size(call, synchronize) for call in calls]
    times: list[list[float]] = [[] for _ in calls]
    with _without_garbage_collection():
        for _ in range(repetitions):
            for call, count, measured in zip(calls, counts, times, strict=True):
                measured.append(_batch(call, count, synchronize) / count)
    return [Timing(tuple(measured)) for measured in times]


def seconds_of(call: Callable[[], Any], synchronize: Callable[[Any], None]) -> float:
    """Wall time of one call, e.g. the first."""
    return _batch(call, 1, synchronize)


def _batch(call: Callable[[], Any], count: int, synchronize: Callable[[Any], None]) -> float:
    result = None
    start = perf_counter()
    for _ in range(count):
        result = call()
    synchronize(result)
    return perf_counter() - start


def _batch_size(call: Callable[[], Any], synchronize: Callable[[Any], None]) -> int:
    """Number of calls that take about the time of a batch; warms up on the way."""
    _batch(call, 1, synchronize)  # plans, compiled kernels
    count = 1
    while True:
        seconds = _batch(call, count, synchronize)
        if seconds >= _BATCH_SECONDS / 2:
            return count
        count *= 2


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
