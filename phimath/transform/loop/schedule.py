"""Where to keep a state, so that a fixed number of places suffices and little is computed again.

Source: Griewank and Walther, Algorithm 799: revolve, ACM TOMS 26 (2000); the bounds on where to
advance to are those of their proposition 1.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import NamedTuple


class Action(NamedTuple):
    """Take a state from its place, advance it, put it into another place, maybe go back from it.

    source, target: numbers of places; place 0 holds the initial state.
    steps: how far to advance.
    reverses: whether the step after this state is reversed then.
    """

    source: int
    steps: int
    target: int
    reverses: bool


@lru_cache(maxsize=64)
def binomial_schedule(length: int, snapshots: int) -> tuple[Action, ...]:
    """Actions that reverse `length` steps from the last to the first.

    snapshots: places for states, that of the initial one included; one more, the last, is scratch.
    """
    actions: list[Action] = []
    kept = [0]  # the position of the state in each place, ascending
    for i in reversed(range(length)):
        while kept[-1] > i:
            kept.pop()
        while (free := snapshots - len(kept)) and kept[-1] < i:
            advance = best_advance(i + 1 - kept[-1], free + 1)
            actions.append(Action(len(kept) - 1, advance, len(kept), False))
            kept.append(kept[-1] + advance)
        actions.append(Action(len(kept) - 1, i - kept[-1], snapshots, True))
    return tuple(actions)


def best_advance(length: int, snapshots: int) -> int:
    """How far to advance before keeping the next state, `snapshots` including the present one."""
    repetitions = 1
    while comb(snapshots + repetitions, snapshots) < length:
        repetitions += 1
    # The part before is reversed later with as many places, the part after first with one less.
    before = comb(snapshots + repetitions - 1, snapshots)
    after = comb(snapshots - 1 + repetitions - 1, snapshots - 1)
    return max(1, min(before, length - after))


def advances(schedule: tuple[Action, ...]) -> int:
    """Steps that a schedule computes, besides those that it reverses."""
    return sum(action.steps for action in schedule)
