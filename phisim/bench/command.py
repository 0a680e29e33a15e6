"""Command line of `phisim bench`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from phimath.errors import PhiError
from phisim.bench.native import BACKENDS, is_installed
from phisim.bench.overhead import IMPORT_ROW, ROWS, measure_overhead
from phisim.bench.report import Report, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `phisim bench …` with these arguments; returns the exit status."""
    options = _parser().parse_args(argv)
    names = [*(row.name for row in ROWS), IMPORT_ROW]
    unknown = [name for name in options.row if name not in names]
    if unknown:
        print(f"There is no row {unknown[0]!r}. Choose from: {'; '.join(names)}", file=sys.stderr)
        return 2
    backends = options.backend or [name for name in BACKENDS if is_installed(name)]
    report = Report()
    try:
        for backend in backends:
            report.results += measure_overhead(backend, options.row or names, options.repetitions)
    except PhiError as error:
        print(error, file=sys.stderr)
        return 1
    print(as_text(report))
    if options.json is not None:
        options.json.write_text(as_json(report), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="phisim bench", description=__doc__)
    benchmarks = parser.add_subparsers(required=True, metavar="BENCHMARK")
    overhead = benchmarks.add_parser(
        "overhead", help="time of eager operations beside that of the same native code"
    )
    overhead.add_argument(
        "--backend", action="append", choices=BACKENDS, help="repeatable; default: all installed"
    )
    overhead.add_argument(
        "--row", action="append", default=[], help="repeatable, e.g. 'a + b'; default: all"
    )
    overhead.add_argument(
        "--repetitions", type=_positive, default=31, help="pairs of batches per row (default: 31)"
    )
    overhead.add_argument("--json", type=Path, metavar="FILE", help="also write the results here")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} repetitions measure nothing. Use at least 1.")
    return number
