"""Compiling functions of trees: one trace per key, then native calls."""

from __future__ import annotations

import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, ParamSpec, TypeVar, final

from phimath.broadcast import Native, Signature
from phimath.context import Default, default
from phimath.dtype import complex_dtype, float_dtype, precision_bits
from phimath.errors import ShapeError
from phimath.shape import EMPTY_SHAPE
from phimath.tensor import Tensor
from phimath.transform.effects import collecting
from phimath.transform.natives import (
    StackedForm,
    TensorForm,
    TreeForm,
    assemble_tensor,
    disassemble,
    disassemble_leaves,
    moved,
    signatures,
    transform_backend,
)
from phimath.transform.scope import inside_transform, is_inside_transform
from phimath.tree import Structure, flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phimath.backend.contract import Backend
    from phimath.dtype import DType

P = ParamSpec("P")
R = TypeVar("R")
MAX_TRACES = 64
_LEAVES = (Tensor, float, complex)
_log = logging.getLogger("phimath")


class Key(NamedTuple):
    """What a program depends on; all else is data."""

    structure: Structure
    leaves: tuple[TensorForm | type, ...]
    static: tuple[tuple[str, Any], ...]
    precision: int
    default: Default


class Trace(NamedTuple):
    """A compiled program, and what to make of its results."""

    backend: Backend[Any]
    program: Callable[..., tuple[Native, ...]]
    feed: tuple[Callable[[Native], Native] | None, ...]
    output: TreeForm
    effects: tuple[tuple[TreeForm, Callable[[Any], None]], ...]


@final
class CompiledFunction(Generic[P, R]):
    """What `jit_compile` returns: called like the function."""

    def __init__(self, function: Callable[P, R], static: tuple[str, ...]) -> None:
        """Programs are made on first use, one per structure, shapes and types of the arguments."""
        self.function = function
        self.static = static
        self.traces: OrderedDict[Key, Trace] = OrderedDict()
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
        if instance is None:
            return self
        return lambda *args, **kwargs: self(instance, *args, **kwargs)  # type: ignore[arg-type]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the program for these arguments, made first if there is none."""
        # Another transform must see the operations.
        if is_inside_transform():
            return self.function(*args, **kwargs)
        tree, static = self._split(args, kwargs)
        leaves, structure = flatten(tree, _LEAVES)
        natives, forms = disassemble_leaves(leaves)
        key = Key(structure, forms, static, precision_bits(), default())
        trace = self.traces.get(key)
        if trace is None:
            tensors = [
                part for form in forms for part in _parts(form) if isinstance(part, Signature)
            ]
            backend = transform_backend(tensors)
            if backend.name == "numpy":
                _log.info("%s runs as it is: NumPy has no compiler.", self.function)
                return self.function(*args, **kwargs)
            trace = self._remember(key, self._trace(key, natives, backend))
        results = trace.program(*_fed(natives, trace.feed))
        return _finished(trace, results)

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, tuple[tuple[str, Any], ...]]:
        """Arguments that are data, by position or else by name, and those that are static."""
        if not kwargs and not self.static:
            return args, ()
        bound = self._parameters.bind(*args, **kwargs)
        if self.static:
            bound.apply_defaults()
        data = {n: value for n, value in bound.arguments.items() if n not in self.static}
        return data, tuple((name, bound.arguments[name]) for name in self.static)

    def _call(self, tree: Any, static: tuple[tuple[str, Any], ...]) -> Any:
        if isinstance(tree, tuple):
            return self.function(*tree)  # type: ignore[call-arg]  # what `__call__` was given
        arguments = inspect.BoundArguments(self._parameters, OrderedDict({**tree, **dict(static)}))
        return self.function(*arguments.args, **arguments.kwargs)

    def _trace(self, key: Key, natives: Sequence[Native], backend: Backend[Any]) -> Trace:
        outputs: list[tuple[TreeForm, tuple[tuple[TreeForm, Callable[[Any], None]], ...]]] = []
        forms = tuple(_traced_form(form, backend) for form in key.leaves)

        def program(*arrays: Native) -> tuple[Native, ...]:
            source = iter(arrays)
            tree = key.structure.unflatten([assemble_tensor(form, source) for form in forms])
            with inside_transform(), collecting() as effects:
                output = self._call(tree, key.static)
            results, output_form = _on_backend(output, backend)
            effect_forms: list[tuple[TreeForm, Callable[[Any], None]]] = []
            for effect in effects:
                values, form = _on_backend(effect.values, backend)
                results += values
                effect_forms.append((form, effect.handle))
            outputs.append((output_form, tuple(effect_forms)))
            return tuple(results)

        feed = tuple(_feeder(part, backend) for form in key.leaves for part in _parts(form))
        compiled = backend.compile(program, _fed(natives, feed))
        return Trace(backend, compiled, feed, *outputs[-1])

    def _remember(self, key: Key, trace: Trace) -> Trace:
        if self.traces:
            _log.info(
                "%s is compiled once more: %s.",
                self.function,
                _difference(next(reversed(self.traces)), key),
            )
        self.traces[key] = trace
        if len(self.traces) > MAX_TRACES:
            self.traces.popitem(last=False)
        return trace

    def retrace_reason(self) -> str:
        """What differed between the arguments of the last two compilations; empty after the first."""
        if len(self.traces) < 2:
            return ""
        last, before = list(reversed(self.traces))[:2]
        return _difference(before, last)


