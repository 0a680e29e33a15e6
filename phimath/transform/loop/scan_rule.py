"""The derivative of a scan: a scan in the opposite direction over the states.

It is made of the same pieces, so that it can be differentiated again.  Source: Griewank and
Walther, Evaluating Derivatives (2008), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from phimath.differentiation import differentiated
from phimath.transform.closed import Closed, is_floating, zeros_like

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

T = TypeVar("T")
Arrays = tuple[Any, ...]


class ForwardScan(Protocol):
    """Final state, what the body keeps, and the number of iterations."""

    def __call__(
        self, body: Callable[..., Arrays], others: Arrays, state: Arrays, rows: Arrays
    ) -> Arrays:
        """`others`: what decides on the end."""
        ...


class BackwardScan(Protocol):
    """Final state, and what the body keeps, of a scan from the last iteration to the first."""

    def __call__(
        self, body: Callable[..., Arrays], count: Native, start: Arrays, given: Arrays
    ) -> tuple[Arrays, Arrays]:
        """`count`: number of iterations; `start`: state; `given`: rows."""
        ...


@dataclass(frozen=True)
class ScanRule:
    """Forward and backward pass, as `custom_gradient` takes them.

    The states of all iterations are outputs, so that they have a derivative, too.

    counts: of arrays in the state, in a row, captured, and others that have no derivative.
    saved: how many of the state have a value that matters to derivatives; those after them don't.
    is_of_first_order: the backward pass will not be differentiated.
    """

    backend: Backend[Any]
    body: Closed
    forward_scan: ForwardScan
    backward_scan: BackwardScan
    counts: tuple[int, int, int, int]
    saved: int
    is_of_first_order: bool

    def forward(self, *arrays: Native) -> Arrays:
        """Final state, what is kept, the states before each iteration, number of iterations."""
        state, rows, captured, others = split(arrays, *self.counts)

        def saving(*given: Native) -> Arrays:
            return (*self.body.plain(*given, *captured), *given[: self.saved])

        return self.forward_scan(saving, others, state, rows)

    def visible(self, outputs: Arrays) -> tuple[Arrays, Arrays, Native]:
        """Final state, what is kept, number of iterations."""
        final, kept, _, count = self._parts(outputs)
        return final, kept, count[0]

    def backward(
        self, arguments: Arrays, outputs: Arrays, cotangents: tuple[Native | None, ...]
    ) -> tuple[Native | None, ...]:
        """Cotangents of the arguments."""
        state, rows, captured, others = split(arguments, *self.counts)
        _, kept, states, (count,) = self._parts(outputs)
        of_final, of_kept, of_states, _ = self._parts(cotangents)
        followed = (*state, *rows, *captured)
        step = StepBack(
            backend=self.backend,
            body=self.body.differentiable,
            counts=self.counts[:3],
            unsaved=state[self.saved :],
            floating=floating(self.backend, followed, range(self.saved, len(state))),
            has_kept=has_cotangent(self.backend, kept, of_kept),
            has_states=(False,) * self.saved
            if self.is_of_first_order
            else has_cotangent(self.backend, states, of_states),
        )
        given = (
            *states,
            *rows,
            *compress(of_kept, step.has_kept),
            *compress(of_states, step.has_states),
        )
        final, found = self.backward_scan(
            lambda *g: step(captured, g), count, step.start(followed, of_final), given
        )
        return (*step.in_place(final, found), *[None] * len(others))

    def _parts(self, outputs: Sequence[T]) -> list[tuple[T, ...]]:
        """What belongs to final state, kept rows, states, and number of iterations."""
        carried = self.counts[0]
        return split(outputs, carried, len(outputs) - carried - self.saved - 1, self.saved, 1)


@dataclass(frozen=True)
class StepBack:
    """The adjoint of one step.

    counts: of arrays in the state, in a row, and captured.
    unsaved: values for the last arrays of the state.
    floating: of each argument of the scan; whether it has a cotangent.
    has_kept, has_states: whether what is kept, and the states, have one.
    """

    backend: Backend[Any]
    body: Callable[..., Arrays]
    counts: tuple[int, int, int]
    unsaved: Arrays
    floating: tuple[bool, ...]
    has_kept: tuple[bool, ...]
    has_states: tuple[bool, ...]

    def start(self, arguments: Arrays, of_final: Sequence[Native | None]) -> Arrays:
        """Cotangents of the final state, complete, and sums of nothing."""
        state, _, captured = split(arguments, *self.counts)
        of_state, _, of_captured = split(self.floating, *self.counts)
        return (
            *(
                zeros_like(self.backend, array) if cotangent is None else cotangent
                for array, cotangent in zip(
                    compress(state, of_state), compress(of_final, of_state), strict=True
                )
            ),
            *(zeros_like(self.backend, array) for array in compress(captured, of_captured)),
        )

    def __call__(self, captured: Arrays, given: Arrays) -> Arrays:
        """Cotangents of the state before the step, sums of those of captured arrays; of the row.

        given: cotangents after the step, the sums; the state before, the row, and cotangents of
            what was kept and of the state before.
        """
        of_state, _, of_captured = split(self.floating, *self.counts)
        after, sums, state, row, of_kept, of_states = split(
            given,
            sum(of_state),
            sum(of_captured),
            self.counts[0] - len(self.unsaved),
            self.counts[1],
            sum(self.has_kept),
            sum(self.has_states),
        )
        arguments = (*state, *self.unsaved, *row, *captured)

        def function(*variables: Native) -> Arrays:
            with differentiated():
                return self.body(*_replaced(arguments, self.floating, variables))

        _, pull = self.backend.vjp(function, tuple(compress(arguments, self.floating)))
        pulled = pull((*_spread(after, of_state), *_spread(of_kept, self.has_kept)))
        before, in_row, in_captured = split(_spread(pulled, self.floating), *self.counts)
        add = self.backend.function("add")
        own = _spread(of_states, self.has_states)
        before = [
            found if i >= len(own) or own[i] is None else add(found, own[i])
            for i, found in enumerate(before)
        ]
        return (
            *compress(before, of_state),
            *map(add, sums, compress(in_captured, of_captured)),
            *(cotangent for cotangent in in_row if cotangent is not None),
        )

    def in_place(self, final: Arrays, kept: Arrays) -> tuple[Native | None, ...]:
        """Cotangents of all arguments of the scan, from the results of that backwards."""
        of_state, of_rows, of_captured = split(self.floating, *self.counts)
        before, sums = split(final, sum(of_state), sum(of_captured))
        return (*_spread(before, of_state), *_spread(kept, of_rows), *_spread(sums, of_captured))


def floating(backend: Backend[Any], arrays: Arrays, fixed: range) -> tuple[bool, ...]:
    """Which arrays have a cotangent; those at the `fixed` positions have none."""
    return tuple(i not in fixed and is_floating(backend, a) for i, a in enumerate(arrays))


def has_cotangent(
    backend: Backend[Any], outputs: Arrays, cotangents: Sequence[Native | None]
) -> tuple[bool, ...]:
    """Which outputs have a cotangent that may be other than zero."""
    return tuple(
        cotangent is not None and is_floating(backend, output)
        for output, cotangent in zip(outputs, cotangents, strict=True)
    )


def split(items: Sequence[T], *counts: int) -> list[tuple[T, ...]]:
    """So many items each."""
    source = iter(items)
    return [tuple(next(source) for _ in range(count)) for count in counts]


def _spread(items: Sequence[T], present: Sequence[bool]) -> tuple[T | None, ...]:
    """The items where they are present, `None` elsewhere."""
    source = iter(items)
    return tuple(next(source) if is_present else None for is_present in present)


def _replaced(items: Sequence[T], chosen: Sequence[bool], others: Sequence[T]) -> tuple[T, ...]:
    """Items of which the chosen ones are replaced by others."""
    source = iter(others)
    return tuple(
        next(source) if is_chosen else item for item, is_chosen in zip(items, chosen, strict=True)
    )
