"""What compiling costs: the first call, with and without kept programs, and what a call adds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from phimath.backend.program_cache import VARIABLE
from phimath.dimension import spatial
from phimath.tensor import Tensor
from phimath.transform import jit_compile
from phimath.transform.natives import disassemble_leaves
from phimath.transform.trace import Integer, fed
from phimath.tree import flatten
from phimath.wrap import wrap
from phisim.bench import readme_step
from phisim.bench.arrays import natives
from phisim.bench.comparison import Comparison, disagreement
from phisim.bench.measure import interleaved
from phisim.bench.options import Variant, add_compiling, compiling, positive
from phisim.bench.process import in_fresh_process
from phisim.report import verdict

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

    from phimath.transform.compile import CompiledFunction
    from phisim.bench.native import Framework

HELP: Final = "first calls of a compiled plume step, retraces, and what calls add to native ones"
LEGEND: Final = (
    "A budget limits what we add to a native call; 'first s' may exceed 'trace s' by 2 s.  'again "
    "s' is the first call of the next process.  'traces': after other numbers, after a pressure."
)

_FOUR_TENSORS: Final = 15e-6
_STEP: Final = 60e-6
_AFTER_TRACE: Final = 2.0
_EXPECTED_TRACES: Final = [1, 2]
_CALLS: Final = 10  # cells per axis of what is called: computing must not hide the call


@final
@dataclass(frozen=True)
class FirstCall:
    """First calls of the plume step in two processes, the second of which finds kept programs.

    trace: seconds in our Python; first, again: until the result is there.
    traces: programs made until after calls with other numbers, and after one with a pressure.
    must_answer: whether waiting for an optimising compiler is not what was asked for.
    """

    backend: str
    row: str
    precision: int
    trace: float
    first: float
    again: float
    traces: tuple[int, ...]
    must_answer: bool

    @property
    def is_met(self) -> bool:
        """Whether it answers in time and makes no program twice."""
        in_time = not self.must_answer or self.first <= self.trace + _AFTER_TRACE
        return in_time and list(self.traces) == _EXPECTED_TRACES

    def cells(self) -> dict[str, str]:
        """All in seconds."""
        seconds = {"trace s": self.trace, "first s": self.first, "again s": self.again}
        return {
            "backend": self.backend,
            "bits": str(self.precision),
            "row": self.row,
            **{name: f"{value:.2f}" for name, value in seconds.items()},
            "traces": ", ".join(map(str, self.traces)),
            "": verdict(self.is_met, ""),
        }

    def numbers(self) -> dict[str, Any]:
        """All in seconds."""
        return asdict(self)


def add_options(parser: ArgumentParser) -> None:
    """Size, backends and precision."""
    parser.add_argument(
        "--cells", type=positive, default=64, help="per axis, for first calls; default: 64"
    )
    add_compiling(parser)


def run(options: Namespace) -> Iterator[Comparison | FirstCall]:
    """Measure on the backends chosen, in which NumPy isn't: it compiles nothing."""
    for backend, bits in compiling(options):
        variant = Variant(backend, "compiled", bits)
        with variant.chosen() as framework:
            yield _four_tensors(variant, framework, options.repetitions)
            yield _plume_call(variant, framework, options.repetitions)
        yield first_calls(backend, bits, options.cells, None)
        if backend == "torch":  # where this is not the same
            yield first_calls(backend, bits, options.cells, "now")


def first_calls(backend: str, bits: int, cells: int, optimize: str | None) -> FirstCall:
    """In a process that finds no kept programs, and in the next one."""
    request = {"backend": backend, "bits": bits, "cells": cells, "optimize": optimize}
    with TemporaryDirectory() as folder:
        once, again = (
            in_fresh_process("phisim.bench.first_call", request, {VARIABLE: folder})
            for _ in range(2)
        )
    row = f"first call of the plume step, {cells}²"
    return FirstCall(
        backend,
        row if optimize is None else f"{row}, optimised {optimize}",
        bits,
        once["trace_s"],
        once["first_s"],
        again["first_s"],
        tuple(once["traces"]),
        must_answer=optimize is None,
    )


def _combined(a: Any, b: Any, c: Any, d: Any) -> Any:
    return a * b + c * d


def _four_tensors(variant: Variant, framework: Framework, repetitions: int) -> Comparison:
    random = np.random.default_rng(0)
    shape = (_CALLS, _CALLS)
    arrays = [framework.array(random.random(shape).astype(variant.dtype)) for _ in range(4)]
    ours = partial(variant.function(_combined), *(wrap(a, spatial("x,y")) for a in arrays))
    native = partial(variant.native(_combined, framework), *arrays)
    return _call(
        "call with 4 tensors", ours, native, _FOUR_TENSORS, variant, framework, repetitions
    )


def _plume_call(variant: Variant, framework: Framework, repetitions: int) -> Comparison:
    """Beside the program alone, called with the arrays of the state."""
    step = jit_compile(readme_step.step, optimize="now")
    velocity, smoke = readme_step.initial(_CALLS)
    _, _, pressure = step(velocity, smoke, None)
    state = step(velocity, smoke, pressure)
    step(*state)
    ours, native = partial(step, *state), program_call(step, state)
    return _call(
        f"call of the plume step, {_CALLS}²", ours, native, _STEP, variant, framework, repetitions
    )


def program_call(
    function: CompiledFunction[..., Any], arguments: tuple[Any, ...]
) -> Callable[[], Any]:
    """Call of the program that the function ran last, for these arguments, without our layers."""
    trace = next(reversed(function.traces.values()))
    assert trace is not None
    leaves, _ = flatten(arguments, (Tensor, float, complex, Integer))
    arrays, _ = disassemble_leaves(leaves)
    given = arrays if trace.feed is None else fed(arrays, trace.feed)
    return partial(trace.program, *trace.no_draws, *given)


def _call(
    row: str,
    ours: Callable[[], Any],
    native: Callable[[], Any],
    budget: float,
    variant: Variant,
    framework: Framework,
    repetitions: int,
) -> Comparison:
    first, second = ([np.asarray(a) for a in natives(call())] for call in (ours, native))
    times = interleaved(
        [ours, native], repetitions, lambda result: framework.synchronize(natives(result))
    )
    return Comparison(
        variant.backend,
        row,
        times[0],
        times[1],
        precision=variant.precision,
        budget=budget,
        fault=disagreement(first[:1], second[:1], variant.tolerance),
    )
