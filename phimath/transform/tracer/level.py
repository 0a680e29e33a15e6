"""Tracers at work: each transform in another one traces on top of its tracer."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from phimath.transform.scope import innermost, inside_transform
from phimath.transform.tracer.base import Run, Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phimath.backend.contract import Backend

T = TypeVar("T", bound=Tracer[Any])

# Plans are kept per backend: a tracer that is used again finds its own.
_idle: dict[tuple[type[Tracer[Any]], Backend[Any]], list[Tracer[Any]]] = {}
_lock = Lock()


@contextmanager
def tracing(kind: type[T], backend: Backend[Any]) -> Iterator[T]:
    """A tracer of the backend's arrays that nobody else uses, innermost in the `with` block."""
    tracer = _taken(kind, innermost(backend))
    try:
        with inside_transform(tracer):
            yield tracer
    finally:
        _give_back(tracer)


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
