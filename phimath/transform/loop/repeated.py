"""A step of trees, repeated by a loop of the framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.dtype import INT64
from phimath.errors import ShapeError
from phimath.random.state import key_source
from phimath.transform.closed import may_be_differentiated
from phimath.transform.loop.carry import Carry, as_scalar
from phimath.transform.loop.checkpoint import rollout
from phimath.transform.loop.scan import Scan
from phimath.transform.loop.traced_step import TracedStep

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.transform.loop.checkpoint import Checkpoint
    from phimath.transform.natives import TreeForm

Arrays = tuple[Any, ...]
MAX_CHANGES = 3
"""Steps that may change the form of the state, such as from `None` to a field."""


class Repeated(NamedTuple):
    """What a loop gives.

    first: what was kept of the first steps, after which the state had another form.
    kept: what was kept of the others: arrays with a leading axis, and their form without it.
    """

    state: Any
    first: list[Any]
    kept: Arrays
    kept_form: TreeForm


def repeat(
    step: Callable[[Any], tuple[Any, Any]],
    state: Any,
    length: int,
    backend: Backend[Any],
    *,
    policy: Checkpoint = "all",
    ends_early: bool = False,
    may_change: int = MAX_CHANGES,
) -> Repeated:
    """Repeat `state, kept = step(state)`.

    ends_early: the state is a tuple whose first entry tells whether to go on, a boolean scalar.
    may_change: how many of the first steps may change the form of the state; they are done anyway.
    """
    first: list[Any] = []
    source = key_source()
    while True:
        traced = TracedStep(step, state, backend, source)
        if traced.is_stable:
            return _repeated(traced, first, length - len(first), backend, policy, ends_early)
        if len(first) == may_change:
            raise _unstable(traced)
        state, kept = _once(traced, backend)
        first.append(kept)
        if len(first) == length:
            return Repeated(state, first, (), traced.gives.kept)


def repeat_unbounded(
    step: Callable[[Any], tuple[Any, Any]], state: Any, backend: Backend[Any]
) -> Any:
    """Final state of `state, _ = step(state)` repeated while its first entry is true."""
    source = key_source()
    traced = TracedStep(step, state, backend, source)
    if not traced.is_stable:
        raise _unstable(traced)
    carry = Carry(backend, traced)
    number = as_scalar(backend, source.reserve(0))
    final = backend.while_loop(lambda *arrays: arrays[0], carry.body.open, carry.start(number))
    arrays, numbers, reports = carry.parts(final)
    for last in numbers:
        source.reserve(backend.function("subtract")(last, number))
    traced.gives.reports.pass_on(backend, reports)
    return traced.gives.state.assemble(arrays, backend)


def _unstable(traced: TracedStep) -> ShapeError:
    before, after = traced.form, traced.gives.state
    return ShapeError(
        "The state of a loop must keep its structure, shapes and types, but a step changes it from "
        f"{before.described()} to {after.described()}. Return what was given, in the same form, or "
        "give the loop a state that has this form from the beginning."
    )


def _once(traced: TracedStep, backend: Backend[Any]) -> tuple[Any, Any]:
    """Next state and what is kept of it, as trees."""
    gives, source = traced.gives, key_source()
    number = backend.full((), 0, INT64)
    if gives.draws != 0:
        number = as_scalar(backend, source.reserve(gives.draws or 0))
    function = traced.function
    is_differentiated = may_be_differentiated(backend, traced.natives)
    run = function.differentiable if is_differentiated else function.plain
    found = traced.apart(run(*traced.natives, traced.seed, number, *function.captured))
    if gives.draws is None:
        source.reserve(found.drawn)
    gives.reports.pass_on(backend, found.reports)
    return gives.state.assemble(found.state, backend), gives.kept.assemble(found.kept, backend)


def _repeated(
    traced: TracedStep,
    first: list[Any],
    length: int,
    backend: Backend[Any],
    policy: Checkpoint,
    ends_early: bool,
) -> Repeated:
    carry, gives, source = Carry(backend, traced), traced.gives, key_source()
    draws = None if ends_early and gives.draws else gives.draws
    number = as_scalar(backend, source.reserve(length * draws if draws else 0))
    what = Scan(
        carry.body,
        length,
        condition=(lambda *arrays: arrays[0]) if ends_early else None,
        fixed=len(carry.nothing),
    )
    result = rollout(backend, what, carry.start(number), policy)
    state, numbers, reports = carry.parts(result.state)
    if draws is None:
        source.reserve(backend.function("subtract")(numbers[0], number))
    gives.reports.pass_on(backend, reports)
    return Repeated(gives.state.assemble(state, backend), first, result.kept, gives.kept)
