"""Eager operations in ΦML."""

from __future__ import annotations

import operator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

math: Final[Any] = import_module("phiml.math")  # a type checker would find this module instead


def tensor(native: Any) -> Any:
    """Tensor with the spatial dimensions x, y around a native array of any framework."""
    return math.reshaped_tensor(native, [math.spatial(name) for name in "xy"[: native.ndim]])


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "add_first_axis": operator.add,
    "add_number": lambda a: a + 1.0,
    "multiply_add": lambda a, b: a * b + a,
    "sqrt": math.sqrt,
    "where": math.where,
    "sum": lambda a: math.sum(a, "x"),
    "slice": lambda a: a.x[1:],
    "index": lambda a: a.x[0],
    "stack": lambda a, b: math.stack([a, b], math.batch("k")),
}
