"""Tracing a function of trees: a program of native arrays, and how to feed it and read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, final

import numpy as np

from phimath.broadcast import Native, Signature
from phimath.dtype import INT64, complex_dtype, float_dtype
from phimath.random.state import key_source, traced_draws
from phimath.shape import EMPTY_SHAPE
from phimath.stacked import Stacked, components_apart
from phimath.tensor import Tensor, dense_of
from phimath.tensor_tree import tree_map
from phimath.transform.effects import Effect, collecting, wants_reports
from phimath.transform.natives import (
    ComposedForm,
    TensorForm,
    TreeForm,
    assemble_tensor,
    disassemble,
    moved,
    signatures,
)
from phimath.transform.scope import inside_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from phimath.backend.contract import Backend
    from phimath.dtype import DType
    from phimath.shape import Shape
    from phimath.tree import Structure

Feed: TypeAlias = "Callable[[Any], Native] | None"


@final
class Integer:
    """A Python integer that is data."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        """Fits into 64 bits."""
        self.value = value


class Handler(NamedTuple):
    """Who handles an effect, and the form of its values.

    arrays: where they are among the results of the program.
    tells_if_fine: whether the first array says that there is nothing to handle.
    """

    form: TreeForm
    arrays: slice
    handle: Callable[[Any], None]
    tells_if_fine: bool

    def __call__(self, results: Sequence[Native], backend: Backend[Any]) -> None:
        """Handle what has come of it, unless nobody wants to hear that all is fine."""
        arrays = results[self.arrays]
        if self.tells_if_fine and backend.to_numpy(arrays[0]) and not wants_reports():
            return
        self.handle(self.form.assemble(arrays[self.tells_if_fine :], backend))


class Trace(NamedTuple):
    """A compiled program, and what to make of its results."""

    backend: Backend[Any]
    program: Callable[..., tuple[Native, ...]]
    feed: tuple[Feed, ...] | None
    """Conversions of the arguments, `None` if none needs any."""
    draws: int | None
    """How many random numbers a call draws; `None` if that depends on data."""
    no_draws: tuple[Native, Native]
    output: TreeForm
    effects: tuple[Handler, ...]

    def __call__(self, natives: Sequence[Native]) -> Any:
        """Run the program, and handle the effects of this call."""
        if self.feed is not None:
            natives = fed(natives, self.feed)
        draws = self.no_draws if self.draws == 0 else fresh_draws(self.backend, self.draws or 0)
        results = self.program(*draws, *natives)
        output = self.output.assemble(results, self.backend)
        for handler in self.effects:
            handler(results, self.backend)
        return output


class Gives(NamedTuple):
    """What a traced function gives, besides its arrays."""

    output: TreeForm
    effects: tuple[Handler, ...]
    draws: int | None


@final
class NativeFunction:
    """A function of trees as one of native arrays, to be run once.

    gives: Known after it ran.
    """

    gives: Gives | None = None

    def __init__(
        self,
        call: Callable[[Any], Any],
        structure: Structure,
        forms: Sequence[TensorForm],
        backend: Backend[Any],
    ) -> None:
        self._call = call
        self._structure = structure
        self._forms = forms
        self._backend = backend

    def __call__(self, seed: Native, first: Native, *arrays: Native) -> tuple[Native, ...]:
        """Arrays of the output and of all effects."""
        backend, source = self._backend, iter(arrays)
        given = [assemble_tensor(form, source, backend) for form in self._forms]
        # No vectors are stacked and sliced inside of the program; what goes in as one array comes
        # out as one, so that the result can be the next argument.
        leaves = [components_apart(tensor) for tensor in given]
        whole = {t.shape for t, leaf in zip(given, leaves, strict=True) if leaf is not t}
        with (
            inside_transform(backend),
            collecting() as effects,
            traced_draws(backend, seed, first) as generator,
        ):
            output = _joined(self._call(self._structure.unflatten(leaves)), whole)
        draws = generator.drawn if isinstance(generator.drawn, int) else None
        if draws is None:
            effects.append(Effect(dense_of(generator.drawn, backend, EMPTY_SHAPE), _drawn))
        results, output_form = _on_backend(output, backend)
        handlers: list[Handler] = []
        for effect in effects:
            values, form = _on_backend(effect.values, backend)
            flag = [] if effect.is_fine is None else _on_backend(effect.is_fine, backend)[0]
            start = len(results)
            results += [*flag, *values]
            where = slice(start, len(results))
            handlers.append(Handler(form, where, effect.handle, bool(flag)))
        self.gives = Gives(output_form, tuple(handlers), draws)
        return tuple(results)


def trace(
    call: Callable[[Any], Any],
    structure: Structure,
    leaves: Sequence[TensorForm | type],
    natives: Sequence[Native],
    backend: Backend[Any],
) -> Trace | None:
    """Program for `call` of a tree; `None` if the backend has nothing that compiles."""
    forms = [traced_form(form, backend) for form in leaves]
    function = NativeFunction(call, structure, forms, backend)
    feed = feeders(leaves, backend)
    no_draws = backend.from_numpy(np.zeros(2, np.int64)), backend.full((), 0, INT64)
    compiled = backend.compile(function, [*no_draws, *fed(natives, feed)])
    if function.gives is None:
        return None
    output, effects, draws = function.gives
    needed = feed if any(feed) else None
    return Trace(backend, compiled, needed, draws, no_draws, output, effects)


def parts(form: TensorForm | type) -> Iterator[Signature | type]:
    """Signatures of the arrays of a leaf, for a number its class."""
    if isinstance(form, ComposedForm):
        for component in form.components:
            yield from parts(component)
    else:
        yield form


def fresh_draws(backend: Backend[Any], draws: int) -> tuple[Native, Native]:
    """Seed and first number of what as many draws outside would get."""
    source = key_source()
    return source.seed_words(backend), backend.full((), source.reserve(draws), INT64)


def _drawn(count: Tensor) -> None:
    key_source().reserve(int(count))


def fed(natives: Sequence[Native], feed: Sequence[Feed]) -> list[Native]:
    """Arguments as arrays of the backend."""
    return [
        native if convert is None else convert(native)
        for native, convert in zip(natives, feed, strict=True)
    ]


def _traced_dtype(part: Signature | type, backend: Backend[Any]) -> DType:
    """Numbers and floating tensors of NumPy join the program in the precision of the context."""
    if isinstance(part, type):
        if part is Integer:
            return INT64
        return complex_dtype() if issubclass(part, complex) else float_dtype()
    if part.backend is backend or not part.dtype.is_floating:
        return part.dtype
    return complex_dtype() if part.dtype.kind == "complex" else float_dtype()


def traced_form(form: TensorForm | type, backend: Backend[Any]) -> TensorForm:
    """What a leaf is in the program."""
    if isinstance(form, ComposedForm):
        return ComposedForm(form.head, tuple(traced_form(c, backend) for c in form.components))
    dtype = _traced_dtype(form, backend)
    if isinstance(form, type):
        return Signature(backend, dtype, EMPTY_SHAPE)
    return form.replace(backend=backend, dtype=dtype)


def feeders(leaves: Sequence[TensorForm | type], backend: Backend[Any]) -> tuple[Feed, ...]:
    """Functions that make arrays of the backend of what the user passed."""
    return tuple(_feeder(part, backend) for form in leaves for part in parts(form))


def _feeder(part: Signature | type, backend: Backend[Any]) -> Feed:
    """Function that makes an argument of the program of what the user passed."""
    dtype = _traced_dtype(part, backend)
    if part is Integer:
        return lambda integer: backend.full((), integer.value, dtype)
    if isinstance(part, type):
        return lambda number: backend.full((), number, dtype)
    if part.backend is backend:
        return None
    return partial(_from_other, part.backend, backend, dtype)


def _from_other(
    source: Backend[Any], backend: Backend[Any], dtype: DType, native: Native
) -> Native:
    return backend.adopt(source, source.cast(native, dtype))


def _joined(tree: Any, shapes: Collection[Shape]) -> Any:
    """The tree with tensors of these shapes as single arrays."""

    def joined(tensor: Tensor) -> Tensor:
        is_whole = isinstance(tensor, Stacked) and tensor.shape in shapes
        return tensor.dense() if is_whole else tensor

    return tree_map(joined, tree) if shapes else tree


def _on_backend(tree: Any, backend: Backend[Any]) -> tuple[list[Native], TreeForm]:
    natives, form = disassemble(tree)
    return list(moved(natives, signatures(form), backend)), form
