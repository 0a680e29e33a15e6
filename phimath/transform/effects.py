"""Effects: what a function says besides its result, such as a solve that failed.

Eagerly, an effect is handled at once.  While a function is compiled, its values don't exist yet:
they leave the program as hidden results, and the wrapper handles them after each call, with the
same text.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.tensor import Tensor


@dataclass(frozen=True)
class Effect:
    """A tree of values, and the function that reads it: raises, warns, records.

    severity: a real scalar.  Of the iterations of a traced loop, the one with the largest is
        handled; `None` where each of them would matter.
    """

    values: Any
    handle: Callable[[Any], None]
    severity: Tensor | None = None


_detailed: ContextVar[bool] = ContextVar("handlers want details", default=False)
_collected: ContextVar[list[Effect] | None] = ContextVar("collected effects", default=None)


def is_tracing() -> bool:
    """Whether a function is being compiled, so that values can't be read."""
    return _collected.get() is not None


def wants_details() -> bool:
    """Whether somebody wants effects with more than is needed to judge, such as a history."""
    return _detailed.get()


@contextmanager
def detailed(wanted: bool = True) -> Iterator[None]:
    """Want details inside of the `with` block, unless not `wanted`.

    Compiled functions are compiled apart for that.
    """
    token = _detailed.set(wanted or _detailed.get())
    try:
        yield
    finally:
        _detailed.reset(token)


def effect(values: Any, handle: Callable[[Any], None], severity: Tensor | None = None) -> None:
    """Have `handle` called with the tree `values`; see `Effect`.

    Now, or after each call of the function being compiled.
    """
    collected = _collected.get()
    if collected is None:
        handle(values)
    else:
        collected.append(Effect(values, handle, severity))


@contextmanager
def collecting() -> Iterator[list[Effect]]:
    """Collect the effects inside of the `with` block instead of handling them."""
    collected: list[Effect] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)
