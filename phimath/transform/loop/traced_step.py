"""One step of a loop as a function of native arrays, whose Python code runs once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

from phimath.dtype import INT64
from phimath.random.state import traced_draws
from phimath.transform.closed import Closed
from phimath.transform.effects import collecting
from phimath.transform.loop.reports import Reports, gathered
from phimath.transform.loop.scan_rule import split
from phimath.transform.natives import TreeForm, carried, signatures
from phimath.transform.scope import Surroundings, inside_transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.random.state import KeySource

Arrays = tuple[Any, ...]


class StepForm(NamedTuple):
    """What a step gives besides its arrays.

    draws: random numbers per step; `None` if that depends on data.
    """

    state: TreeForm
    kept: TreeForm
    reports: Reports
    draws: int | None


class StepResult(NamedTuple):
    """Arrays that a step gives."""

    state: Arrays
    kept: Arrays
    drawn: Native
    reports: Arrays


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
        state, kept, drawn, reports = split(
            results,
            len(signatures(gives.state)),
            len(signatures(gives.kept)),
            1,
            gives.reports.count,
        )
        return StepResult(state, kept, drawn[0], reports)


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
    (state, state_form), (rows, kept_form) = (carried(t, backend) for t in (following, kept))
    reported, reports = gathered(effects, backend)
    draws = generator.drawn if isinstance(generator.drawn, int) else None
    drawn = generator.drawn if draws is None else backend.full((), draws, INT64)
    return (*state, *rows, drawn, *reported), StepForm(state_form, kept_form, reports, draws)
