"""Tracers: backends that keep the arrays of another one in boxes, to follow what is computed.

Everything above the contract works unchanged on boxes.  Arrays of the inner backend, and those of
NumPy, join a tracer as constants.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, final

from phimath.backend.boxed import Boxed
from phimath.backend.contract import Backend

if TYPE_CHECKING:
    from phimath.broadcast import Native


@final
class Run:
    """One use of a tracer, alive as long as one of the boxes that were made in it is."""

    __slots__ = ("__weakref__", "tracer")

    def __init__(self, tracer: Tracer[Any]) -> None:
        self.tracer = tracer


class Box(Boxed):
    """A box that was made in one run of a tracer."""

    __slots__ = ("run",)

    run: Run

    @property
    def backend(self) -> Tracer[Any]:
        """The tracer that made the box."""
        return self.run.tracer


B = TypeVar("B", bound=Box)


class Tracer(Backend[B]):
    """A backend of boxes; `inner` computes."""

    purpose: ClassVar[str]
    """Name of the transform, for errors."""

    inner: Backend[Any]

    def __init__(self, inner: Backend[Any]) -> None:
        """Tracers are used again: get one by `level.tracing`."""
        self.inner = inner  # pyright: ignore[reportIncompatibleVariableOverride]  # never `None`
        # Tells of each tracer what it is made for.
        self.name = f"{self.purpose} of {inner.name}"  # pyright: ignore[reportAttributeAccessIssue]
        self.run = Run(self)

    @property
    def unsupported(self) -> dict[str, str]:  # type: ignore[override]  # as that of the inner one
        """What the inner backend can't do."""
        return self.inner.unsupported

    @abstractmethod
    def constant(self, array: Native) -> B:
        """Box of an array of the inner backend that doesn't depend on what is followed."""

    def adopt(self, source: Backend[Any], array: Any) -> B:
        """In a box, which costs nothing for arrays of the inner backend."""
        if source is self:
            return array
        return self.constant(array if source is self.inner else self.inner.adopt(source, array))

    def owns(self, array: object) -> bool:
        """Its own boxes only."""
        return isinstance(array, Box) and array.run.tracer is self
