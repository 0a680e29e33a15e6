"""Looking at values from inside of functions, eagerly and in programs."""

import re
import time

import numpy as np
import pytest

from phimath.dimension import batch, spatial
from phimath.elementwise import sin
from phimath.errors import NotSupported
from phimath.join import stack
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import (
    gradient,
    iterate,
    jit_compile,
    jvp,
    perf_counter,
    print_gradient,
    trace_check,
    when_available,
)
from phimath.wrap import wrap

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
X = np.array([0.5, -2.0, 3.0])


def of(backend, values, *dims):
    return wrap(backend.from_numpy(np.asarray(values)), *(dims or [spatial("x")]))


# --- when_available ---


def test_functions_get_values_after_each_call(backend):
    seen = []

    def function(x):
        when_available(lambda tree, text: seen.append((tree["y"].numpy(), text)), {"y": x**2}, "t")
        return x + 1

    compiled = jit_compile(function)
    for call in (function, compiled, compiled):
        call(of(backend, X))
        values, text = seen.pop()
        assert_close(values, X**2)
        assert (text, seen) == ("t", [])


@differentiates
def test_functions_get_values_in_derivatives(backend):
    seen = []

    def loss(x):
        y = sin(x)
        when_available(lambda y: seen.append(y.numpy()), y)
        return sum_of(y * y, "x")

    slope = gradient(loss, get_output=False)
    for call in (slope, jit_compile(slope)):
        assert_close(call(of(backend, X)).numpy(), 2 * np.sin(X) * np.cos(X))
        assert_close(seen.pop(), np.sin(X))
    for call in (jvp, jit_compile(lambda f, *args: jvp(f, *args), "f")):
        call(loss, (of(backend, X),), (of(backend, X),))
        assert_close(seen.pop(), np.sin(X))
    assert seen == []


def test_loops_of_programs_do_not_stop_for_each_step(backend):
    def step(x):
        when_available(print, x)
        return x

    with pytest.raises(NotSupported, match="loop"):
        jit_compile(lambda x: iterate(step, 3, x))(of(backend, X))


# --- perf_counter ---


def test_time_passes_between_two_computations(backend):
    def timed(x):
        start = perf_counter(x)
        y = sin(x)
        return start, perf_counter(y), y

    before = perf_counter()
    compiled = jit_compile(timed)
    compiled(of(backend, X))
    for call in (timed, compiled):
        start, end, _ = call(of(backend, X))
        assert before <= float(start)
        assert before <= float(end) <= perf_counter()
    assert float(compiled(of(backend, X))[1]) > float(end)


def test_differences_are_seconds(backend):
    start = perf_counter(of(backend, X))
    reference = time.perf_counter()
    time.sleep(0.01)
    assert 0.01 <= perf_counter() - start <= time.perf_counter() - reference + 0.01


# --- print_gradient ---


def printed(capsys, start=""):
    text = capsys.readouterr().out
    assert text.startswith(start)
    return [float(number) for number in re.findall(r"-?\d+\.\d*", text)]


@differentiates
def test_gradient_is_printed_when_it_is_computed(backend, capsys):
    def loss(x):
        y = print_gradient(sin(x), "of y", detailed=True)
        return sum_of(y * wrap([1.0, 2.0, 3.0], spatial("x")), "x")

    slope = gradient(loss, get_output=False)
    for call in (slope, jit_compile(slope)):
        loss(of(backend, X))
        assert capsys.readouterr().out == ""
        assert_close(call(of(backend, X)).numpy(), np.cos(X) * [1, 2, 3])
        assert printed(capsys, "of y: ") == [1, 2, 3]


@differentiates
def test_of_a_loop_the_largest_gradient_is_printed(backend, capsys):
    def loss(x):
        return sum_of(iterate(lambda x: 2 * print_gradient(x), 3, x), "x")

    slope = gradient(loss, get_output=False)
    slope(of(backend, X[:1]))
    assert printed(capsys) == [2, 4, 8]
    jit_compile(slope)(of(backend, X[:1]))
    assert printed(capsys) == [8]


def test_forward_mode_passes_without_a_word(backend, capsys):
    x = of(backend, X)
    _, tangent = jvp(lambda x: print_gradient(x**2), (x,), (x,))
    assert_close(tangent.numpy(), 2 * X**2)
    assert capsys.readouterr().out == ""


# --- trace_check ---


def test_what_has_been_compiled_is_known(backend):
    compiled = jit_compile(lambda x, n: x * n, "n")
    x = of(backend, X)
    assert trace_check(compiled, x, 2) == (False, "it has not been called yet")
    compiled(x, 2)
    assert trace_check(compiled, x + 1, 2) == (True, "")
    found, reason = trace_check(compiled, x, 3)
    assert not found
    assert "n: 2 became 3" in reason
    found, reason = trace_check(compiled, stack([x, x], batch("b")), n=2)
    assert not found
    assert "b" in reason
    with pytest.raises(NotSupported, match="jit_compile"):
        trace_check(sin, x)
