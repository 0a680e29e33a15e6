"""What surrounds a function: transforms that see its operations, and the context that it needs."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, final

from phimath.backend.discovery import combine, holds
from phimath.context import default, default_backend, using
from phimath.dtype import precision, precision_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from phimath.backend.contract import Backend

_inside: ContextVar[Backend[Any] | None] = ContextVar("inside of a transform", default=None)


def is_inside_transform() -> bool:
    """Whether a function is being differentiated or compiled here."""
    return _inside.get() is not None


def backend_of_transforms(backends: Iterable[Backend[Any]] = ()) -> Backend[Any]:
    """Backend of what is computed here from arrays of these: that of the innermost transform."""
    around = _inside.get()
    found = combine([default_backend() if around is None else around, *backends])
    return default_backend() if found.name == "numpy" else found


def innermost(backend: Backend[Any]) -> Backend[Any]:
    """The tracer around the backend's arrays that is at work here, or the backend itself.

    What a function computes with the backend may depend on what the tracer follows.
    """
    around = _inside.get()
    return around if around is not None and holds(around, backend) else backend


@contextmanager
def only_up_to(backend: Backend[Any]) -> Iterator[None]:
    """Leave tracers of this backend's arrays out of what is done in the `with` block."""
    around = _inside.get()
    token = _inside.set(backend if around is not None and holds(around, backend) else around)
    try:
        yield
    finally:
        _inside.reset(token)


@contextmanager
def inside_transform(backend: Backend[Any]) -> Iterator[None]:
    """Mark the `with` block as run by a transform: compiled functions called there run inline.

    backend: of the arrays that it transforms.
    """
    around = _inside.get()
    token = _inside.set(backend if around is None else combine([around, backend]))
    try:
        yield
    finally:
        _inside.reset(token)


@final
class Surroundings:
    """Settings for a function that frameworks call later, or in threads of their own.

    Precision and defaults are those of now.  All else, such as how often the function is
    differentiated and where its effects go, is that of who calls it: a backward pass is
    differentiated once less.
    """

    def __init__(self) -> None:
        """Those of the caller."""
        self._precision = precision_bits()
        self._default = default()
        self._context = copy_context()
        self._thread = threading.get_ident()

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Result of the function in these surroundings."""
        if threading.get_ident() != self._thread:  # one of the framework, without a context
            return self._context.copy().run(function, *arguments)
        with precision(self._precision), using(*self._default):
            return function(*arguments)
