"""The benchmark: which systems, by which backends, beside which solvers."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from phimath.solve import Solve, SolveTape, solve_linear
from phimath.solve.rounding import EPSILON
from phimath.wrap import wrap
from phisim.bench.arrays import natives
from phisim.bench.measure import interleaved
from phisim.bench.options import PRECISIONS, Variant, add_backends, backends
from phisim.bench.poisson.case import COEFFICIENTS, SIDES, Case
from phisim.bench.poisson.peers import PEERS, TOLERANCE, Peer
from phisim.bench.poisson.row import SolveRow
from phisim.bench.process import in_fresh_process

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence

    from phimath.tensor import Tensor
    from phisim.bench.measure import Timing

HELP: Final = "Poisson problems: time of a solve beside SciPy, PyAMG-CG and JAX's CG"
LEGEND: Final = (
    "White right-hand sides.  NumPy is eager, the others compiled.  Setup is left out on all sides."
    "\nIterative methods stop at ‖r‖ = 1e-5 ‖b‖ in 32 bit and 1e-8 ‖b‖ in 64 bit; 'in ε' is the "
    "residual in units of ε (‖A‖∞ ‖x‖ + ‖b‖).\nLeft out: solvers that are not made for a problem, "
    "or would take minutes or gigabytes for it."
)

_GRIDS: Final = ((256, 256), (64, 64, 64))
_FEW_REPETITIONS: Final = 3
# Limits of the time beside a peer, from a number of cells on: of boxes, also on NumPy, and of
# others, compiled and in double precision.
_BOX: Final = ("scipy.fft", 3.0, 256**2)
_OTHER: Final = ("PyAMG-CG", 1 / 3, 512**2)


def add_options(parser: ArgumentParser) -> None:
    """Problems, grids, and variants."""
    parser.add_argument(
        "--grid", action="append", type=grid, metavar="NxN[xN]",
        help="cells per axis, repeatable, e.g. 2048x2048; default: 256x256 and 64x64x64",
    )  # fmt: skip
    parser.add_argument(
        "--problem", action="append", choices=tuple(COEFFICIENTS),
        help="a box, one with a solid disc, or coefficients that vary by 10⁴: in a disc, or "
        "everywhere; repeatable; default: box and disc",
    )  # fmt: skip
    parser.add_argument(
        "--sides", action="append", choices=tuple(SIDES),
        help="'mixed' has another kind on each axis; repeatable; default: closed",
    )  # fmt: skip
    parser.add_argument(
        "--peer", action="append", choices=[peer.name for peer in PEERS], metavar="NAME",
        help=f"{', '.join(peer.name for peer in PEERS)}; repeatable; default: all",
    )  # fmt: skip
    parser.add_argument(
        "--memory", action="store_true", help="also the peak memory of a process that solves once"
    )
    parser.add_argument(
        "--precision", action="append", type=int, choices=PRECISIONS, help="bits; default: both"
    )
    add_backends(parser)


def grid(text: str) -> tuple[int, ...]:
    """Cells per axis, for argparse."""
    sizes = text.lower().replace("×", "x").split("x")
    if len(sizes) not in (2, 3) or not all(size.isdigit() and int(size) > 1 for size in sizes):
        raise ArgumentTypeError(f"must be like 256x256 or 64x64x64, not {text}")
    return tuple(map(int, sizes))


def run(options: Namespace) -> Iterator[SolveRow]:
    """Measure what is chosen."""
    peers = [peer for peer in PEERS if not options.peer or peer.name in options.peer]
    for peer in peers:
        if not peer.is_installed:
            print(peer.missing, file=sys.stderr)
    for case in _cases(options):
        for bits in options.precision or PRECISIONS:
            others: dict[str, Timing | None] = {}
            for backend in backends(options):
                variant = Variant(backend, "eager" if backend == "numpy" else "compiled", bits)
                row = measured(case, variant, peers, options.repetitions, others)
                if options.memory:
                    row = replace(row, peak=peak_of(case, variant))
                yield row


def _cases(options: Namespace) -> Iterator[Case]:
    for cells in options.grid or _GRIDS:
        for kind in options.problem or ("box", "disc"):
            for sides in options.sides or ("closed",):
                yield Case(kind, sides, cells)


def measured(
    case: Case,
    variant: Variant,
    peers: Sequence[Peer],
    repetitions: int,
    others: dict[str, Timing | None],
) -> SolveRow:
    """Our time beside those of others.

    others: times that don't depend on the variant: kept here, so that they are measured but once.
    """
    beside, budget = _budget(case, variant)
    b = case.right_side().astype(variant.dtype)
    with variant.chosen() as framework:
        solve = Solve(rel_tol=None if case.kind == "box" else TOLERANCE[variant.precision])
        ours = prepared(case, variant, framework.array(b), solve)
        start = perf_counter()
        framework.synchronize(natives(ours()))
        first = perf_counter() - start
        with SolveTape() as tape:
            x = ours().numpy(case.cells)

        def synchronize(result: Any) -> None:
            framework.synchronize(natives(result))

        calls = {
            peer.name: call
            for peer in peers
            if peer.accepts(case) and (peer.name == beside or peer.name not in others)
            if (call := peer.prepare(case, b)) is not None
        }
        main = calls.pop(beside, None)
        timings = interleaved([ours, *([main] if main else [])], repetitions, synchronize)
        few = min(_FEW_REPETITIONS, repetitions)
        for name, call in calls.items():
            (others[name],) = interleaved([call], few, lambda _: None)
    info = tape[0]
    residual, rounding = case.residual(x, b)
    return SolveRow(
        variant,
        case.name,
        info.method,
        info.preconditioner,
        int(info.iterations),
        residual,
        rounding / EPSILON[variant.precision],
        TOLERANCE[variant.precision],
        timings[0],
        {
            peer.name: timings[1] if main and peer.name == beside else others.get(peer.name)
            for peer in peers
        },
        beside,
        budget,
        first if variant.mode == "compiled" else None,
    )


def prepared(case: Case, variant: Variant, array: Any, solve: Solve) -> Callable[[], Tensor]:
    """Our solve of the case for a right-hand side, through the public call."""
    operator = case.operator()
    solve_for = variant.function(lambda y: solve_linear(operator, y, solve))
    return partial(solve_for, wrap(array, case.cells))


def _budget(case: Case, variant: Variant) -> tuple[str, float | None]:
    """Which peer to compare with, and the limit of the ratio."""
    if case.kind == "box":
        name, most, cells = _BOX
        is_limited = variant.backend != "tensorflow"
    else:
        name, most, cells = _OTHER
        is_limited = variant.mode == "compiled" and variant.precision == 64
    return name, most if is_limited and case.volume >= cells else None


def peak_of(case: Case, variant: Variant) -> int | None:
    """Memory of a process that solves this once, eagerly."""
    request = {
        "backend": variant.backend,
        "bits": variant.precision,
        "kind": case.kind,
        "sides": case.sides,
        "grid": case.grid,
    }
    return in_fresh_process("phisim.bench.poisson.memory", request)["peak_bytes"]
