"""What a loop carries from step to step: the state, the number of the next draw, and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from phimath.backend.discovery import backend_of
from phimath.dtype import INT64
from phimath.transform.closed import Closed
from phimath.transform.loop.scan_rule import split

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.transform.loop.traced_step import TracedStep

Arrays = tuple[Any, ...]


@final
class Carry:
    """How a traced step becomes the body of a scan.

    Of the reports of all steps, that of the largest severity is carried.

    body: of state, number of the next draw if there are draws, and reports.
    nothing: reports before the first step, of negative severity.
    """

    def __init__(self, backend: Backend[Any], step: TracedStep) -> None:
        """The step gives what it takes."""
        self._backend = backend
        self._step = step
        self._has_draws = step.gives.draws != 0
        self._reports = step.gives.reports
        self._counts = (len(step.natives), int(self._has_draws), self._reports.count)
        self.nothing = self._reports.nothing(backend)
        plain, differentiable, captured = step.function
        self.body = Closed(
            self._with_carry(plain), self._with_carry(differentiable), (step.seed, *captured)
        )

    def start(self, number: Native) -> Arrays:
        """Before the first step; `number` of the next draw."""
        return (*self._step.natives, *([number] if self._has_draws else ()), *self.nothing)

    def parts(self, arrays: Arrays) -> list[Arrays]:
        """State, number of the next draw if there are draws, and reports."""
        return split(arrays, *self._counts)

    def _with_carry(self, function: Callable[..., Arrays]) -> Callable[..., Arrays]:
        backend, carried = self._backend, sum(self._counts)

        def body(*arrays: Native) -> Arrays:
            state, numbers, reports = self.parts(arrays[:carried])
            seed, *captured = arrays[carried:]
            number = numbers[0] if numbers else backend.full((), 0, INT64)
            found = self._step.apart(function(*state, seed, number, *captured))
            return (
                *found.state,
                *(backend.function("add")(n, found.drawn) for n in numbers),
                *self._reports.worst(backend, reports, found.reports),
                *found.kept,
            )

        return body


def as_scalar(backend: Backend[Any], number: int | Native) -> Native:
    """An integer as an array of the backend."""
    if isinstance(number, int):
        return backend.full((), number, INT64)
    return number if backend.owns(number) else backend.adopt(backend_of(number), number)
