"""Repeating a step."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.errors import NotSupported, ShapeError, ValueRangeError
from phimath.leaves import as_tensor
from phimath.shape import Shape
from phimath.transform.closed import may_be_differentiated
from phimath.transform.effects import is_tracing
from phimath.transform.loop.checkpoint import check_policy
from phimath.transform.loop.repeated import repeat
from phimath.transform.loop.state import next_state, one_or_all
from phimath.transform.loop.trajectory import stacked_states, with_rows
from phimath.transform.natives import disassemble, moved, numbers_as_tensors, signatures
from phimath.transform.scope import backend_of_transforms
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from phimath.backend.contract import Backend
    from phimath.transform.loop.checkpoint import Checkpoint
    from phimath.transform.natives import TreeForm


def iterate(
    step: Callable[..., Any],
    steps: int | Shape,
    *state: Any,
    substeps: int = 1,
    measure: Callable[[], float] | None = None,
    until: Callable[..., Any] | None = None,
    callback: Callable[..., None] | None = None,
    progress: bool | str | None = None,
    checkpoint: Checkpoint = "all",
    **step_arguments: Any,
) -> Any:
    """Call `step` repeatedly, each time with the state that it returned before.

    Eagerly a Python loop.  In compiled functions it becomes a loop of the framework: the Python
    code of `step` runs once, on tensors without values, whatever the number of steps.  A step that
    changes the structure or shapes of the state, such as the pressure from `None` to a field, is
    done before this loop.

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
        checkpoint: What is kept in memory for reverse-mode derivatives; all else is computed again.
            `'all'`: all that each step computes, or in compiled functions all states.
            `'sqrt'`: about √n states, and those of one segment of as many steps.
            `Every(k)`, `Binomial(snapshots)`, `Truncated(steps)`: see there.
            Where derivatives are taken by another policy than `'all'`, the step is traced, too.
        step_arguments: Further arguments, by name, of each call of `step`.

    Returns:
        The final state: a tuple, or the single tree if the state is one.  With a shape, the stacked
        trajectory instead.  With `measure`, a pair of this and the list of differences.

    Raises:
        ValueRangeError: if the number of steps is negative, or that of substeps below 1.
        ShapeError: if `steps` is no sized dimension, `step` returns another number of entries, or
            the states of a trajectory can't be stacked.
        NotSupported: in a compiled function, if each step is to be seen from Python.
    """
    count, dim = _steps(steps)
    if substeps < 1:
        raise ValueRangeError(f"substeps must be at least 1, not {substeps}.")
    check_policy(checkpoint)
    if count and _is_traced(state, checkpoint):
        _refuse_observers(measure=measure, callback=callback, progress=progress)

        def one_step(*state: Any) -> Any:
            if substeps == 1:
                return step(*state, **step_arguments)
            return iterate(step, substeps, *state, **step_arguments)

        return _traced(one_step, count, dim, state, until, checkpoint)

    def steps_from(*state: Any) -> tuple[Any, ...]:
        for _ in range(substeps):
            state = next_state(step, state, **step_arguments)
        return state

    observers = _Observers(measure, until, callback)
    with _progress_bar(count, progress) as bar:
        states, durations = observers.run(steps_from, state, count, bar, all_states=dim is not None)
    result = one_or_all(states[-1] if dim is None else stacked_states(states, dim))
    return (result, durations) if measure else result


class _Observers(NamedTuple):
    """What looks at each step of a loop in Python."""

    measure: Callable[[], float] | None
    until: Callable[..., Any] | None
    callback: Callable[..., None] | None

    def run(
        self,
        step: Callable[..., tuple[Any, ...]],
        state: tuple[Any, ...],
        count: int,
        bar: Any,  # of tqdm, or None
        *,
        all_states: bool,
    ) -> tuple[list[tuple[Any, ...]], list[float]]:
        """All states or the last one, and the durations."""
        states = [state]
        durations: list[float] = []
        for i in range(count):
            start = self.measure() if self.measure else 0.0
            state = step(*state)
            if self.measure:
                durations.append(self.measure() - start)
            if bar is not None:
                bar.update(1)
            if not all_states:
                states.clear()
            states.append(state)
            if self.callback is not None:
                self.callback(i + 1, *state)
            if self.until is not None and bool(self.until(*state)):
                break
        return states, durations


def _is_traced(state: tuple[Any, ...], checkpoint: Checkpoint) -> bool:
    """Whether the loop is one of the framework."""
    if is_tracing() or checkpoint == "all":
        return is_tracing()
    natives, form = disassemble(numbers_as_tensors(state))
    backend = _backend_of(form)
    return may_be_differentiated(backend, moved(natives, signatures(form), backend))


def _traced(
    step: Callable[..., Any],
    count: int,
    dim: Shape | None,
    state: tuple[Any, ...],
    until: Callable[..., Any] | None,
    checkpoint: Checkpoint,
) -> Any:
    """The same by a loop of the framework."""
    if until is not None and dim is not None:
        raise NotSupported(
            "In compiled functions, sizes can't depend on values, such as that of a trajectory on "
            "`until`. Give a number of steps to get the final state, or iterate in Python around a "
            "compiled step."
        )

    def repeated(carry: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
        following = next_state(step, carry[-1])
        going = () if until is None else (~as_tensor(until(*following)),)
        return (*going, following), () if dim is None else following

    backend = _backend_of(disassemble(numbers_as_tensors(state))[1])
    start = (state,) if until is None else (wrap(True), state)
    found = repeat(repeated, start, count, backend, policy=checkpoint, ends_early=until is not None)
    final = found.state[-1]
    return one_or_all(
        final if dim is None else with_rows([state, *found.first], found, dim, backend)
    )


def _backend_of(form: TreeForm) -> Backend[Any]:
    return backend_of_transforms(part.backend for part in signatures(form))


def _refuse_observers(**observers: object) -> None:
    for name, value in observers.items():
        if value:
            raise NotSupported(
                f"The steps of a traced loop can't be seen from Python by `{name}`. Leave it out, "
                "or call iterate outside of the compiled function, with a compiled step."
            )


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


def _progress_bar(count: int, progress: bool | str | None) -> AbstractContextManager[Any]:
    if not progress:
        return nullcontext()
    tqdm = import_module("tqdm.auto").tqdm
    return tqdm(total=count, desc=progress if isinstance(progress, str) else None)
