"""Compiling functions of trees: one trace per key, then native calls."""

from __future__ import annotations

import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache, update_wrapper
from types import MethodType
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, final, overload

import numpy as np

from phimath.broadcast import Signature
from phimath.context import default
from phimath.dtype import precision_bits
from phimath.errors import NotSupported, ShapeError
from phimath.tensor import Tensor
from phimath.transform.checking import checked
from phimath.transform.effects import wants_details
from phimath.transform.natives import disassemble_leaves, transform_backend
from phimath.transform.program_key import Key, difference
from phimath.transform.scope import is_inside_transform
from phimath.transform.trace import Integer, Trace, parts, trace
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.tree import Structure

P = ParamSpec("P")
R = TypeVar("R")
Optimize = Literal["background", "now", "off"]
MAX_TRACES = 64
_UNKNOWN: Any = object()
_LEAVES = (Tensor, float, complex, Integer)
_log = logging.getLogger("phimath")


@final
class CompiledFunction(Generic[P, R]):
    """What `jit_compile` returns: called like the function."""

    def __init__(
        self, function: Callable[P, R], static: tuple[str, ...], optimize: Optimize | None
    ) -> None:
        """Programs are made on first use, one per structure, shapes and types of the arguments."""
        self.function = function
        self.static = static
        self.optimize: Optimize | None = optimize
        self.traces: OrderedDict[Key, Trace | None] = OrderedDict()
        """Programs, least recently used first; `None` where the function was only checked."""
        self._last: Key | None = None
        self._structure: Structure | None = None
        self._reason = ""
        self._parameters = inspect.signature(function)
        for name in static:
            if name not in self._parameters.parameters:
                raise ShapeError(
                    f"There is no argument '{name}' to make static. The arguments are "
                    f"{', '.join(self._parameters.parameters)}."
                )
        update_wrapper(self, function)

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R]:
        """Of a method, the instance is the first argument."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the program for these arguments, made first if there is none."""
        # Another transform must see the operations.
        if is_inside_transform():
            return self.function(*args, **kwargs)
        tree, natives, key = self._prepared(args, kwargs)
        try:
            found = self.traces.get(key, _UNKNOWN)
        except TypeError as error:
            raise _unhashable(key.static) from error
        if found is _UNKNOWN:
            return self._new_trace(key, tree, natives)(natives)
        self.traces.move_to_end(key)
        if found is None:
            return self.function(*args, **kwargs)
        return found(natives)

    def retrace_reason(self) -> str:
        """What made the last compilation necessary; empty after the first."""
        return self._reason

    def trace_reason(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """What makes a compilation necessary for these arguments; empty if there is a program."""
        _, _, key = self._prepared(args, kwargs)
        if key in self.traces:
            return ""
        if self._last is None:
            return "it has not been called yet"
        return difference(self._last, key, tuple(self._parameters.parameters)) or (
            f"of the last {MAX_TRACES} programs, none is for these arguments"
        )

    def _prepared(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, list[Native], Key]:
        """The arguments that are data, their arrays, and what the program depends on."""
        tree, static = self._split(args, kwargs)
        leaves, structure = self._flattened(tree)
        natives, forms = disassemble_leaves(leaves)
        devices = _devices(forms, natives)
        key = Key(structure, forms, static, precision_bits(), default(), devices, wants_details())
        return tree, natives, key

    def _flattened(self, tree: Any) -> tuple[list[Any], Structure]:
        """The arguments taken apart, which mostly have the structure of the last ones."""
        before = self._structure
        leaves = None if before is None else before.leaves_of(tree, _LEAVES)
        if leaves is not None and before is not None:
            return leaves, before
        leaves, self._structure = flatten(tree, _LEAVES)
        return leaves, self._structure

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, tuple[tuple[str, Any], ...]]:
        """Arguments that are data, by position or else by name, and those that are static."""
        if not kwargs and not self.static:
            return _with_integers(args), ()
        bound = self._parameters.bind(*args, **kwargs)
        if self.static:
            bound.apply_defaults()
        arguments = bound.arguments
        data = {n: _with_integers(v) for n, v in arguments.items() if n not in self.static}
        return data, tuple((name, arguments[name]) for name in self.static)

    def _new_trace(self, key: Key, tree: Any, natives: Sequence[Native]) -> Trace:
        """What to call this time; the program, if there is one, is kept."""
        _refuse_arrays(tree, self._parameters)
        dense = [part for form in key.leaves for part in parts(form) if isinstance(part, Signature)]
        backend = transform_backend(dense)

        def call(given: Any) -> Any:
            return self._call(given, key.static)

        with _optimization(backend, self.optimize):
            made = trace(call, key.structure, key.leaves, natives, backend)
        if made is None and not self.traces:
            _log.info("%s runs as it is: %s has no compiler.", self.function, backend.name)
        now = made or checked(call, key.structure, key.leaves, natives, backend)
        if self._last is not None:
            self._reason = difference(self._last, key, tuple(self._parameters.parameters))
            _log.info("%s is compiled once more: %s.", self.function, self._reason)
        self._last = key
        self.traces[key] = made
        if len(self.traces) > MAX_TRACES:
            self.traces.popitem(last=False)
        return now

    def _call(self, tree: Any, static: tuple[tuple[str, Any], ...]) -> Any:
        if isinstance(tree, tuple):
            return self.function(*tree)  # type: ignore[call-arg]  # what `__call__` was given
        arguments = inspect.BoundArguments(self._parameters, OrderedDict({**tree, **dict(static)}))
        return self.function(*arguments.args, **arguments.kwargs)


