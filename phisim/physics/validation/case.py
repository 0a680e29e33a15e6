"""What a problem with a known solution is, and what a run of it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

if TYPE_CHECKING:
    from collections.abc import Callable

# Room for other backends and for the next order of the error.
MARGIN: Final = 1.5


@final
@dataclass(frozen=True)
class Quantity:
    """A number that a run is judged by.

    name: what it is, with its unit.
    tolerance: largest error at the published resolution.
    error: the part of it that cells of the published size cause, as measured.
    order: with which that part falls with the cell size.
    is_relative: whether errors are parts of the reference, and not in its unit.
    """

    name: str
    tolerance: float
    error: float = 0.0
    order: float = 2.0
    is_relative: bool = False

    def bound(self, coarsening: float) -> float:
        """Largest error on a grid with cells larger by this factor than the published ones."""
        return self.tolerance + MARGIN * self.error * max(coarsening**self.order - 1, 0.0)


@final
@dataclass(frozen=True)
class Run:
    """What was run, and the numbers that came out: (reference, ours) per quantity.

    cells: per axis.
    dt, end_time: in the units of the problem; 0 where nothing depends on time.
    """

    cells: tuple[int, ...]
    dt: float
    end_time: float
    values: dict[str, tuple[float, float]]

    def error(self, quantity: Quantity) -> float:
        """Difference from the reference, in its unit or as part of it."""
        reference, ours = self.values[quantity.name]
        error = abs(ours - reference)
        return error / abs(reference) if quantity.is_relative else error


@final
@dataclass(frozen=True)
class Verdict:
    """A row of the table of `phisim validate`."""

    case: str
    quantity: Quantity
    run: Run
    bound: float

    @property
    def reference(self) -> float:
        """Exact or published."""
        return self.run.values[self.quantity.name][0]

    @property
    def ours(self) -> float:
        """What the run gives."""
        return self.run.values[self.quantity.name][1]

    @property
    def error(self) -> float:
        """In the unit of the quantity, or as part of the reference."""
        return self.run.error(self.quantity)

    @property
    def passes(self) -> bool:
        """Whether the error is within the bound; false for what is not finite."""
        return self.error <= self.bound

    def __str__(self) -> str:
        return (
            f"{self.case}, {self.quantity.name}: {self.ours:.6g} where the reference is "
            f"{self.reference:.6g}; error {self.error:.3g}, allowed {self.bound:.3g}"
        )


@final
@dataclass(frozen=True)
class Case:
    """A flow whose solution is known.

    name: one word, by which the command finds it.
    title: what flows.
    source: of the reference.
    solve: runs it on so many cells along its reference length.
    published: cells for which the tolerances are claimed.
    reduced: cells that run in seconds, for tests.
    setup: anything that `solve` needs besides, such as the Reynolds number.
    """

    name: str
    title: str
    source: str
    quantities: tuple[Quantity, ...]
    solve: Callable[..., Run]
    published: int
    reduced: int
    setup: dict[str, Any]

    def verdicts(self, cells: int | None = None) -> tuple[Verdict, ...]:
        """Runs the case, at the published resolution by default; one verdict per quantity.

        With the backend and the precision of the context; the references want 64 bit.
        """
        run = self.solve(cells or self.published, **self.setup)
        coarsening = self.published / (cells or self.published)
        return tuple(Verdict(self.name, q, run, q.bound(coarsening)) for q in self.quantities)
