"""Constants of programs: an array of the host becomes one array of the program, however often used.

As several they would take their memory several times, in which none finds what another has brought
to the processor.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

A = TypeVar("A")

_known: ContextVar[dict[int, tuple[object, Any]] | None] = ContextVar(
    "constants of the program that is traced", default=None
)


@contextmanager
def shared_constants() -> Iterator[None]:
    """Inside, `constant` gives one array for each of the host; for one program of one backend."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def constant(array: object, convert: Callable[[], A]) -> A:
    """What `array` is converted to, or was before, for the same program."""
    known = _known.get()
    if known is None:
        return convert()
    if id(array) not in known:
        known[id(array)] = array, convert()  # kept, so that no other one gets its identity
    return known[id(array)][1]
