"""What a backend declares it can't do, and the error that says so.

A declaration is an entry of `Backend.unsupported`: the name of a method, of an elementwise function
or of a whole topic (`gradient`), with advice what to use instead.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from phimath.backend.contract import Backend
from phimath.backend.contract.elementwise import BINARY, UNARY
from phimath.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def contract_methods() -> dict[str, Callable[..., Any]]:
    """All methods of the contract, as it declares them."""
    return {
        name: member
        for base in Backend.__mro__
        if base.__module__.startswith("phimath.backend.contract.")
        for name, member in vars(base).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def topic_of(name: str) -> str | None:
    """Topic of a method or elementwise function of the contract, `None` for another name."""
    if name in UNARY or name in BINARY:
        return "elementwise"
    for base in Backend.__mro__:
        if name in vars(base) and base.__module__.startswith("phimath.backend.contract."):
            return base.__module__.rpartition(".")[2]
    return None


def advice(backend: Backend[Any], name: str) -> str | None:
    """What to use instead of the method `name`, `None` if the backend supports it."""
    declared = backend.unsupported
    found = declared.get(name)
    return found if found is not None else declared.get(topic_of(name) or "")


def supports(backend: Backend[Any], name: str) -> bool:
    """Whether the backend claims to support the method or elementwise function `name`."""
    return advice(backend, name) is None


def unsupported_method(backend: Backend[Any], name: str) -> NotSupported:
    """The error to raise where `name` was asked of a backend that can't do it.

    Returned, not raised, so that callers can write `raise unsupported_method(self, "svd")`.
    """
    text = advice(backend, name) or "Use another backend for this part of the program."
    while backend.inner is not None:  # tracers can do what is in their boxes
        backend = backend.inner
    return NotSupported(f"{name} is not supported on {backend.name}. {text}")
