"""Topic `compile` on PyTorch: captured graphs, optimised by Inductor where there is a compiler."""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, final

import torch
from torch import Tensor

from phimath.backend.contract.compile import Compile
from phimath.backend.program_cache import program_cache
from phimath_torch.capture import capture, is_recording
from phimath_torch.optimize import compile_optimization, inductor_program, optimize_in_background
from phimath_torch.program import Part, Run, entry, python_program
from phimath_torch.stored import mark_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextvars import ContextVar

    from torch.fx import GraphModule


@cache
def _keep_programs() -> None:
    """Tell Inductor where to keep what it compiles, unless the user has.

    PyTorch itself sets this variable when its tracer is loaded, to a folder for temporary files.
    """
    folder = program_cache("torch", torch.__version__)
    if folder is not None:
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))


class TorchCompile(Compile[Tensor]):
    """Programs have no derivatives: a gradient is compiled as a whole."""

    compile_optimization: ClassVar[ContextVar[Any]] = compile_optimization
    """'background', 'now' or 'off', read by `compile`."""

    def compile(
        self, function: Callable[..., tuple[Tensor, ...]], arguments: Sequence[Tensor]
    ) -> Callable[..., tuple[Tensor, ...]]:
        """By recording the operations; inside of another trace, the function itself."""
        if is_recording():
            return function
        _keep_programs()
        program = Program(capture(function, arguments), arguments)
        policy = compile_optimization.get()
        if policy == "now":
            program.optimize()
        elif policy == "background":
            program.optimize_when_called_again()
        return entry(len(arguments), program)

    def separately(
        self, function: Callable[..., tuple[Tensor, ...]], arguments: Sequence[Tensor]
    ) -> tuple[Tensor, ...]:
        """Results that compiled code stores."""
        results = function(*arguments)
        if is_recording():
            mark_stored(results)
        return results


@final
class Program:
    """A captured graph, run as Python or, once that is compiled, as machine code."""

    def __init__(self, module: GraphModule, arguments: Sequence[Tensor]) -> None:
        program = python_program(module)
        self.python = program.run
        self.run = self.python
        inputs = tuple((tuple(a.shape), a.dtype, a.device) for a in arguments)
        # Scans are run from Python, so that what can be compiled is their bodies.
        self.pending: list[Part] = list(program.bodies)
        if not program.bodies:
            self.pending.append(Part(self.python, module, inputs, self._use))

    def optimize(self) -> None:
        """Compile the graph, and run the result from now on; if this fails, the next call warns."""
        pending, self.pending = self.pending, []
        for part in pending:
            try:
                compiled = inductor_program(part.module, part.inputs)
            except Exception as error:  # whatever a compiler raises, the captured graph serves
                self._warn_at_next_call(error)
                return
            if compiled is not None:
                part.use(self._checked(compiled, part))

    def _use(self, run: Run) -> None:
        self.run = run

    def optimize_when_called_again(self) -> None:
        """Functions that are called once are not worth the seconds that a compiler takes."""

        def first(*arrays: Tensor) -> tuple[Tensor, ...]:
            self.run = second
            return self.python(*arrays)

        def second(*arrays: Tensor) -> tuple[Tensor, ...]:
            self.run = self.python
            optimize_in_background(self)
            return self.python(*arrays)

        self.run = first

    def _checked(self, compiled: Callable[..., Sequence[Tensor]], part: Part) -> Run:
        def checked(*arrays: Tensor) -> tuple[Tensor, ...]:
            try:
                return tuple(compiled(*arrays))
            except Exception as error:  # e.g. Inductor's asserts on strides after an FFT
                results = part.python(*arrays)
                part.use(part.python)
                self._warn_at_next_call(error)
                return results

        return checked

    def _warn_at_next_call(self, error: Exception) -> None:
        def warn(*arrays: Tensor) -> tuple[Tensor, ...]:
            self.run = self.python
            warnings.warn(
                "PyTorch could not optimise a compiled function, which is run operation by "
                f"operation instead: {type(error).__name__}: {error}",
                stacklevel=4,
            )
            return self.python(*arrays)

        self.run = warn
