"""Topic `compile` for namespaces that compute at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from phimath.backend.contract.compile import Compile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

A = TypeVar("A")


class ArrayApiCompile(Compile[A]):
    """There is nothing to trace: functions are their own programs."""

    def compile(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> Callable[..., tuple[A, ...]]:
        """The function itself, which runs in Python at each call."""
        return function
