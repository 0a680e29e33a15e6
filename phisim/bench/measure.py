"""Timing of alternatives side by side."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BATCH_SECONDS = 2e-3  # long enough for the clock, short enough to fall between disturbances


def interleaved(
    calls: Sequence[Callable[[], Any]], repetitions: int, synchronize: Callable[[Any], None]
) -> list[float]:
    """Median time per call of each alternative, in seconds.

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
    return [median(measured) for measured in times]


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
