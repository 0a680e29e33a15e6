"""A row: our solve of a system, and how long others take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

from phisim.report import verdict

if TYPE_CHECKING:
    from phisim.bench.measure import Timing
    from phisim.bench.options import Variant

_EXACT: Final = 2.0


@final
@dataclass(frozen=True)
class SolveRow:
    """Times of one solve.

    method: which we chose; preconditioner: its, or empty.
    residual: ‖b − A x‖ / ‖b‖ of our solution, and `rounding` the same in units of
        ε (‖A‖∞ ‖x‖ + ‖b‖), both computed in double precision by other code.
    peers: by name; `None` where a solver was not measured.
    beside: the peer that `ratio` is about, or empty.
    budget: of the ratio.
    tolerance: relative one, of iterative methods.
    peak: memory in bytes of a process that does only this, `None` if not measured.
    first: seconds of our first call, where that compiles.
    """

    variant: Variant
    row: str
    method: str
    preconditioner: str
    iterations: int
    residual: float
    rounding: float
    tolerance: float
    ours: Timing
    peers: dict[str, Timing | None]
    beside: str
    budget: float | None
    first: float | None = None
    peak: int | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over that of the peer."""
        timing = self.peers.get(self.beside)
        return None if timing is None else self.ours.over(timing)

    @property
    def fault(self) -> str:
        """What makes the row fail, however fast it is."""
        if self.method == "separable" and not self.rounding <= _EXACT:
            return f"residual above {_EXACT:g} ε"
        # Twice, since ours is measured in other units, and in its own precision.
        if self.method != "separable" and not self.residual <= 2 * self.tolerance:
            return f"residual above {self.tolerance:g}"
        return ""

    @property
    def is_met(self) -> bool | None:
        """Whether the solution is right and the row keeps its budget."""
        if self.fault:
            return False
        return None if self.budget is None or self.ratio is None else self.ratio <= self.budget

    def cells(self) -> dict[str, str]:
        """Times in milliseconds."""
        means = f" + {self.preconditioner}" if self.preconditioner else ""
        return {
            "row": self.row,
            "backend": self.variant.backend,
            "mode": self.variant.mode,
            "bits": str(self.variant.precision),
            "method": self.method + means,
            "it.": str(self.iterations),
            "ours ms": _milliseconds(self.ours),
            **{f"{name} ms": _milliseconds(timing) for name, timing in self.peers.items()},
            "ratio": "–" if self.ratio is None else f"{self.ratio:.2f}× {self.beside}",
            "budget": "" if self.budget is None else f"{self.budget:.2f}×",
            "‖r‖/‖b‖": f"{self.residual:.0e}",
            "in ε": f"{self.rounding:.1f}" if self.rounding < 100 else f"{self.rounding:.0e}",
            "first s": "" if self.first is None else f"{self.first:.1f}",
            "peak GB": "" if self.peak is None else f"{self.peak / 1e9:.2f}",
            "": verdict(self.is_met, self.fault),
        }

    def numbers(self) -> dict[str, Any]:
        """Times in microseconds."""
        times = {"ours": self.ours, **self.peers}
        return {
            "row": self.row,
            "backend": self.variant.backend,
            "mode": self.variant.mode,
            "precision": self.variant.precision,
            "method": self.method,
            "preconditioner": self.preconditioner,
            "iterations": self.iterations,
            "residual": self.residual,
            "residual_in_rounding_errors": self.rounding,
            "tolerance": self.tolerance,
            "median_us": {k: None if t is None else t.median * 1e6 for k, t in times.items()},
            "std_us": {k: None if t is None else t.std * 1e6 for k, t in times.items()},
            "beside": self.beside,
            "ratio": self.ratio,
            "budget": self.budget,
            "first_s": self.first,
            "peak_bytes": self.peak,
            "fault": self.fault,
        }


def _milliseconds(timing: Timing | None) -> str:
    if timing is None:
        return "–"
    number = timing.median * 1e3
    return f"{number:.2f}" if number < 100 else f"{number:.0f}"