def _difference(before: Key, after: Key) -> str:
    reasons = {
        "the structure or static values of the arguments": before.structure != after.structure,
        "shapes or types": before.leaves != after.leaves,
        "static arguments": before.static != after.static,
        "the precision": before.precision != after.precision,
        "the default backend or device": before.default != after.default,
    }
    return " and ".join(reason for reason, differs in reasons.items() if differs) + " changed"


def _parts(form: TensorForm | type) -> Iterator[Signature | type]:
    if isinstance(form, StackedForm):
        for component in form.components:
            yield from _parts(component)
    else:
        yield form


def _traced_dtype(part: Signature | type, backend: Backend[Any]) -> DType:
    """Numbers and floating tensors of NumPy join the program in the precision of the context."""
    if isinstance(part, type):
        return complex_dtype() if part is complex else float_dtype()
    if part.backend is backend or not part.dtype.is_floating:
        return part.dtype
    return complex_dtype() if part.dtype.kind == "complex" else float_dtype()


def _traced_form(form: TensorForm | type, backend: Backend[Any]) -> TensorForm:
    if isinstance(form, StackedForm):
        return StackedForm(form.dim, tuple(_traced_form(c, backend) for c in form.components))
    dtype = _traced_dtype(form, backend)
    if isinstance(form, type):
        return Signature(backend, dtype, EMPTY_SHAPE)
    return form.replace(backend=backend, dtype=dtype)


def _feeder(part: Signature | type, backend: Backend[Any]) -> Callable[[Native], Native] | None:
    """Function that makes an argument of the program of what the user passed."""
    dtype = _traced_dtype(part, backend)
    if isinstance(part, type):
        return lambda number: backend.full((), number, dtype)
    if part.backend is backend:
        return None
    source = part.backend
    return lambda native: backend.from_numpy(source.to_numpy(source.cast(native, dtype)))


def _fed(
    natives: Sequence[Native], feed: Sequence[Callable[[Native], Native] | None]
) -> list[Native]:
    return [
        native if convert is None else convert(native)
        for native, convert in zip(natives, feed, strict=True)
    ]


def _on_backend(tree: Any, backend: Backend[Any]) -> tuple[list[Native], TreeForm]:
    natives, form = disassemble(tree)
    return list(moved(natives, signatures(form), backend)), form


def _finished(trace: Trace, results: Sequence[Native]) -> Any:
    """The output, after the effects of this call have been handled."""
    if not trace.effects:
        return trace.output.assemble(results, trace.backend)
    source = iter(results)
    output = trace.output.assemble(source, trace.backend)
    for form, handle in trace.effects:
        handle(form.assemble(source, trace.backend))
    return output


def jit_compile(function: Callable[P, R], auxiliary_args: str = "") -> CompiledFunction[P, R]:
    """Compile a function of trees for the framework of its arguments.

    The first call with arguments of new structure, shapes or types traces the function: its Python code runs once, on tensors without values.
    Later calls run the program.  Tensors, and floats anywhere in the arguments, are data, so that new values don't compile again; all
    else is part of the program.

    Args:
        function: Takes and returns trees; uses tensors of around it as constants.
        auxiliary_args: Names of arguments that are part of the program, `'n,mode'`; they must be hashable.

    On NumPy, which has no compiler, the function runs as it is.  Inside of another transform it becomes part of that.
    """
    names = tuple(name.strip() for name in auxiliary_args.split(",") if name.strip())
    return CompiledFunction(function, names)
