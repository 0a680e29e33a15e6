"""Records of solves."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Self, final

from phimath.errors import ValueRangeError
from phimath.solve.problem import Solve
from phimath.transform.effects import Wanted, wanting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from contextvars import Token

    from phimath.solve.result import SolveInfo


@final
class SolveTape:
    """Records the reports of all solves inside of a `with` block, in the order in which they end.

    Also those that fail, those of derivatives, and those of compiled functions, of which the
    reports come when the call ends.  Of a loop in a compiled function it is the worst one that is
    reported.

        with SolveTape() as solves:
            velocity, pressure = fluid.make_incompressible(velocity)
        print(solves[0])
    """

    def __init__(self, *, record_trajectories: bool = False) -> None:
        """With `record_trajectories`, reports hold the residual after each iteration.

        Compiled functions are compiled once more for that.
        """
        self.record_trajectories = record_trajectories
        self._records: list[tuple[Solve, SolveInfo]] = []
        self._opened: list[tuple[AbstractContextManager[None], Token[tuple[SolveTape, ...]]]] = []

    @property
    def solves(self) -> list[SolveInfo]:
        """All reports."""
        return [info for _, info in self._records]

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[SolveInfo]:
        return iter(self.solves)

    def __getitem__(self, key: int | Solve) -> SolveInfo:
        """A report by position, or the last one of a solve with these settings.

        Raises:
            ValueRangeError: there is none.
        """
        if isinstance(key, Solve):
            found = [info for settings, info in self._records if key.is_like(settings)]
            if found:
                return found[-1]
        elif -len(self) <= key < len(self):
            return self._records[key][1]
        raise ValueRangeError(f"There is no report {key} among the {len(self)} on this tape.")

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.solves)) or "SolveTape without solves"

    def __enter__(self) -> Self:
        want = wanting(Wanted.DETAILS if self.record_trajectories else Wanted.REPORTS)
        want.__enter__()
        self._opened.append((want, _tapes.set((*_tapes.get(), self))))
        return self

    def __exit__(self, *error: object) -> None:
        want, token = self._opened.pop()
        _tapes.reset(token)
        want.__exit__(None, None, None)

    def add(self, solve: Solve, info: SolveInfo) -> None:
        """Record a report."""
        self._records.append((solve, info))


_tapes: ContextVar[tuple[SolveTape, ...]] = ContextVar("tapes that record solves", default=())


def record(solve: Solve, info: SolveInfo) -> None:
    """Put a report on all tapes around."""
    for tape in _tapes.get():
        tape.add(solve, info)
