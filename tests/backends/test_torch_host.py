"""Calls of NumPy in programs of the PyTorch plug."""

import gc
from importlib import import_module
from weakref import ref

import numpy as np
import pytest

torch = import_module("torch")
backend = import_module("phimath_torch").backend

inductor = pytest.mark.filterwarnings(  # torch 2.13 imports its own deprecated functions
    "ignore:`torch.jit:DeprecationWarning"
)
X = torch.tensor([[0.3, -0.7, 1.1], [2.0, 0.1, -0.4]])
SQUARE = torch.tensor([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 4.0]])


@pytest.fixture(autouse=True)
def captured_only():
    """No test starts an optimiser unless it says so."""
    token = backend.compile_optimization.set("off")
    yield
    backend.compile_optimization.reset(token)


def on_host(function, a):
    """A call of NumPy that gives an array like the argument."""
    outputs = ((tuple(a.shape), backend.dtype(a)),)
    return backend.host_call(lambda a: (function(a),), (a,), outputs)[0]


@inductor
@pytest.mark.parametrize("policy", ["off", "now"])
def test_programs_call_numpy_between_and_in_compiled_loops(policy):
    def function(a):
        inverse = torch.cos(on_host(np.linalg.inv, torch.sin(a) + 2))

        def body(i, b):
            return i + 1, torch.tanh(on_host(np.transpose, torch.exp(-b)))

        _, b = backend.while_loop(lambda i, _: i < 3, body, (torch.tensor(0), inverse))
        return b + a, inverse

    backend.compile_optimization.set(policy)
    program = backend.compile(function, (torch.ones_like(SQUARE),))
    results = program(SQUARE)
    inverse = np.cos(np.linalg.inv(np.sin(SQUARE.numpy()) + 2))
    b = inverse
    for _ in range(3):
        b = np.tanh(np.exp(-b).T)
    np.testing.assert_allclose(results[0], b + SQUARE.numpy(), rtol=1e-5)
    np.testing.assert_allclose(results[1], inverse, rtol=1e-5)
    program(SQUARE)  # warns if the optimised program failed


def test_functions_on_the_host_live_as_long_as_their_program():
    def double(a):
        return a * 2

    functions = [double]
    program = backend.compile(lambda a: (on_host(functions[0], a),), (X,))
    alive = ref(functions.pop())
    del double
    gc.collect()
    assert torch.equal(program(X)[0], 2 * X)
    del program
    gc.collect()
    assert alive() is None
