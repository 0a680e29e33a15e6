"""Results as a table for readers and as JSON for programs, with the machine that they come from."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PACKAGES: Final = (
    "phisim", "numpy", "scipy", "torch", "jax", "tensorflow", "phiml", "pyamg"
)  # fmt: skip
_TEXT: Final = (
    "backend",
    "row",
    "mode",
    "method",
    "case",
    "quantity",
    "",
)  # columns of words, which are aligned to the left


class Row(Protocol):
    """One line of a table."""

    @property
    def is_met(self) -> bool | None:
        """Whether the row keeps its budget, `None` if it has none."""
        ...

    def cells(self) -> Mapping[str, str]:
        """Texts by the header of their column; a column in which all are empty is left out."""
        ...

    def numbers(self) -> Mapping[str, Any]:
        """All that was measured, for JSON; names end in units."""
        ...


@dataclass
class Report:
    """All rows of one run, and the machine they were measured on."""

    rows: list[Row] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=lambda: machine())


def machine() -> dict[str, Any]:
    """What the times depend on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "threads": available_threads(),
        "packages": {name: v for name in _PACKAGES if (v := _version(name)) is not None},
    }


def available_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        # The CPU build of TensorFlow has its own name.
        return _version(f"{package}-cpu") if package == "tensorflow" else None


def as_json(report: Report) -> str:
    """Machine and rows."""
    rows = [{**row.numbers(), "is_met": row.is_met} for row in report.rows]
    return json.dumps({"machine": report.machine, "rows": rows}, indent=1)


def as_text(report: Report, legend: str = "") -> str:
    """Aligned table, what it was measured on, and how to read it."""
    info = report.machine
    packages = ", ".join(f"{name} {number}" for name, number in info["packages"].items())
    processors = f"{info['cpus']} CPUs, {info['threads']} used"
    lines = [
        *_table([row.cells() for row in report.rows]),
        "",
        f"Python {info['python']}, {packages}; {info['system']}, {processors}.",
    ]
    return "\n".join([*lines, legend] if legend else lines)


def _table(rows: Sequence[Mapping[str, str]]) -> list[str]:
    headers = list(dict.fromkeys(header for row in rows for header in row))
    headers = [header for header in headers if any(row.get(header) for row in rows)]
    table = [headers, *([row.get(header, "") for header in headers] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [_line(headers, cells, widths) for cells in table]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _line(headers: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.ljust(width) if header in _TEXT else cell.rjust(width)
        for header, cell, width in zip(headers, cells, widths, strict=True)
    ]
    return "  ".join(aligned).rstrip()


def verdict(is_met: bool | None, note: str) -> str:
    """Last cell of a row: whether it keeps its budget, and what there is to say."""
    return f"{ {None: '', True: '✓', False: '✗'}[is_met] } {note}".strip()
