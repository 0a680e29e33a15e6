"""Runs flows with exact or published solutions and compares."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from phimath.backend.discovery import installed
from phimath.context import using
from phimath.dtype import precision
from phisim.physics.validation import CASES
from phisim.report import Report, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phisim.physics.validation.case import Case, Verdict

# JAX compiles the loops over time in seconds; without a compiler NumPy starts soonest.
FASTEST: Final = ("jax", "numpy")
LEGEND: Final = (
    "Errors are in the unit of the quantity, or in % of the reference. On reduced grids the "
    "allowed error grows with the order of the scheme."
)


class Line:
    """A verdict as a row of the table."""

    def __init__(self, verdict: Verdict, case: Case, seconds: float) -> None:
        """seconds: that the run of the case took."""
        self.verdict, self.case, self.seconds = verdict, case, seconds

    @property
    def is_met(self) -> bool:
        """Whether the error is allowed."""
        return self.verdict.passes

    def cells(self) -> dict[str, str]:
        """Texts by column."""
        run, quantity = self.verdict.run, self.verdict.quantity
        return {
            "case": self.verdict.case,
            "quantity": quantity.name,
            "cells": "×".join(map(str, run.cells)),
            "dt": f"{run.dt:.2g}" if run.dt else "–",
            "end": f"{run.end_time:.3g}" if run.end_time else "–",
            "reference": f"{self.verdict.reference:.5g}",
            "ours": f"{self.verdict.ours:.5g}",
            "error": _error(self.verdict.error, quantity.is_relative),
            "allowed": _error(self.verdict.bound, quantity.is_relative),
            "seconds": f"{self.seconds:.0f}",
            "": "pass" if self.is_met else "FAIL",
        }

    def numbers(self) -> dict[str, Any]:
        """All of it, and where the reference comes from."""
        verdict = self.verdict
        return {
            "case": verdict.case,
            "title": self.case.title,
            "source": self.case.source,
            "quantity": verdict.quantity.name,
            "cells": verdict.run.cells,
            "dt": verdict.run.dt,
            "end_time": verdict.run.end_time,
            "reference": verdict.reference,
            "ours": verdict.ours,
            "error": verdict.error,
            "is_relative": verdict.quantity.is_relative,
            "allowed": verdict.bound,
            "run_s": self.seconds,
        }


def _error(error: float, is_relative: bool) -> str:
    return f"{error:.2%}" if is_relative else f"{error:.2g}"


def main(arguments: Sequence[str]) -> int:
    """Prints a table; returns 0 if every quantity is within its tolerance, else 1."""
    options = _parser().parse_args(arguments)
    report = Report()
    for line in lines(options):
        print(line.verdict, file=sys.stderr)
        report.rows.append(line)
    print(as_text(report, LEGEND))
    if options.json is not None:
        options.json.write_text(as_json(report), encoding="utf-8")
    return 0 if all(line.is_met for line in report.rows) else 1


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """Runs the cases chosen."""
    for name in options.case or CASES:
        case = CASES[name]
        start = perf_counter()
        with using(options.backend), precision(options.precision):
            verdicts = case.verdicts(case.reduced if options.reduced else case.published)
        seconds = perf_counter() - start
        yield from (Line(verdict, case, seconds) for verdict in verdicts)


def _parser() -> argparse.ArgumentParser:
    fastest = next(name for name in FASTEST if find_spec(name))
    parser = argparse.ArgumentParser(
        prog="phisim validate",
        description=__doc__,
        epilog="cases:\n" + "\n".join(f"  {case.name:16}{case.title}" for case in CASES.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("case", nargs="*", type=_known, help="default: all")
    parser.add_argument(
        "--reduced", action="store_true", help="on small grids, in about a minute in all"
    )
    parser.add_argument(
        "--backend", choices=installed(), default=fastest, help=f"here by default: {fastest}"
    )
    parser.add_argument("--precision", type=int, choices=(32, 64), default=64, help="default: 64")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    return parser


def _known(name: str) -> str:
    """The name of a case, for argparse, which can't check choices where none are needed."""
    if name not in CASES:
        raise argparse.ArgumentTypeError(f"there is no case {name!r}, but {', '.join(CASES)}")
    return name
