"""The memory of one solve, in a process of its own: `python -m phisim.bench.poisson.memory`."""

from __future__ import annotations

import sys
from typing import Any

from phimath.solve import Solve
from phisim.bench.options import Variant
from phisim.bench.poisson.case import Case
from phisim.bench.poisson.peers import TOLERANCE
from phisim.bench.poisson.solves import prepared
from phisim.bench.process import answer, peak_memory


def measure(backend: str, bits: int, kind: str, sides: str, grid: list[int]) -> dict[str, Any]:
    """Peak memory after a solve."""
    case = Case(kind, sides, tuple(grid))
    variant = Variant(backend, "eager", bits)
    with variant.chosen() as framework:
        array = framework.array(case.right_side().astype(variant.dtype))
        prepared(case, variant, array, Solve(rel_tol=TOLERANCE[bits]))().numpy(case.cells)
    return {"peak_bytes": peak_memory()}


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1:], measure))
