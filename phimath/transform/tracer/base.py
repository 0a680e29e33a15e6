"""Tracers: backends that keep the arrays of another one in boxes, to follow what is computed.

Everything above the contract works unchanged on boxes.  Arrays of the inner backend, and those of
NumPy, join a tracer as constants.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, final

from phimath.backend.boxed import Boxed
from phimath.backend.contract import Backend
from phimath.errors import NotSupported

if TYPE_CHECKING:
    from phimath.backend.contract.sparse import SparseParts
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

    def is_sparse(self, array: object) -> bool:
        """No library's sparse arrays hold boxes."""
        return False

    def sparse_parts(self, array: Any) -> SparseParts[B]:
        """There are no sparse arrays of boxes."""
        raise self._not_sparse()

    def sparse_native(self, format: str, sizes: tuple[int, ...], indices: B, values: B) -> Any:
        """There are no sparse arrays of boxes."""
        raise self._not_sparse()

    def _not_sparse(self) -> NotSupported:
        return NotSupported(
            f"A value of {self.name} can't become a sparse array of {self.inner.name}: what is "
            "followed would get lost. Convert outside of the function, or say that it is constant "
            "by stop_gradient(x)."
        )
