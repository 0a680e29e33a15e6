"""Topic `compile`: functions of arrays, turned into programs of the framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

A = TypeVar("A")


class Compile(ABC, Generic[A]):
    """Compilation, and loops that stay loops inside of compiled functions."""

    @abstractmethod
    def compile(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> Callable[..., tuple[A, ...]]:
        """Program for arrays with the sizes and types of `arguments`.

        `function` runs in Python exactly once, on traced arrays (`is_available` is false for them),
        before this returns; what it raises is raised here and leaves no residue.  Arrays that it
        uses from around it are constants of the program.
        """

    @abstractmethod
    def while_loop(
        self,
        condition: Callable[..., A],
        body: Callable[..., tuple[A, ...]],
        state: tuple[A, ...],
    ) -> tuple[A, ...]:
        """Repeat `state = body(*state)` while the boolean scalar `condition(*state)` holds.

        In traced code it stays a loop.

        The arrays keep their sizes and types.  Condition and body are traced once each, whatever
        the number of iterations; they may use traced arrays from around them.  No array needs to be
        differentiated through the loop.
        """
