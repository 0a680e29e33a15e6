"""Repeating a step."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from phimath.create import zeros_like
from phimath.errors import PhiError, ShapeError, ValueRangeError
from phimath.join import stack
from phimath.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager


def iterate(
    step: Callable[..., Any],
    steps: int | Shape,
    *state: Any,
    substeps: int = 1,
    measure: Callable[[], float] | None = None,
    until: Callable[..., Any] | None = None,
    callback: Callable[..., None] | None = None,
    progress: bool | str | None = None,
    **step_arguments: Any,
) -> Any:
    """Call `step` repeatedly, each time with the state that it returned before.

    Args:
        step: Function of the state that returns the next state, with as many entries.
        steps: Number of steps; or a shape such as `batch(time=100)`, to get all states stacked
            along this dimension, the initial one first (n + 1 entries).
        state: Initial trees, passed to `step` as positional arguments.  An entry may be `None`,
            such as the pressure before the first solve; in a trajectory, zeros take its place.
        substeps: Calls of `step` per counted step.
        measure: Called before and after each step, e.g. `time.perf_counter`; the differences are
            returned as a list.
        until: Stops early when it returns true for the state; called after each step.
        callback: Called as `callback(i, *state)` after step i = 1, 2, ….
        progress: Show a progress bar (tqdm); a text becomes its label.
        step_arguments: Further arguments, by name, of each call of `step`.

    Returns:
        The final state: a tuple, or the single tree if the state is one.  With a shape, the stacked
        trajectory instead.  With `measure`, a pair of this and the list of differences.

    Raises:
        ValueRangeError: if the number of steps is negative, or that of substeps below 1.
        ShapeError: if `steps` is no sized dimension, `step` returns another number of entries, or
            the states of a trajectory can't be stacked.
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
                state = _next_state(step, state, step_arguments)
            if measure:
                durations.append(measure() - start)
            if bar is not None:
                bar.update(1)
            if trajectory_dim is not None:
                trajectory.append(state)
            if callback is not None:
                callback(i + 1, *state)
            if until is not None and bool(until(*state)):
                break
    if trajectory_dim is not None:
        state = tuple(
            _stacked(entries, trajectory_dim) for entries in zip(*trajectory, strict=True)
        )
    result = state[0] if len(state) == 1 else state
    return (result, durations) if measure else result


def _steps(steps: int | Shape) -> tuple[int, Shape | None]:
    if isinstance(steps, Shape):
        if steps.rank != 1 or not isinstance(steps.size, int):
            raise ShapeError(
                "The steps must be a number or one sized dimension like batch(time=10), "
                f"not {steps}."
            )
        return steps.size, steps
    if not _is_count(steps):
        raise ShapeError(
            f"The steps must be a number or a dimension like batch(time=10), not {steps!r}. "
            "The initial state comes after them: iterate(step, 10, state)."
        )
    if steps < 0:
        raise ValueRangeError(f"The number of steps must not be negative, but is {steps}.")
    return steps, None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _next_state(
    step: Callable[..., Any], state: tuple[Any, ...], step_arguments: dict[str, Any]
) -> tuple[Any, ...]:
    result = step(*state, **step_arguments)
    if len(state) == 1 and not (isinstance(result, tuple) and len(result) == 1):
        return (result,)
    # A named tuple is one tree, not several entries.
    entries = result if isinstance(result, tuple) and not hasattr(result, "_fields") else (result,)
    if len(entries) != len(state):
        raise ShapeError(
            f"{getattr(step, '__name__', 'step')} was given {len(state)} values but returned "
            f"{len(entries)}. A step must return the next value of each of its arguments."
        )
    return entries


# --- trajectories ---


@runtime_checkable
class _WithValues(Protocol):
    """Values at places, e.g. a field: zeros like it are at the same places."""

    values: Any

    def with_values(self, values: Any) -> Any: ...


def _stacked(entries: Sequence[Any], dim: Shape) -> Any:
    """Trajectory of one entry of the state, `None` if there is nothing but `None`."""
    if all(entry is None for entry in entries):
        return None
    if entries[0] is None and len(entries) > 1:
        entries = (_zeros_like(entries[1]), *entries[1:])
    try:
        return stack(entries, dim.with_sizes(len(entries)))
    except PhiError as error:
        raise ShapeError(
            f"The states can't be stacked along '{dim.name}', because they differ: {error} "
            f"Pass a number instead of {dim} to get the final state only, and save others in "
            "`callback`."
        ) from error


def _zeros_like(value: Any) -> Any:
    # Not so the places: a grid needs its cell size.
    if isinstance(value, _WithValues):
        return value.with_values(zeros_like(value.values))
    return zeros_like(value)


def _progress_bar(count: int, progress: bool | str | None) -> AbstractContextManager[Any]:
    if not progress:
        return nullcontext()
    tqdm = import_module("tqdm.auto").tqdm
    return tqdm(total=count, desc=progress if isinstance(progress, str) else None)
