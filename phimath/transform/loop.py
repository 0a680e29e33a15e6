"""Repeating a step."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from phimath.errors import ShapeError, ValueRangeError
from phimath.join import stack
from phimath.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Callable


def iterate(
    step: Callable[..., Any],
    steps: int | Shape,
    *state: Any,
    substeps: int = 1,
    measure: Callable[[], float] | None = None,
    until: Callable[..., Any] | None = None,
    callback: Callable[..., None] | None = None,
    progress: bool | str | None = None,
) -> Any:
    """Call `step` repeatedly, each time with the state that it returned before.

    Args:
        step: Function of the state that returns the next state, with as many entries.
        steps: Number of steps; or a shape such as `batch(time=100)`, to get all states stacked along this dimension, the
            initial one first (n + 1 entries).
        state: Initial trees, passed to `step` as positional arguments.
        substeps: Calls of `step` per counted step.
        measure: Called before and after each step, e.g. `time.perf_counter`; the differences are returned as a list.
        until: Stops early when it returns true for the state (called with the state after each step).
        callback: Called as `callback(i, *state)` after step i = 1, 2, ….
        progress: Show a progress bar (tqdm); a text becomes its label.

    Returns:
        The final state: a tuple, or the single tree if the state is one.  With a shape, the stacked trajectory instead.
        With `measure`, a pair of this and the list of differences.

    Raises:
        ValueRangeError: if the number of steps is negative.
        ShapeError: if `steps` has more than one dimension or `step` returns another number of entries.
    """
    count, trajectory_dim = _steps(steps)
    if substeps < 1:
        raise ValueRangeError(f"substeps must be at least 1, not {substeps}.")
    trajectory = [state]
    durations: list[float] = []
    with _progress_bar(count, progress) as bar:
        for i in range(count):
            start = measure() if measure else 0.0
            for _ in range(substeps):
                state = _checked_state(step(*state), state, step)
            if measure:
                durations.append(measure() - start)
            bar.update(1)
            if trajectory_dim is not None:
                trajectory.append(state)
            if callback is not None:
                callback(i + 1, *state)
            if until is not None and bool(until(*state)):
                break
    result: Any = state
    if trajectory_dim is not None:
        dim = trajectory_dim.with_sizes(len(trajectory))
        result = tuple(stack([entry[k] for entry in trajectory], dim) for k in range(len(state)))
    result = result[0] if len(state) == 1 else result
    return (result, durations) if measure else result


def _steps(steps: int | Shape) -> tuple[int, Shape | None]:
    if isinstance(steps, Shape):
        if steps.rank != 1 or not isinstance(steps.size, int):
            raise ShapeError(
                f"The steps must be a number or one sized dimension like batch(time=10), not {steps}."
            )
        return steps.size, steps
    if steps < 0:
        raise ValueRangeError(f"The number of steps must not be negative, but is {steps}.")
    return steps, None


def _checked_state(
    result: Any, state: tuple[Any, ...], step: Callable[..., Any]
) -> tuple[Any, ...]:
    entries = result if isinstance(result, tuple) and not hasattr(result, "_fields") else (result,)
    if len(state) == 1 and len(entries) != 1:
        entries = (result,)
    if len(entries) != len(state):
        raise ShapeError(
            f"{getattr(step, '__name__', 'step')} was given {len(state)} values but returned {len(entries)}. "
            "A step must return the next value of each of its arguments."
        )
    return entries


class _NoBar:
    def __enter__(self) -> _NoBar:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, _: int) -> None:
        """Show nothing."""


def _progress_bar(count: int, progress: bool | str | None) -> Any:  # tqdm's bar is loaded on use
    if not progress:
        return _NoBar()
    tqdm = import_module("tqdm.auto").tqdm
    return tqdm(total=count, desc=progress if isinstance(progress, str) else None)
