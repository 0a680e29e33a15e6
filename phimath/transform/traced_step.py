"""One step of a loop as a function of native arrays, whose Python code runs once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

from phimath.convert import cast
from phimath.dtype import INT64, precision_bits, promote
from phimath.errors import NotSupported
from phimath.random.state import traced_draws
from phimath.tensor_tree import tree_map
from phimath.transform.closed import Closed
from phimath.transform.effects import Effect, collecting, effect
from phimath.transform.gradient import numbers_as_tensors
from phimath.transform.natives import TreeForm, disassemble, materialized, moved, signatures
from phimath.transform.scan_rule import split
from phimath.transform.scope import Surroundings, inside_transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.random.state import KeySource
    from phimath.tensor import Tensor

Arrays = tuple[Any, ...]


class StepForm(NamedTuple):
    """What a step gives besides its arrays.

    reports: for each effect the form of its severity and values, and the function that handles
        them.
    draws: random numbers per step; `None` if that depends on data.
    """

    state: TreeForm
    kept: TreeForm
    reports: tuple[tuple[TreeForm, Callable[[Any], None]], ...]
    draws: int | None


class StepResult(NamedTuple):
    """Arrays that a step gives; `reports` has one entry per effect."""

    state: Arrays
    kept: Arrays
    drawn: Native
    reports: tuple[Arrays, ...]


@final
class TracedStep:
    """A step of trees, traced for a state of one form.

    natives, form: the state that it was traced for.
    gives: what it returns.
    function: takes the arrays of a state, the seed and the number of the next draw.
    """

    def __init__(
        self,
        step: Callable[[Any], tuple[Any, Any]],
        state: Any,
        backend: Backend[Any],
        source: KeySource,
    ) -> None:
        """`step` returns the next state, and what is to be kept of it."""
        self.natives, self.form = carried(state, backend)
        self.seed = source.seed_words(backend)
        found: list[StepForm] = []
        surroundings = Surroundings()

        def run(*arrays: Native) -> Arrays:
            results, form = surroundings.run(_run, step, self.form, backend, arrays)
            found.append(form)
            return results

        sample = (*self.natives, self.seed, backend.full((), 0, INT64))
        self.function = Closed.of(backend, run, sample)
        self.gives = found[0]

    @property
    def is_stable(self) -> bool:
        """Whether the next state has the form of the state, so that the step can be repeated."""
        return self.gives.state == self.form

    def apart(self, results: Arrays) -> StepResult:
        """The results of `function`, by what they are."""
        gives = self.gives
        state, kept, drawn, *reports = split(
            results,
            len(signatures(gives.state)),
            len(signatures(gives.kept)),
            1,
            *(len(signatures(form)) for form, _ in gives.reports),
        )
        return StepResult(state, kept, drawn[0], tuple(reports))

    def report(self, backend: Backend[Any], reports: tuple[Arrays, ...]) -> None:
        """Pass effects on to who called the loop."""
        for arrays, (form, handle) in zip(reports, self.gives.reports, strict=True):
            values = form.assemble(arrays, backend)
            effect(values, _if_any(handle), values[0])


def carried(tree: Any, backend: Backend[Any]) -> tuple[Arrays, TreeForm]:
    """Arrays and form of a tree as state of a loop: tensors only, which store all dimensions."""
    tree = tree_map(materialized, numbers_as_tensors(tree, integers=True))
    natives, form = disassemble(tree_map(_in_context_precision, tree))
    on_backend = tuple(moved(natives, signatures(form), backend))
    return on_backend, form.on(backend)


def _in_context_precision(tensor: Tensor) -> Tensor:
    """Numbers and floating tensors of NumPy join a program in the precision of the context."""
    if tensor.backend.name != "numpy" or not tensor.dtype.is_floating:
        return tensor
    return cast(tensor, promote(tensor.dtype, bits=precision_bits()))


def _run(
    step: Callable[[Any], tuple[Any, Any]],
    form: TreeForm,
    backend: Backend[Any],
    arrays: Arrays,
) -> tuple[Arrays, StepForm]:
    """Arrays that the step gives, and what they are."""
    *state, seed, first = arrays
    with (
        inside_transform(backend),
        collecting() as effects,
        traced_draws(backend, seed, first) as generator,
    ):
        following, kept = step(form.assemble(state, backend))
    parts = [carried(tree, backend) for tree in (following, kept, *map(_values_of, effects))]
    is_known = isinstance(generator.drawn, int)
    drawn = backend.full((), generator.drawn, INT64) if is_known else generator.drawn
    (state, state_form), (rows, kept_form), *reports = parts
    arrays = (*state, *rows, drawn, *(array for natives, _ in reports for array in natives))
    handles = zip((f for _, f in reports), (effect.handle for effect in effects), strict=True)
    draws = generator.drawn if is_known else None
    return arrays, StepForm(state_form, kept_form, tuple(handles), draws)


def _values_of(effect: Effect) -> tuple[Tensor, Any]:
    if effect.severity is None:
        raise NotSupported(
            "What happens inside of a loop of a compiled function cannot be reported each time. "
            "Run the loop in Python around a compiled step, or give the effect a severity, of "
            "which the largest is reported."
        )
    return effect.severity, effect.values


def _if_any(handle: Callable[[Any], None]) -> Callable[[Any], None]:
    """Handle what the loop has seen; a negative severity stands for nothing."""

    def handle_worst(known: tuple[Tensor, Any]) -> None:
        severity, values = known
        if float(severity) >= 0:
            handle(values)

    return handle_worst
