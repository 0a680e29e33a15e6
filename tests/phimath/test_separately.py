"""Parts of programs that compilers translate by themselves."""

import numpy as np
import pytest

from phimath.backend.constants import shared_constants
from phimath.backend.discovery import load
from phimath.context import using
from phimath.dimension import spatial
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile
from phimath.transform.separately import separately
from phimath.wrap import wrap

X = np.linspace(0.0, 1.0, 5)


def product_and_sum(pair):
    return {"product": pair[0] * pair[1], "sum": pair[0] + pair[1]}


def squared_norm(x):
    found = separately(product_and_sum, (x, 3.0 * x))
    return sum_of(found["product"], "x")


def test_trees_go_in_and_out(backend):
    x = wrap(backend.from_numpy(X), spatial("x"))
    y = wrap(np.float64(2.0))  # of NumPy, and constant
    for function in (separately, jit_compile(lambda f, pair: separately(f, pair), "f")):
        found = function(product_and_sum, (x, y))
        assert_close(found["product"].numpy(), 2 * X)
        assert_close(found["sum"].numpy(), X + 2)


@pytest.mark.needs("value_and_gradient")
def test_parts_are_differentiated(backend):
    derivative = gradient(squared_norm, get_output=False)
    with using(backend):
        x = wrap(backend.from_numpy(X), spatial("x"))
        for function in (derivative, jit_compile(derivative)):
            assert_close(function(x).numpy(), 6 * X, rtol=1e-6)


@pytest.mark.only_on("jax")
def test_a_constant_is_one_array_of_a_program_however_often_it_is_used(backend):
    host = np.arange(3.0)
    numpy = load("numpy")
    with shared_constants():
        first, second = backend.adopt(numpy, host), backend.adopt(numpy, host)
    assert first is second
    assert backend.adopt(numpy, host) is not first


@pytest.mark.only_on("torch")
def test_results_of_parts_are_stored_in_compiled_code(backend):
    from phimath_torch.capture import capture
    from phimath_torch.stored import insert_marks

    def product(x):
        (doubled,) = backend.separately(lambda a: (a + a,), (x,))
        return (doubled * doubled,)

    x = backend.from_numpy(X)
    module = capture(product, (x,))
    insert_marks(module)
    assert "phimath.stored" in module.code
    np.testing.assert_allclose(module(x)[0].numpy(), 4 * X**2)
