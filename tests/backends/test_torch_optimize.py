"""Optimising what the PyTorch plug has captured: results, the background, failures, the end."""

import os
import subprocess
import sys
import time
from importlib import import_module
from shutil import which

import pytest

from phimath.dtype import FLOAT32
from tests.backends.torch_loops import SQUARE, conjugate_gradient, sum_of_products

torch = import_module("torch")
backend = import_module("phimath_torch").backend
X = torch.tensor([[0.3, -0.7, 1.1], [2.0, 0.1, -0.4]])


@pytest.fixture(autouse=True)
def restored():
    """Each test chooses how programs are optimised."""
    token = backend.compile_optimization.set("off")
    yield
    backend.compile_optimization.reset(token)


inductor = pytest.mark.filterwarnings(  # torch 2.13 imports its own deprecated functions
    "ignore:`torch.jit:DeprecationWarning"
)


@inductor
def test_the_optimised_program_computes_the_same():
    """Loops, an FFT and random bits in one graph, because each takes seconds."""

    def function(matrix, b):
        solution = conjugate_gradient(matrix, b)
        bits = backend.cast(backend.random_bits((1, 2), 3), FLOAT32)
        spectrum = backend.function("abs")(backend.fft(b, (0,)))
        return (*solution, torch.sin(b) * 2 + bits, spectrum, *sum_of_products(b, torch.tensor(4)))

    b = torch.tensor([1.0, 2.0, 3.0])
    backend.compile_optimization.set("now")
    program = backend.compile(function, [SQUARE, b])
    has_compiler = any(map(which, ("c++", "g++", "clang++", "cl")))
    assert (program.program.run is not program.program.python) == has_compiler
    torch.testing.assert_close(program(SQUARE, b), function(SQUARE, b))


@inductor
def test_the_background_swaps_the_optimised_program_in():
    backend.compile_optimization.set("background")
    call = backend.compile(lambda x: (torch.sin(x) + SQUARE,), [SQUARE])
    program = call.program
    deadline = time.monotonic() + 60
    results = [call(SQUARE)[0], call(SQUARE)[0]]
    while program.run is program.python and time.monotonic() < deadline:
        time.sleep(0.05)
    results.append(call(SQUARE)[0])
    for result in results:
        torch.testing.assert_close(result, torch.sin(SQUARE) + SQUARE)


def test_a_failed_optimisation_warns_once_and_the_captured_graph_serves(monkeypatch):
    def broken(module, sample):
        raise ArithmeticError("no code today")

    monkeypatch.setattr("phimath_torch.compile.inductor_program", broken)
    backend.compile_optimization.set("now")
    program = backend.compile(lambda x: (x + 1,), [X])
    with pytest.warns(UserWarning, match="no code today"):
        assert torch.equal(program(X)[0], X + 1)
    assert torch.equal(program(X)[0], X + 1)
    assert program.program.run is program.program.python


def test_the_end_of_the_process_does_not_wait_for_the_optimiser(tmp_path):
    script = """
import time, torch
from phimath_torch import backend
program = backend.compile(lambda x: (torch.sin(x).cumsum(0),), [torch.ones(7, 5)])
program(torch.ones(7, 5)), program(torch.ones(7, 5))
time.sleep(0.5)
"""
    environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}  # nothing is ready
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert run.returncode == 0, run.stderr
    assert not list(tmp_path.rglob("*.main.so"))  # the program, with which it ends after 10 s
