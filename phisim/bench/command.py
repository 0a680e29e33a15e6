"""Command line of `phisim bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from phimath.errors import PhiError
from phisim.bench import bubbles, compile, galaxy, overhead, plume, poisson, rollout
from phisim.bench.options import positive
from phisim.bench.threads import limited_to
from phisim.report import Report, Row, as_json, as_text, available_threads

if TYPE_CHECKING:
    from collections.abc import Sequence


@final
@dataclass(frozen=True)
class Benchmark:
    """What a benchmark offers.

    run: Measures what the options choose, and gives row by row.
    legend: How to read the table.
    """

    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Iterable[Row]]
    legend: str
    repetitions: int


BENCHMARKS: Final = {
    "overhead": Benchmark(
        overhead.HELP, overhead.add_options, overhead.run, overhead.LEGEND, repetitions=31
    ),
    "plume": Benchmark(plume.HELP, plume.add_options, plume.run, plume.LEGEND, repetitions=21),
    "galaxy": Benchmark(galaxy.HELP, galaxy.add_options, galaxy.run, galaxy.LEGEND, repetitions=21),
    "bubbles": Benchmark(
        bubbles.HELP, bubbles.add_options, bubbles.run, bubbles.LEGEND, repetitions=21
    ),
    "compile": Benchmark(
        compile.HELP, compile.add_options, compile.run, compile.LEGEND, repetitions=31
    ),
    "poisson": Benchmark(
        poisson.HELP, poisson.add_options, poisson.run, poisson.LEGEND, repetitions=11
    ),
    "rollout": Benchmark(
        rollout.HELP, rollout.add_options, rollout.run, rollout.LEGEND, repetitions=5
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `phisim bench …` with these arguments; returns the exit status."""
    options = _parser().parse_args(argv)
    benchmark = BENCHMARKS[options.benchmark]
    report = Report()
    with limited_to(options.threads):
        report.machine["threads"] = available_threads()
        try:
            for row in benchmark.run(options):
                print(*filter(None, row.cells().values()), file=sys.stderr)
                report.rows.append(row)
        except PhiError as error:
            print(error, file=sys.stderr)
            return 1
    print(as_text(report, benchmark.legend))
    if options.json is not None:
        options.json.write_text(as_json(report), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="phisim bench", description=__doc__)
    parsers = parser.add_subparsers(required=True, metavar="BENCHMARK", dest="benchmark")
    for name, benchmark in BENCHMARKS.items():
        options = parsers.add_parser(name, help=benchmark.help)
        benchmark.add_options(options)
        default = benchmark.repetitions
        options.add_argument(
            "--repetitions", type=positive, default=default, help=f"per row; default: {default}"
        )
        options.add_argument(
            "--threads", type=positive, help="that frameworks may use; default: all processors"
        )
        options.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    return parser