def _with_integers(value: Any) -> Any:
    """Integers as data; those inside of dataclasses are settings of theirs."""
    cls = value.__class__
    if cls is int:
        return Integer(value) if -(2**63) <= value < 2**63 else value
    if cls is tuple or cls is list:
        return cls([_with_integers(part) for part in value])
    if cls is dict:
        return {key: _with_integers(part) for key, part in value.items()}
    return value


def _devices(forms: tuple[Any, ...], natives: Sequence[Native]) -> tuple[str, ...]:
    """Where dense tensors are, if there is a choice."""
    for form in forms:
        if form.__class__ is Signature and _several(form.backend):
            break
    else:
        return ()
    dense = [part for form in forms for part in parts(form)]
    return tuple(
        part.backend.device(native)
        for part, native in zip(dense, natives, strict=True)
        if isinstance(part, Signature)
    )


@lru_cache(maxsize=64)
def _several(backend: Backend[Any]) -> bool:
    return len(backend.devices()) > 1


def _refuse_arrays(tree: Any, parameters: inspect.Signature) -> None:
    """Arrays would become constants of the program and not be looked at again."""
    names = list(parameters.parameters)
    given = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for name, value in given:
        if isinstance(value, np.ndarray):
            text = name if isinstance(name, str) else names[min(name, len(names) - 1)]
            raise NotSupported(
                f"The argument '{text}' of a compiled function is an array without named "
                "dimensions. Name them: wrap(array, spatial('x,y'))."
            )


def _unhashable(static: tuple[tuple[str, Any], ...]) -> Exception:
    for name, value in static:
        try:
            hash(value)
        except TypeError:
            return NotSupported(
                f"The argument '{name}' is part of the program, but {value!r} can be changed. Give "
                "something hashable, e.g. a tuple instead of a list, or leave it out of "
                "auxiliary_args to make it data."
            )
    raise AssertionError("All keys without static arguments are hashable.")


@contextmanager
def _optimization(backend: Backend[Any], optimize: Optimize | None) -> Iterator[None]:
    """Tell a backend that distinguishes capturing from optimising how to do the latter."""
    variable = getattr(backend, "compile_optimization", None)
    if variable is None or optimize is None:
        yield
        return
    token = variable.set(optimize)
    try:
        yield
    finally:
        variable.reset(token)


def trace_check(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[bool, str]:
    """Whether a compiled function has a program for these arguments already.

    Args:
        function: From `jit_compile`, also as a method of an object.
        *args: What it would be called with.
        **kwargs: Likewise.

    Returns:
        `(True, "")`, or `False` and what has changed since the last program was made.

    Raises:
        NotSupported: the function is not compiled.
    """
    if isinstance(function, MethodType):
        function, args = function.__func__, (function.__self__, *args)
    if not isinstance(function, CompiledFunction):
        raise NotSupported(f"{function} is not compiled. Give what jit_compile(f) returns.")
    reason = function.trace_reason(*args, **kwargs)
    return not reason, reason


@overload
def jit_compile(
    function: Callable[P, R], auxiliary_args: str = "", *, optimize: Optimize | None = None
) -> CompiledFunction[P, R]: ...


@overload
def jit_compile(
    function: None = None, auxiliary_args: str = "", *, optimize: Optimize | None = None
) -> Callable[[Callable[P, R]], CompiledFunction[P, R]]: ...


def jit_compile(
    function: Callable[P, R] | None = None,
    auxiliary_args: str = "",
    *,
    optimize: Optimize | None = None,
) -> CompiledFunction[P, R] | Callable[[Callable[P, R]], CompiledFunction[P, R]]:
    """Compile a function of trees for the framework of its arguments.

    The first call with arguments of new structure, shapes or types traces the function: its Python
    code runs once, on tensors without values.  Later calls run the program.  Tensors and floats
    anywhere in the arguments, and integers outside of dataclasses, are data: new values don't
    compile again.  All else is part of the program.

    Args:
        function: Takes and returns trees; uses tensors of around it as constants.  Without it, a
            decorator: `@jit_compile(auxiliary_args='n')`.
        auxiliary_args: Names of arguments that are part of the program, `'n,mode'`; they must be
            hashable.
        optimize: Where capturing and optimising are two steps (PyTorch): `'background'` runs the
            captured program until the optimised one is ready, `'now'` waits for it, `'off'` does
            without; `None` leaves it to the backend.

    On NumPy, which has no compiler, the first call is made on tensors without values, so that what
    can't be compiled raises there, too; later ones run the function as it is.  Inside of another
    transform it becomes part of that.
    """
    names = tuple(name.strip() for name in auxiliary_args.split(",") if name.strip())
    if function is None:
        return lambda function: CompiledFunction(function, names, optimize)
    return CompiledFunction(function, names, optimize)
