"""Topic `gradient`: reverse-mode derivatives of functions of native arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

A = TypeVar("A")


class Gradient(ABC, Generic[A]):
    """Differentiation.

    Complex gradients follow ∂L/∂(real) + i ∂L/∂(imaginary): that of ∑|z|² is 2z.
    """

    @abstractmethod
    def value_and_gradient(
        self, function: Callable[..., tuple[A, tuple[A, ...]]], arguments: Sequence[A]
    ) -> tuple[A, tuple[A, ...], tuple[A, ...]]:
        """Call `function(*arguments) → (loss, extra outputs)`, differentiate the real scalar loss.

        Returns: loss, extra outputs, and one gradient per argument (zeros where the loss doesn't
        depend on it).
        """

    @abstractmethod
    def custom_gradient(
        self,
        forward: Callable[..., tuple[A, ...]],
        backward: Callable[[tuple[A, ...], tuple[A, ...], tuple[A, ...]], tuple[A | None, ...]],
        arguments: Sequence[A],
    ) -> tuple[A, ...]:
        """Evaluate `forward(*arguments)`, replacing its derivative.

        backward: takes arguments, outputs and the cotangents of the outputs; returns one cotangent
        per argument, `None` for zero.
        """

    @abstractmethod
    def stop_gradient(self, a: A) -> A:
        """Same values, treated as constant by differentiation."""
