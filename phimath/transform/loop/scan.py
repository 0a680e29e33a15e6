"""Scans of native arrays, differentiable: one rule for all frameworks.

A scan repeats `(state, kept) = body(state, row)`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.differentiation import derivatives_taken, not_differentiated
from phimath.transform.closed import Closed, may_be_differentiated
from phimath.transform.loop.reports import closed_with_reports
from phimath.transform.loop.scan_rule import ScanRule, split
from phimath.transform.tracer.dual import DualBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Scan:
    """What to repeat, and how often; see `Loop.scan` of the contract.

    fixed: how many of the last arrays of the state have no derivative, such as reports.
    """

    body: Closed | Callable[..., Arrays]
    length: int
    condition: Callable[..., Native] | None = None
    count: Native | None = None
    reverse: bool = False
    fixed: int = 0


@dataclass(frozen=True)
class ScanResult:
    """What a scan gives; `count` is the number of its iterations."""

    state: Arrays
    kept: Arrays
    count: Native


def scan(backend: Backend[Any], what: Scan, state: Arrays, rows: Arrays = ()) -> ScanResult:
    """Run a scan; differentiable w.r.t. the state, the rows and arrays from around the body.

    If a derivative will be taken, the states of all iterations are kept in memory.
    """
    if isinstance(backend, DualBackend):
        return in_forward_mode(backend, what, state, rows, scan)
    if not may_be_differentiated(backend, (*state, *rows)):
        return plain_scan(backend, what, state, rows)
    closed = what.body
    if not isinstance(closed, Closed):
        closed = Closed.of(backend, closed, (*state, *(_first(backend, row) for row in rows)))
    arguments = (*state, *rows, *closed.captured)
    if backend.records(arguments) is False:
        return plain_scan(backend, what, state, rows)
    # Derivative rules use no traced arrays but their arguments.
    end = _end(backend, what, state)
    ends_early = what.condition is not None or what.count is not None

    def forward(body: Callable[..., Arrays], others: Arrays, state: Arrays, rows: Arrays) -> Arrays:
        repeated = end.inserted(replace(what, body=body), others)
        result = plain_scan(backend, repeated, state, rows)
        return (*result.state, *result.kept, result.count)

    def backward(
        body: Callable[..., Arrays], count: Native, start: Arrays, given: Arrays
    ) -> tuple[Arrays, Arrays]:
        back = Scan(body, what.length, None, count if ends_early else None, not what.reverse)
        return _reported_scan(backend, back, start, given)

    rule = ScanRule(
        backend=backend,
        body=closed,
        forward_scan=forward,
        backward_scan=backward,
        counts=(len(state), len(rows), len(closed.captured), len(end.arrays)),
        saved=len(state) - what.fixed,
        is_of_first_order=derivatives_taken() == 1,
    )
    results = backend.custom_gradient(rule.forward, rule.backward, (*arguments, *end.arrays))
    return ScanResult(*rule.visible(results))


def in_forward_mode(
    tracer: DualBackend,
    what: Scan,
    state: Arrays,
    rows: Arrays,
    run: Callable[[Backend[Any], Scan, Arrays, Arrays], ScanResult],
) -> ScanResult:
    """A scan of dual arrays by one of the inner backend, which may be differentiated in turn."""
    count = None if what.count is None else what.count.primal

    def run_inner(
        body: Callable[..., Arrays],
        condition: Callable[..., Native] | None,
        state: Arrays,
        rows: Arrays,
    ) -> tuple[Arrays, Arrays, Native]:
        inner = replace(what, body=body, condition=condition, count=count)
        result = run(tracer.inner, inner, state, rows)
        return result.state, result.kept, result.count

    body = what.body.open if isinstance(what.body, Closed) else what.body
    found = tracer.scan_by(run_inner, body, what.condition, state, rows, what.fixed)
    return ScanResult(*found)


def _reported_scan(
    backend: Backend[Any], what: Scan, state: Arrays, rows: Arrays
) -> tuple[Arrays, Arrays]:
    """Final state and what was kept; effects are passed on, such as those of adjoint solves."""
    assert not isinstance(what.body, Closed)
    sample = (*state, *(_first(backend, row) for row in rows))
    closed, reports = closed_with_reports(backend, what.body, sample)
    carried, reported = len(state), reports.count

    def with_worst(function: Callable[..., Arrays]) -> Callable[..., Arrays]:
        def body(*arrays: Native) -> Arrays:
            given, worst, others = split(
                arrays, carried, reported, len(arrays) - carried - reported
            )
            results = function(*given, *others)
            following, kept, now = split(
                results, carried, len(results) - carried - reported, reported
            )
            return (*following, *reports.worst(backend, worst, now), *kept)

        return body

    body = Closed(with_worst(closed.plain), with_worst(closed.differentiable), closed.captured)
    nothing = reports.nothing(backend)
    result = scan(backend, replace(what, body=body, fixed=reported), (*state, *nothing), rows)
    final, worst = split(result.state, carried, reported)
    reports.pass_on(backend, worst)
    return final, result.kept


class _End(NamedTuple):
    """What decides on the end of a scan, and has no derivative."""

    arrays: Arrays
    condition: Callable[..., Native] | None
    has_count: bool

    def inserted(self, what: Scan, arrays: Arrays) -> Scan:
        """The scan with these arrays instead."""
        condition = self.condition
        if condition is not None:
            count = len(self.arrays)
            captured = arrays[:count]
            return replace(what, condition=lambda *state: condition(*state, *captured))
        return replace(what, count=arrays[0]) if self.has_count else what


def _end(backend: Backend[Any], what: Scan, state: Arrays) -> _End:
    condition = what.condition
    if condition is not None:
        with not_differentiated():
            closed, captured = backend.close(lambda *arrays: (condition(*arrays),), state)
        return _End(captured, lambda *arrays: closed(*arrays)[0], False)
    return _End(() if what.count is None else (what.count,), None, what.count is not None)


def plain_scan(backend: Backend[Any], what: Scan, state: Arrays, rows: Arrays) -> ScanResult:
    """The same without a derivative."""
    body = what.body.open if isinstance(what.body, Closed) else what.body
    with not_differentiated():
        return ScanResult(
            *backend.scan(body, state, rows, what.length, what.condition, what.count, what.reverse)
        )


def _first(backend: Backend[Any], rows: Native) -> Native:
    return backend.get(rows, (0, *[slice(None)] * (len(backend.sizes(rows)) - 1)))
