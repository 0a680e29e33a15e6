"""Effects: what a function says besides its result, such as a solve that failed.

Eagerly, an effect is handled at once.  While a function is compiled, its values don't exist yet:
they leave the program as hidden results, and the wrapper handles them after each call, with the
same text.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.tensor import Tensor


@dataclass(frozen=True)
class Effect:
    """A tree of values, and the function that reads it: raises, warns, records.

    severity: a real scalar.  Of the iterations of a traced loop, the one with the largest is
        handled; `None` where each of them would matter.
    is_fine: a boolean scalar.  Where it is true, `handle` has nothing to say unless somebody wants
        reports, and need not be called.
    """

    values: Any
    handle: Callable[[Any], None]
    severity: Tensor | None = None
    is_fine: Tensor | None = None


class Wanted(IntEnum):
    """What handlers are to tell."""

    PROBLEMS = 0
    REPORTS = 1
    """Also of what went well."""
    DETAILS = 2
    """More than is needed to judge, such as a history."""


_wanted: ContextVar[Wanted] = ContextVar("what handlers tell", default=Wanted.PROBLEMS)
_collected: ContextVar[list[Effect] | None] = ContextVar("collected effects", default=None)


def is_tracing() -> bool:
    """Whether a function is being compiled, so that values can't be read."""
    return _collected.get() is not None


def wants_reports() -> bool:
    """Whether somebody wants to hear of what went well, too."""
    return _wanted.get() >= Wanted.REPORTS


def wants_details() -> bool:
    """Whether somebody wants effects with more than is needed to judge, such as a history."""
    return _wanted.get() >= Wanted.DETAILS


@contextmanager
def wanting(what: Wanted) -> Iterator[None]:
    """Want this, or what is wanted around, inside of the `with` block.

    With details, compiled functions are compiled apart.
    """
    token = _wanted.set(max(what, _wanted.get()))
    try:
        yield
    finally:
        _wanted.reset(token)


def effect(
    values: Any,
    handle: Callable[[Any], None],
    severity: Tensor | None = None,
    is_fine: Tensor | None = None,
) -> None:
    """Have `handle` called with the tree `values`; see `Effect`.

    Now, or after each call of the function being compiled.
    """
    collected = _collected.get()
    if collected is None:
        handle(values)
    else:
        collected.append(Effect(values, handle, severity, is_fine))


@contextmanager
def collecting() -> Iterator[list[Effect]]:
    """Collect the effects inside of the `with` block instead of handling them."""
    collected: list[Effect] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)
