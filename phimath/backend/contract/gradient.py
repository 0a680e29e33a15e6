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
        backward: Callable[
            [tuple[A, ...], tuple[A, ...], tuple[A | None, ...]], tuple[A | None, ...]
        ],
        arguments: Sequence[A],
    ) -> tuple[A, ...]:
        """Evaluate `forward(*arguments)`, replacing its derivative.

        backward: takes arguments, outputs and the cotangents of the outputs; returns one cotangent
        per argument.  `None` stands for zero, in both.
        """

    @abstractmethod
    def stop_gradient(self, a: A) -> A:
        """Same values, treated as constant by differentiation."""

    @abstractmethod
    def vjp(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> tuple[tuple[A, ...], Callable[[Sequence[A | None]], tuple[A, ...]]]:
        """Outputs of a function, and how to pull their cotangents back to the arguments.

        The arguments are floating.  The pullback takes one cotangent per output, `None` for zero
        and for outputs that are no floating numbers; it may be called several times, and be
        differentiated.
        """

    @abstractmethod
    def close(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> tuple[Callable[..., tuple[A, ...]], tuple[A, ...]]:
        """The same function without arrays from around it that are traced or differentiated by.

        Returns `(closed, captured)` with `closed(*arguments, *captured) = function(*arguments)` for
        all arguments with the sizes and types of these.  `function` runs in Python once, on traced
        arrays; `closed` may run it again where it is differentiated.
        """

    @abstractmethod
    def records(self, arrays: Sequence[A]) -> bool | None:
        """Whether the framework records what is computed from these arrays, to differentiate it.

        `None` where it can't tell.
        """

    def linear_map(
        self, function: Callable[[A], A], transposed: Callable[[A], A], argument: A
    ) -> A:
        """Evaluate a linear function, differentiated by its transposed."""

        def backward(
            arguments: tuple[A, ...], outputs: tuple[A, ...], cotangents: tuple[A | None, ...]
        ) -> tuple[A | None, ...]:
            (cotangent,) = cotangents
            return (None if cotangent is None else transposed(cotangent),)

        return self.custom_gradient(lambda a: (function(a),), backward, (argument,))[0]
