"""Topic `loop`: repetition that stays a loop in traced code.

Where values are known, a loop in Python does; these are the derived defaults.
"""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import numpy as np

from phimath.dtype import INT64

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend

A = TypeVar("A")


class Loop(ABC, Generic[A]):
    """Loops over a state of arrays that keep their sizes and types.

    In traced code, conditions and bodies are traced once each, whatever the number of iterations;
    they may use traced arrays from around them.  No array needs to be differentiated through a
    loop: `phimath.transform.loop.scan` brings the derivative rule.
    """

    def while_loop(
        self,
        condition: Callable[..., A],
        body: Callable[..., tuple[A, ...]],
        state: tuple[A, ...],
    ) -> tuple[A, ...]:
        """Repeat `state = body(*state)` while the boolean scalar `condition(*state)` holds."""
        while condition(*state):
            state = tuple(body(*state))
        return state

    def scan(
        self,
        body: Callable[..., tuple[A, ...]],
        state: tuple[A, ...],
        rows: tuple[A, ...],
        length: int,
        condition: Callable[..., A] | None,
        count: A | None,
        reverse: bool,
    ) -> tuple[tuple[A, ...], tuple[A, ...], A]:
        """Repeat `(*state, *kept) = body(*state, *[row[i] for row in rows])` for i = 0, 1, 2, ….

        rows: arrays with a leading axis of at least `length`.
        condition: stops before the iteration in which `condition(*state)` is false.
        count: an integer scalar of at most `length`: iterations to do, instead of `length`.
        reverse: from the last of these iterations to the first; without a condition.

        Returns the final state, what was kept in each iteration along a new leading axis of size
        `length` (zeros where there was none), and the number of iterations, an int64 scalar.
        """
        backend = cast("Backend[A]", self)
        limit = length if count is None else int(cast("int", count))
        kept: list[tuple[A, ...]] = []
        for i in reversed(range(limit)) if reverse else range(limit):
            if condition is not None and not condition(*state):
                break
            results = body(*state, *(_row(backend, row, i) for row in rows))
            state, kept_now = results[: len(state)], results[len(state) :]
            kept.append(kept_now)
        done = len(kept)
        if not kept:  # only the sizes of what would have been kept matter, not the numbers
            with np.errstate(all="ignore"):
                kept.append(body(*state, *(_row(backend, row, 0) for row in rows))[len(state) :])
        if reverse:
            kept.reverse()
        stacked = tuple(
            _stacked(backend, column, done, length) for column in zip(*kept, strict=True)
        )
        device = backend.device(state[0]) if state else None
        return state, stacked, backend.full((), done, INT64, device)

    def replay(
        self,
        step: Callable[..., tuple[A, ...]],
        reverse: Callable[..., tuple[A, ...]],
        state: tuple[A, ...],
        cotangents: tuple[A, ...],
        actions: Sequence[tuple[int, int, int, bool]],
    ) -> tuple[A, ...]:
        """Go back over the steps of a loop with a few states in memory; the final cotangents.

        actions: each takes the state from a place (the first number; place 0 holds `state`),
            advances it by so many `state = step(*state)` (the second), puts it into a place (the
            third) and, if the flag is set, does `cotangents = reverse(*state, *cotangents)`.
        """
        places = {0: state}
        for source, steps, target, reverses in actions:
            current = places[source]
            for _ in range(steps):
                current = step(*current)
            places[target] = current
            if reverses:
                cotangents = reverse(*current, *cotangents)
        return cotangents


def _row(backend: Backend[A], rows: A, i: int) -> A:
    return backend.get(rows, (i, *[slice(None)] * (len(backend.sizes(rows)) - 1)))


def _stacked(backend: Backend[A], column: tuple[A, ...], done: int, length: int) -> A:
    """The first `done` arrays along a new leading axis, and zeros behind them up to `length`."""
    array = backend.stack(column, 0)
    if done == length:
        return array
    inner = len(backend.sizes(array)) - 1
    array = backend.get(array, (slice(0, done), *[slice(None)] * inner))
    return backend.pad(array, ((0, length - done), *[(0, 0)] * inner), 0)
