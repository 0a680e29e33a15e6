"""Binomial schedules, against exhaustive search."""

from functools import cache

import pytest

from phimath.transform.loop.schedule import advances, binomial_schedule


@cache
def fewest_advances(length, snapshots):
    """By trying all positions for the next snapshot, `snapshots` including the first state."""
    if length == 1:
        return 0
    if snapshots == 1:
        return length * (length - 1) // 2
    return min(
        m + fewest_advances(length - m, snapshots - 1) + fewest_advances(m, snapshots)
        for m in range(1, length)
    )


@pytest.mark.parametrize("snapshots", [1, 2, 3, 5])
@pytest.mark.parametrize("length", [1, 2, 7, 20, 41])
def test_schedule_reverses_all_steps_with_the_fewest_advances(length, snapshots):
    places, reversed_steps = {0: 0}, []
    actions = binomial_schedule(length, snapshots)
    for action in actions:
        places[action.target] = places[action.source] + action.steps
        if action.reverses:
            reversed_steps.append(places[action.target])
    assert reversed_steps == list(range(length))[::-1]
    assert max(places) <= snapshots
    assert advances(actions) == fewest_advances(length, snapshots)
