"""The first call of a compiled step, to be measured in a process of its own."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

from phimath.transform import jit_compile
from phisim.bench import readme_step
from phisim.bench.arrays import natives
from phisim.bench.options import Variant
from phisim.bench.process import answer


def measure(backend: str, bits: int, cells: int, optimize: str | None) -> dict[str, Any]:
    """Seconds until our Python has run and until the result is there, and how often it ran.

    Counted after a call with other values, among them the velocity of the walls and the time step,
    and after two with a pressure instead of `None`.
    """
    traced: list[float] = []

    def recorded(velocity: Any, smoke: Any, pressure: Any, dt: float) -> Any:
        result = readme_step.step(velocity, smoke, pressure, dt)
        traced.append(perf_counter())
        return result

    choice: Any = optimize
    with Variant(backend, "compiled", bits).chosen() as framework:
        step = jit_compile(recorded, optimize=choice)
        velocity, smoke = readme_step.initial(cells, wall=0.1)

        def call(*state: Any) -> Any:
            result = step(*state)
            framework.synchronize(natives(result))
            return result

        start = perf_counter()
        _, _, pressure = call(velocity, smoke, None, 1.0)
        first = perf_counter()
        call(2 * velocity.with_boundary(0.2), smoke + 1, None, 0.5)
        counts = [len(traced)]
        call(velocity, smoke, pressure, 1.0)
        call(velocity, smoke, pressure * 2, 1.0)
        counts.append(len(traced))
    return {"trace_s": traced[0] - start, "first_s": first - start, "traces": counts}


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1:], measure))
