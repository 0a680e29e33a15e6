"""Functions are compiled again only if they must, and say why."""

import logging

import numpy as np
import pytest

from phimath.create import zeros
from phimath.dimension import spatial
from phimath.dtype import DType, precision
from phimath.elementwise import where
from phimath.reduce import max as max_of
from phimath.testing.assertions import assert_close
from phimath.transform import jit_compile
from phimath.transform.compile import MAX_TRACES
from tests.support import counted, of

compiles = pytest.mark.needs("value_and_gradient")  # these backends have a compiler
X = np.array([0.5, -2.0, 3.0])


def is_compiler(backend):
    return backend.name in ("torch", "jax", "tensorflow")


@compiles
def test_python_runs_once_for_new_numbers(backend):
    function, runs = counted(lambda x, dt, n: (x * dt, n + 1))
    step = jit_compile(function)
    for factor in (1, 2, 3):
        x = of(backend, (factor * X).astype("float32"), spatial("x"))
        product, following = step(x, 0.5 * factor, factor)
        assert_close(product, 0.5 * factor * factor * X)
        assert_close(following, factor + 1)
    assert len(runs) == 1
    assert step.retrace_reason() == ""


@compiles
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x": zeros(spatial(x=5))}, "x: float32 (xˢ=3) became float32 (xˢ=5)"),
        ({"x": zeros(spatial(y=3))}, "x: float32 (xˢ=3) became float32 (yˢ=3)"),
        ({"x": zeros(spatial(x=3), dtype=DType("int32"))}, "x: float32 (xˢ=3) became int32"),
        ({"dt": 2}, "dt: float became int"),
        ({"pressure": 1.0}, "new: pressure"),
        ({"mode": "slow"}, "mode: 'fast' became 'slow'"),
    ],
)
def test_what_caused_another_trace_is_told(backend, change, reason):
    function, runs = counted(lambda x, dt, pressure, mode: x * dt)

    def named(x, dt, pressure, mode):
        return function(x, dt, pressure, mode)

    step = jit_compile(named, auxiliary_args="mode")
    before = {"x": zeros(spatial(x=3)), "dt": 1.0, "pressure": None, "mode": "fast"}
    for arguments in (before, before, {**before, **change}, {**before, **change}, before):
        step(**arguments)
    assert len(runs) == 2
    assert reason in step.retrace_reason()


def test_another_precision_is_another_program(backend):
    step = jit_compile(lambda x: x * 0.1)
    x = of(backend, X.astype("float32"), spatial("x"))
    assert step(x).dtype == DType("float32")
    with precision(64):
        assert step(x).dtype == DType("float64")
    assert "precision: 32 became 64 bit" in step.retrace_reason()
    assert step(x).dtype == DType("float32")
    assert len(step.traces) == 2


def test_reason_names_arguments_by_position(backend):
    step = jit_compile(lambda first, second: first)
    x = zeros(spatial(x=3))
    step(x, (1.0, x))
    step(x, (1.0, zeros(spatial(x=4))))
    assert step.retrace_reason() == "second[1]: float32 (xˢ=3) became float32 (xˢ=4)"


@compiles
def test_another_trace_is_logged(backend, caplog):
    step = jit_compile(lambda x: x)
    with caplog.at_level(logging.INFO, "phimath"):
        step(zeros(spatial(x=3)))
        step(zeros(spatial(x=3)))
        assert not caplog.records
        step(zeros(spatial(x=4)))
    assert ["(xˢ=3) became" in record.getMessage() for record in caplog.records] == [True]


def test_without_a_compiler_functions_run_and_say_so_once(backend, caplog):
    if is_compiler(backend):
        return
    function, runs = counted(lambda x: where(max_of(x) > 0, x, -x))
    step = jit_compile(function)
    with caplog.at_level(logging.INFO, "phimath"):
        for _ in range(3):
            step(of(backend, X, spatial("x")))
    assert len(runs) == 3
    assert ["has no compiler" in record.getMessage() for record in caplog.records] == [True]


@compiles
def test_the_least_recently_used_programs_are_dropped(backend):
    function, runs = counted(lambda x, n: x)
    step = jit_compile(lambda x, n: function(x, n), auxiliary_args="n")
    x = of(backend, X, spatial("x"))
    for n in range(MAX_TRACES):
        step(x, n)
    step(x, 0)
    step(x, MAX_TRACES)
    assert len(step.traces) == MAX_TRACES
    step(x, 0)
    assert len(runs) == MAX_TRACES + 1
    step(x, 1)
    assert len(runs) == MAX_TRACES + 2
