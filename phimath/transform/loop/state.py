"""The state of a loop: what its functions are given and return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable


def next_state(
    step: Callable[..., Any], state: tuple[Any, ...], **arguments: Any
) -> tuple[Any, ...]:
    """Entries of the state after a step.

    Raises:
        ShapeError: there are more or fewer than before.
    """
    result = step(*state, **arguments)
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


def one_or_all(state: tuple[Any, ...]) -> Any:
    """The entries of a state, or the only one."""
    return state[0] if len(state) == 1 else state
