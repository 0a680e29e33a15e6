"""A scan whose derivative keeps a given number of states and computes the others again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Any

from phimath.differentiation import differentiated
from phimath.dtype import INT64
from phimath.transform.closed import Closed, may_be_differentiated
from phimath.transform.loop.reports import closed_with_reports
from phimath.transform.loop.scan import Scan, ScanResult, in_forward_mode, plain_scan, scan
from phimath.transform.loop.scan_rule import StepBack, floating, has_cotangent, split
from phimath.transform.loop.schedule import binomial_schedule
from phimath.transform.tracer.dual import DualBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Arrays = tuple[Any, ...]


def binomial_scan(backend: Backend[Any], what: Scan, state: Arrays, snapshots: int) -> ScanResult:
    """Run a scan without rows, of fixed length; differentiable like `scan`."""
    if isinstance(backend, DualBackend):

        def run(inner: Backend[Any], what: Scan, state: Arrays, rows: Arrays) -> ScanResult:
            assert not rows
            return binomial_scan(inner, what, state, snapshots)

        return in_forward_mode(backend, what, state, (), run)
    if not may_be_differentiated(backend, state):
        return plain_scan(backend, what, state, ())
    closed = what.body if isinstance(what.body, Closed) else Closed.of(backend, what.body, state)
    arguments = (*state, *closed.captured)
    if backend.records(arguments) is False:
        return plain_scan(backend, what, state, ())
    rule = _Rule(backend, replace(what, body=closed), closed, len(state), snapshots)
    results = backend.custom_gradient(rule.forward, rule.backward, arguments)
    return ScanResult(results[: len(state)], results[len(state) : -1], results[-1])


@dataclass(frozen=True)
class _Rule:
    """Forward and backward pass; `carried`: how many arrays are in the state."""

    backend: Backend[Any]
    what: Scan
    closed: Closed
    carried: int
    snapshots: int

    def forward(self, *arrays: Native) -> Arrays:
        """Final state, what is kept, number of iterations."""
        return self._run(arrays, plain_scan)

    def _run(self, arrays: Arrays, run: Callable[..., ScanResult]) -> Arrays:
        state, captured = arrays[: self.carried], arrays[self.carried :]
        body = self.closed._replace(captured=captured)
        result = run(self.backend, replace(self.what, body=body), state, ())
        return (*result.state, *result.kept, result.count)

    def backward(
        self, arguments: Arrays, outputs: Arrays, cotangents: tuple[Native | None, ...]
    ) -> tuple[Native | None, ...]:
        """Cotangents of the arguments."""
        given = [cotangent for cotangent in cotangents if cotangent is not None]
        if may_be_differentiated(self.backend, (*arguments, *given)):
            return self._with_all_states(arguments, cotangents)
        backend, carried = self.backend, self.carried
        saved = carried - self.what.fixed
        state, captured = arguments[:carried], arguments[carried:]
        of_kept = cotangents[carried:-1]
        step = StepBack(
            backend=backend,
            body=self.closed.differentiable,
            counts=(carried, 0, len(captured)),
            unsaved=state[saved:],
            floating=floating(backend, arguments, range(saved, carried)),
            has_kept=has_cotangent(backend, outputs[carried:-1], of_kept),
            has_states=(False,) * saved,
        )
        rows = tuple(compress(of_kept, step.has_kept))
        after = sum(step.floating[:carried])
        counts = saved, 1, after, sum(step.floating) - after

        def advance(*state: Native) -> Arrays:
            return self.closed.plain(*state, *step.unsaved, *captured)[:saved]

        def reverse(*given: Native) -> Arrays:
            before, (i,), following, sums = split(given, *counts)
            own = tuple(_row(backend, row, i) for row in rows)
            found = step(captured, (*following, *sums, *before, *own))
            return (backend.function("subtract")(i, 1), *found)

        last = backend.full((), self.what.length - 1, INT64)
        start = (last, *step.start(arguments, cotangents[:carried]))
        closed, reports = closed_with_reports(backend, reverse, (*state[:saved], *start))

        def reverse_with_worst(*given: Native) -> Arrays:
            count = len(given) - reports.count
            worst = given[count:]
            results = closed.open(*given[:count])
            found, now = results[: len(start)], results[len(start) :]
            return (*found, *reports.worst(backend, worst, now))

        final = backend.replay(
            advance,
            reverse_with_worst,
            state[:saved],
            (*start, *reports.nothing(backend)),
            binomial_schedule(self.what.length, self.snapshots),
        )
        _, found, worst = split(final, 1, len(start) - 1, reports.count)
        reports.pass_on(backend, worst)
        return step.in_place(found, ())

    def _with_all_states(
        self, arguments: Arrays, cotangents: tuple[Native | None, ...]
    ) -> tuple[Native | None, ...]:
        kinds = floating(self.backend, arguments, range(0))

        def function(*variables: Native) -> Arrays:
            source = iter(variables)
            pairs = zip(arguments, kinds, strict=True)
            with differentiated():
                return self._run(tuple(next(source) if k else a for a, k in pairs), scan)

        _, pull = self.backend.vjp(function, tuple(compress(arguments, kinds)))
        found = iter(pull(cotangents))
        return tuple(next(found) if kind else None for kind in kinds)


def _row(backend: Backend[Any], rows: Native, position: Native) -> Native:
    one = backend.take(rows, backend.reshape(position, (1,)), 0)
    return backend.reshape(one, backend.sizes(rows)[1:])
