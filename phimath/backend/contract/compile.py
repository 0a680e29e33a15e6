"""Topic `compile`: functions of arrays, turned into programs of the framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

A = TypeVar("A")


class Compile(ABC, Generic[A]):
    """Compilation."""

    @abstractmethod
    def compile(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> Callable[..., tuple[A, ...]]:
        """Program for arrays with the sizes and types of `arguments`.

        `function` runs in Python exactly once, on traced arrays (`is_available` is false for them),
        before this returns; what it raises is raised here and leaves no residue.  Arrays that it
        uses from around it are constants of the program.
        """

    def separately(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> tuple[A, ...]:
        """Results of a function that compilers translate by itself.

        They don't merge it with what is around it, which would compute again, for each of its uses,
        what is cheap but reads several arrays.  Outside of programs it is just called.
        """
        return function(*arguments)
