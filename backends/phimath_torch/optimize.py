"""Captured graphs as machine code, by PyTorch's compiler Inductor, now or in the background."""

from __future__ import annotations

import atexit
import ctypes
import logging
import threading
import warnings
from contextvars import ContextVar
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal
from weakref import ref

import torch
from torch import Tensor
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.utils._triton import has_triton

from phimath_torch.quotients import share_reciprocals
from phimath_torch.stored import store_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch.fx import GraphModule

    from phimath_torch.compile import Program

compile_optimization: ContextVar[Literal["background", "now", "off"]] = ContextVar(
    "compile_optimization", default="background"
)
"""Whether programs are optimised while they already run, before they are first run, or never."""

_log = logging.getLogger("phimath")
_compiler = threading.Lock()
"""Inductor and its tracing hold global state: one graph at a time."""

_waiting: SimpleQueue[Callable[[], Program | None]] = SimpleQueue()
_starting = threading.Lock()
_worker: list[threading.Thread] = []


def has_compiler(device: torch.device) -> bool:
    """Whether Inductor can produce code for a device."""
    if device.type != "cpu":
        return has_triton()
    from torch._inductor.cpp_builder import get_cpp_compiler  # takes a second
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        return False
    return True


def inductor_program(
    module: GraphModule, sample: tuple[tuple[tuple[int, ...], torch.dtype, torch.device], ...]
) -> Callable[..., Sequence[Tensor]] | None:
    """Compiled function of contiguous tensors, or `None` without a compiler on this machine."""
    if not all(has_compiler(device) for device in {device for _, _, device in sample}):
        _log.info("There is no C++ compiler: the captured graph is run as it is.")
        return None
    from torch._inductor.compile_fx import compile_fx  # takes seconds

    # Complex numbers run as they did before; there is nothing to do about that.
    warnings.filterwarnings("ignore", message="Torchinductor does not support code generation")
    # Loops need an environment for symbolic sizes, even though there are none.
    mode = FakeTensorMode(shape_env=ShapeEnv(), static_shapes=True, allow_non_fake_inputs=True)
    with mode:
        inputs = [torch.empty(sizes, dtype=dtype, device=device) for sizes, dtype, device in sample]
    with _compiler, torch.no_grad():
        share_reciprocals(module.graph)
        store_marked(module)
        compiled: Any = compile_fx(module, inputs, ignore_shape_env=True)  # one of many classes
    return compiled


def optimize_in_background(program: Program) -> None:
    """Queue a program for the thread that optimises; it is forgotten if it is dropped before."""
    with _starting:
        _waiting.put(ref(program))
        if not _worker:
            # A daemon: the end of the process does not wait for it.
            thread = threading.Thread(target=_work, name="phimath-inductor", daemon=True)
            _worker.append(thread)
            thread.start()
            atexit.register(_stop, thread)


def _stop(thread: threading.Thread) -> None:
    """Get the thread out of PyTorch, in whose C++ it must not be when Python ends.

    A thread that Python ends there takes the process down with "terminate called without an active
    exception".  One that waits for the C++ compiler may be left alone: only Python is around it.
    """
    _waiting.put(lambda: None)  # wakes it if it has nothing to do
    for _ in range(20):
        if not thread.is_alive():
            return
        # Repeated, because code on the way out may swallow it.
        identity, end = ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, end)
        thread.join(0.05)


def _work() -> None:
    while True:
        program = _waiting.get()()
        if program is not None:
            program.optimize()
        del program
