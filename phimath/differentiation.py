"""How many derivatives will be taken of what is computed in this context."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_level: ContextVar[int] = ContextVar("derivatives that will be taken", default=0)


def derivatives_taken() -> int:
    """How many derivatives transforms of this library will take of what is computed here."""
    return _level.get()


def differentiated() -> AbstractContextManager[None]:
    """Mark the `with` block as a function of which one more derivative is taken than around it."""
    return derivative_level(_level.get() + 1)


def not_differentiated() -> AbstractContextManager[None]:
    """No derivative will be taken of what is computed inside of the `with` block."""
    return derivative_level(0)


@contextmanager
def derivative_level(level: int) -> Iterator[None]:
    """Say how many derivatives will be taken of what is computed inside of the `with` block."""
    token = _level.set(level)
    try:
        yield
    finally:
        _level.reset(token)
