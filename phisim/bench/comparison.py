"""A row that compares ours with native code."""

from __future__ import annotations

from dataclasses import dataclass, fields
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal, final

import numpy as np

from phisim.bench.arrays import natives
from phisim.bench.measure import interleaved
from phisim.report import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phisim.bench.measure import Timing
    from phisim.bench.native import Framework
    from phisim.bench.options import Variant

_UNITS: Final = {"µs": 1e6, "ms": 1e3}


@final
@dataclass(frozen=True)
class Comparison:
    """Times of the same computation by us and by native code, `None` where there is none.

    mode: 'eager' or 'compiled'; empty where there is but one.
    precision: bits of the numbers; 0 where there are none.
    first: seconds of our first call, with tracing and compiling.
    budget: limit of the median difference to native code or time, in seconds, or of the ratio.
    fault: what makes the row fail whatever it took, e.g. other numbers than those of native code.
    """

    backend: str
    row: str
    ours: Timing
    native: Timing | None
    mode: str = ""
    precision: int = 0
    first: float | None = None
    phiml: Timing | None = None
    budget: float | None = None
    budget_for: Literal["difference", "time", "ratio"] = "difference"
    fault: str = ""
    unit: Literal["µs", "ms"] = "µs"

    @property
    def difference(self) -> float | None:
        """Time that our layers add."""
        return None if self.native is None else self.ours.median - self.native.median

    @property
    def ratio(self) -> float | None:
        """Ours over native."""
        return self.ours.over(self.native) if self.native else None

    @property
    def is_met(self) -> bool | None:
        """Whether the row keeps its budget and has no fault, `None` if it has neither."""
        if self.fault:
            return False
        measured = {
            "time": self.ours.median, "difference": self.difference, "ratio": self.ratio
        }[self.budget_for]  # fmt: skip
        if self.budget is None or measured is None:
            return None
        return measured <= self.budget

    def cells(self) -> dict[str, str]:
        """Times in the row's unit."""
        unit = self.unit
        is_whole = unit == "µs"  # the spread of what takes microseconds says little
        return {
            "backend": self.backend,
            "mode": self.mode,
            "bits": str(self.precision or ""),
            "row": self.row,
            f"ours {unit}": self._text(self.ours.median),
            f"native {unit}": self._text(self.native.median if self.native else None),
            "ours mean ± std": "" if is_whole else self._spread(self.ours),
            "native mean ± std": "" if is_whole else self._spread(self.native),
            "difference": self._text(self.difference) if is_whole else "",
            "ratio": "–" if self.ratio is None else f"{self.ratio:.2f}×",
            "first s": "" if self.first is None else f"{self.first:.2f}",
            f"phiml {unit}": "" if self.phiml is None else self._text(self.phiml.median),
            "budget": self._budget(),
            "": verdict(self.is_met, self.fault),
        }

    def numbers(self) -> dict[str, Any]:
        """Times in microseconds."""
        timings = ("ours", "native", "phiml")
        plain = [f.name for f in fields(self) if f.name not in (*timings, "unit", "budget")]
        row: dict[str, Any] = {name: getattr(self, name) for name in plain}
        for name in timings:
            timing: Timing | None = getattr(self, name)
            for what in ("median", "mean", "std"):
                key = f"{name}_{what}_us"
                row[key] = None if timing is None else getattr(timing, what) * 1e6
        row["difference_us"] = None if self.difference is None else self.difference * 1e6
        scale = 1 if self.budget_for == "ratio" else 1e6
        row["budget"] = None if self.budget is None else self.budget * scale
        return row | {"ratio": self.ratio}

    def _text(self, seconds: float | None) -> str:
        if seconds is None:
            return "–"
        number = seconds * _UNITS[self.unit]
        return f"{number:.2f}" if abs(number) < 100 else f"{number:.0f}"

    def _spread(self, timing: Timing | None) -> str:
        return f"{self._text(timing.mean)} ± {self._text(timing.std)}" if timing else "–"

    def _budget(self) -> str:
        if self.budget is None:
            return ""
        if self.budget_for == "ratio":
            return f"{self.budget:g}×"
        in_all = " in all" if self.budget_for == "time" else ""
        return f"{self.budget * _UNITS[self.unit]:g}{in_all}"


@final
@dataclass(frozen=True)
class Problem:
    """The same computation by us and by native code, ready to run.

    arrays: gives the native arrays of one of our results, in the order of `native_arrays`.
    budget: limit of the ratio where both are compiled.
    """

    row: str
    ours: Callable[[], Any]
    native: Callable[[], Any]
    arrays: Callable[[Any], list[Any]]
    native_arrays: Callable[[Any], list[Any]]
    budget: float | None = None
    tolerance: float | None = None


def compare(
    problem: Problem, variant: Variant, framework: Framework, repetitions: int
) -> Comparison:
    """Run both, check that they agree, and time them in turn."""

    def synchronize(result: Any) -> None:
        framework.synchronize(natives(result))

    start = perf_counter()
    ours = problem.ours()
    synchronize(ours)
    first = perf_counter() - start
    fault = disagreement(
        [np.asarray(array) for array in problem.arrays(ours)],
        [np.asarray(array) for array in problem.native_arrays(problem.native())],
        variant.tolerance if problem.tolerance is None else problem.tolerance,
    )
    ours, native = interleaved([problem.ours, problem.native], repetitions, synchronize)
    return Comparison(
        variant.backend,
        problem.row,
        ours,
        native,
        variant.mode,
        variant.precision,
        first if variant.mode == "compiled" else None,
        budget=problem.budget if variant.mode == "compiled" else None,
        budget_for="ratio",
        fault=fault,
        unit="ms",
    )


def disagreement(ours: Sequence[np.ndarray], native: Sequence[np.ndarray], tolerance: float) -> str:
    """What to say where arrays differ by more than this part of their largest value; else empty.

    The types must be the same: half the precision would be half the work.
    """
    if [a.dtype for a in ours] != [a.dtype for a in native]:
        return f"computes in {ours[0].dtype}, native code in {native[0].dtype}"
    errors = [_error(a, b) for a, b in zip(ours, native, strict=True)]
    worst = max(errors)
    return "" if worst <= tolerance else f"differs from native code by {worst:.1e}"


def _error(a: np.ndarray, b: np.ndarray) -> float:
    error = float(np.max(np.abs(a - b)) / np.max(np.abs(b)))
    return error if np.isfinite(error) else np.inf
