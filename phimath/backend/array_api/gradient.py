"""Topic `gradient` for namespaces that can't differentiate, which the standard doesn't ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from phimath.backend.contract.gradient import Gradient
from phimath.backend.support import unsupported_method

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

A = TypeVar("A")


class ArrayApiGradient(Gradient[A]):
    """Evaluates functions, never differentiates them."""

    def value_and_gradient(
        self, function: Callable[..., tuple[A, tuple[A, ...]]], arguments: Sequence[A]
    ) -> tuple[A, tuple[A, ...], tuple[A, ...]]:
        """Raises `NotSupported` with the backend's advice."""
        backend: Any = self
        raise unsupported_method(backend, "value_and_gradient")

    def custom_gradient(
        self,
        forward: Callable[..., tuple[A, ...]],
        backward: Callable[
            [tuple[A, ...], tuple[A, ...], tuple[A | None, ...]], tuple[A | None, ...]
        ],
        arguments: Sequence[A],
    ) -> tuple[A, ...]:
        """Evaluates `forward`: without derivatives there is none to replace."""
        return forward(*arguments)

    def stop_gradient(self, a: A) -> A:
        """The same array."""
        return a

    def vjp(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> tuple[tuple[A, ...], Callable[[Sequence[A | None]], tuple[A, ...]]]:
        """Raises `NotSupported` with the backend's advice."""
        backend: Any = self
        raise unsupported_method(backend, "vjp")

    def close(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> tuple[Callable[..., tuple[A, ...]], tuple[A, ...]]:
        """The function itself: nothing is traced or differentiated."""
        return function, ()

    def records(self, arrays: Sequence[A]) -> bool | None:
        """No."""
        return False
