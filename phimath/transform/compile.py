"""Compiling functions."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def jit_compile(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function of trees for compilation.

    In this version it runs eagerly on all backends: results are those of the function itself,
    without the speed of a compiler.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    return call
