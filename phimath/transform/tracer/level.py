"""Which tracers are at work here: each transform in another one traces on top of its tracer."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from phimath.backend.discovery import holds
from phimath.transform.tracer.base import Run, Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phimath.backend.contract import Backend

T = TypeVar("T", bound=Tracer[Any])

_innermost: ContextVar[Tracer[Any] | None] = ContextVar("innermost tracer", default=None)
# Plans are kept per backend: a tracer that is used again finds its own.
_idle: dict[tuple[type[Tracer[Any]], Backend[Any]], list[Tracer[Any]]] = {}
_lock = Lock()


def innermost(backend: Backend[Any]) -> Backend[Any]:
    """The innermost active tracer of this backend's arrays, or the backend itself.

    What a function computes with the backend may depend on what the tracer follows.
    """
    tracer = _innermost.get()
    return tracer if tracer is not None and holds(tracer, backend) else backend


@contextmanager
def tracing(kind: type[T], backend: Backend[Any]) -> Iterator[T]:
    """A tracer of the backend's arrays that nobody else uses, innermost in the `with` block."""
    tracer = _taken(kind, innermost(backend))
    token = _innermost.set(tracer)
    try:
        yield tracer
    finally:
        _innermost.reset(token)
        _give_back(tracer)


@contextmanager
def only_up_to(backend: Backend[Any]) -> Iterator[None]:
    """Leave tracers of this backend's arrays out of what is done in the `with` block."""
    token = _innermost.set(backend if isinstance(backend, Tracer) else None)
    try:
        yield
    finally:
        _innermost.reset(token)


def _taken(kind: type[T], inner: Backend[Any]) -> T:
    with _lock:
        waiting = _idle.get((kind, inner))
        found = waiting.pop() if waiting else None
    return found if isinstance(found, kind) else kind(inner)


def _give_back(tracer: Tracer[Any]) -> None:
    finished = ref(tracer.run)
    tracer.run = Run(tracer)
    with _lock:
        if finished() is None:
            _idle.setdefault((type(tracer), tracer.inner), []).append(tracer)
        else:
            # One of its boxes is kept somewhere, and must not be taken for one of the next run.
            for key in [key for key in _idle if key[1] is tracer]:
                del _idle[key]
