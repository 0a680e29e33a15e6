"""Results of a benchmark as a table for readers and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Literal

from phimath.dtype import precision_bits

_PACKAGES: Final = ("phisim", "numpy", "scipy", "torch", "jax", "tensorflow", "phiml")


@dataclass(frozen=True)
class Result:
    """One measured row; times in seconds per call, `None` where there is nothing to measure.

    budget: limit in seconds; it holds for the difference to native code, or for the time itself.
    """

    backend: str
    row: str
    ours: float
    native: float | None
    phiml: float | None = None
    budget: float | None = None
    budget_for: Literal["difference", "time"] = "difference"
    note: str = ""

    @property
    def difference(self) -> float | None:
        """Time that our layers add."""
        return None if self.native is None else self.ours - self.native

    @property
    def ratio(self) -> float | None:
        """Ours over native."""
        return self.ours / self.native if self.native else None

    @property
    def is_met(self) -> bool | None:
        """Whether the row keeps its budget, `None` if it has none."""
        measured = self.ours if self.budget_for == "time" else self.difference
        if self.budget is None or measured is None:
            return None
        return measured <= self.budget and not self.note


@dataclass
class Report:
    """All rows of one run, and the machine they were measured on."""

    results: list[Result] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=lambda: machine())


def machine() -> dict[str, Any]:
    """What the times depend on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "precision": precision_bits(),
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
        "packages": {name: v for name in _PACKAGES if (v := _version(name)) is not None},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        # The CPU build of TensorFlow has its own name.
        return _version(f"{package}-cpu") if package == "tensorflow" else None


def as_json(report: Report) -> str:
    """Machine and rows; times in microseconds."""
    rows = []
    for result in report.results:
        row = asdict(result)
        times = {name: row.pop(name) for name in ("ours", "native", "phiml", "budget")}
        times["difference"] = result.difference
        row |= {f"{name}_us": None if t is None else t * 1e6 for name, t in times.items()}
        rows.append(row | {"ratio": result.ratio, "is_met": result.is_met})
    return json.dumps({"machine": report.machine, "rows": rows}, indent=1)


def as_text(report: Report) -> str:
    """Aligned table, all times in microseconds."""
    with_phiml = any(result.phiml is not None for result in report.results)
    header = ["backend", "row", "ours µs", "native µs", "difference", "ratio"]
    header += ["phiml µs"] if with_phiml else []
    table = [[*header, "budget", ""], *(_cells(result, with_phiml) for result in report.results)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [_line(row, widths) for row in table]
    lines.insert(1, "-" * len(lines[0]))
    info = report.machine
    packages = ", ".join(f"{name} {number}" for name, number in info["packages"].items())
    lines += [
        "",
        (
            f"Python {info['python']}, {packages}; {info['system']}, {info['cpus']} CPUs, "
            f"{info['precision']} bit."
        ),
        (
            f"Medians of interleaved batches; OMP_NUM_THREADS is {info['threads']} "
            "(set it to 1 to compare single-threaded)."
        ),
        "A budget limits the difference to native code, or the time where it says 'in all'.",
    ]
    return "\n".join(lines)


def _cells(result: Result, with_phiml: bool) -> list[str]:
    times = [result.ours, result.native, result.difference]
    ratio = "–" if result.ratio is None else f"{result.ratio:.1f}×"
    phiml = [_microseconds(result.phiml)] if with_phiml else []
    return [
        result.backend, result.row, *map(_microseconds, times), ratio, *phiml,
        _budget(result), _verdict(result),
    ]  # fmt: skip


def _line(cells: list[str], widths: list[int]) -> str:
    aligned = [
        cell.ljust(width) if i in (0, 1, len(cells) - 1) else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def _microseconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1e6:.2f}" if abs(seconds) < 1e-4 else f"{seconds * 1e6:.0f}"


def _budget(result: Result) -> str:
    if result.budget is None:
        return ""
    return f"{result.budget * 1e6:g}{' in all' if result.budget_for == 'time' else ''}"


def _verdict(result: Result) -> str:
    mark = {None: "", True: "✓", False: "✗"}[result.is_met]
    return f"{mark} {result.note}".strip()
