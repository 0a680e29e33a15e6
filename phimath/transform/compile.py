"""Compiling functions of trees: one trace per key, then native calls."""

from __future__ import annotations

import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, final, overload

from phimath.context import default
from phimath.create import tensor as new_tensor
from phimath.dtype import float_dtype, precision_bits
from phimath.errors import ShapeError
from phimath.tensor import Dense, Tensor
from phimath.transform.effects import Effect, collecting, is_tracing
from phimath.transform.natives import (
    TreeForm,
    disassemble,
    moved,
    signatures,
    transform_backend,
)
from phimath.transform.scope import is_inside_transform
from phimath.tree import Structure, flatten

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native, Signature

P = ParamSpec("P")
R = TypeVar("R")
LIMIT = 64  # traces kept per function, the most recently used ones
_log = logging.getLogger("phimath")


@dataclass(frozen=True)
class Trace:
    """A compiled program: how to feed it and what to make of its results."""

    backend: Backend[Any]
    program: Callable[..., tuple[Native, ...]]
    output: TreeForm
    effects: tuple[tuple[TreeForm, Callable[[Any], None]], ...]


@final
class CompiledFunction(Generic[P, R]):
    """What `jit_compile` returns."""

    def __init__(self, function: Callable[P, R], static: tuple[str, ...]) -> None:
        """Compile `function` on first use, for each structure, shape and type of arguments."""
        self.function = function
        self.static = static
        self.traces: OrderedDict[Any, Trace] = OrderedDict()
        self.last_key: Any = None
        self.retrace_reason = ""
        update_wrapper(self, function)

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R]:
        """Methods: the instance is the first argument."""
        if instance is None:
            return self
        return lambda *args, **kwargs: self(instance, *args, **kwargs)  # type: ignore[arg-type]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the program for these arguments, tracing it first if there is none."""
        if is_tracing() or is_inside_transform():
            return self.function(*args, **kwargs)
        tree, fixed = self._split(args, kwargs)
        leaves, structure = flatten(tree, _LEAVES)
        parts = _parts(leaves)
        kinds = tuple(part.signature if part.__class__ is Dense else part.__class__ for part in parts)
        key = (structure, tuple(_shape_of(leaf) for leaf in leaves), kinds, fixed, precision_bits(), default())
        trace = self.traces.get(key)
        if trace is None:
            trace = self._trace(key, structure, leaves, parts, fixed)
            if trace is None:
                return self.function(*args, **kwargs)
        self.traces.move_to_end(key)
        results = trace.program(*_natives(parts, trace.backend))
        return _finish(trace, results)
