"""Topic `loop` of dual arrays: loops of the inner backend that carry tangents with their state.

Which tangents are not always zero is found by running or tracing the body: it may give one to an
entry that had none.  Then the loop is done again with it, at most as often as there are entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from phimath.transform.tracer.dual.parts import DualParts, have_tangents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual

R = TypeVar("R")
Natives = tuple[Any, ...]


class DualLoop(DualParts):
    """A row, too, comes with its tangent, and what is kept leaves with it.

    `replay` is derived: it goes over the steps in Python.
    """

    def while_loop(
        self,
        condition: Callable[..., Dual],
        body: Callable[..., tuple[Dual, ...]],
        state: tuple[Dual, ...],
    ) -> tuple[Dual, ...]:
        """By that of the inner backend."""

        def attempt(varies: Sequence[bool]) -> tuple[tuple[Dual, ...], list[bool]]:
            grown = list(varies)

            def inner_condition(*natives: Native) -> Native:
                return condition(*self.together(natives, varies)).primal

            def inner_body(*natives: Native) -> Natives:
                results = body(*self.together(natives, varies))
                _grow(grown, results)
                return self.apart(results, varies)

            final = self.inner.while_loop(inner_condition, inner_body, self.apart(state, varies))
            return self.together(final, varies), grown

        return _until_stable(attempt, have_tangents(state))

    def scan(
        self,
        body: Callable[..., tuple[Dual, ...]],
        state: tuple[Dual, ...],
        rows: tuple[Dual, ...],
        length: int,
        condition: Callable[..., Dual] | None,
        count: Dual | None,
        reverse: bool,
    ) -> tuple[tuple[Dual, ...], tuple[Dual, ...], Dual]:
        """By that of the inner backend."""
        inner_count = None if count is None else count.primal

        def run(
            body: Callable[..., Natives],
            condition: Callable[..., Native] | None,
            state: Natives,
            rows: Natives,
        ) -> tuple[Natives, Natives, Native]:
            return self.inner.scan(body, state, rows, length, condition, inner_count, reverse)

        return self.scan_by(run, body, condition, state, rows)

    def scan_by(
        self,
        run: Callable[..., tuple[Natives, Natives, Native]],
        body: Callable[..., tuple[Dual, ...]],
        condition: Callable[..., Dual] | None,
        state: tuple[Dual, ...],
        rows: tuple[Dual, ...],
        fixed: int = 0,
    ) -> tuple[tuple[Dual, ...], tuple[Dual, ...], Dual]:
        """A scan by one of the inner backend: `run(body, condition, state, rows)`.

        fixed: how many of the last arrays of the state have no tangents.
        """
        in_rows = have_tangents(rows)

        def attempt(varies: Sequence[bool]) -> tuple[Any, list[bool]]:
            grown = list(varies)
            in_kept: list[bool] = []
            carried = sum(varies) + len(varies)

            def inner_condition(*natives: Native) -> Native:
                assert condition is not None
                return condition(*self.together(natives, varies)).primal

            def inner_body(*natives: Native) -> Natives:
                row = self.together(natives[carried:], in_rows)
                results = body(*self.together(natives[:carried], varies), *row)
                following, kept = results[: len(varies)], results[len(varies) :]
                _grow(grown, following[: len(varies) - fixed])
                in_kept[:] = have_tangents(kept)
                return (*self.apart(following, varies), *self.apart(kept, in_kept))

            final, kept, count = run(
                inner_body,
                None if condition is None else inner_condition,
                self.apart(state, varies),
                self.apart(rows, in_rows),
            )
            found = self.together(final, varies), self.together(kept, in_kept), self.constant(count)
            return found, grown

        start = have_tangents(state[: len(state) - fixed]) + [False] * fixed
        return _until_stable(attempt, start)


def _grow(has_tangent: list[bool], duals: Sequence[Dual]) -> None:
    for i, dual in enumerate(duals):
        has_tangent[i] = has_tangent[i] or dual.tangent is not None


def _until_stable(
    attempt: Callable[[Sequence[bool]], tuple[R, list[bool]]], has_tangent: list[bool]
) -> R:
    """Result of an attempt that needed no other tangents than it was given."""
    while True:
        result, needed = attempt(has_tangent)
        if needed == has_tangent:
            return result
        has_tangent = needed
