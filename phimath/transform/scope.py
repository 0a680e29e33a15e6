"""Whether a function runs inside of another transform, which then must see its operations."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_inside: ContextVar[bool] = ContextVar("inside of a transform", default=False)


def is_inside_transform() -> bool:
    """Whether a function is being differentiated or compiled here."""
    return _inside.get()


@contextmanager
def inside_transform() -> Iterator[None]:
    """Mark the `with` block as run by a transform: compiled functions called there run inline."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
