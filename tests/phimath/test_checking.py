"""What a compiler refuses, compiled functions refuse on every backend, NumPy included."""

import warnings

import numpy as np
import pytest

from phimath.context import default_backend
from phimath.create import ones
from phimath.dimension import instance, spatial
from phimath.elementwise import sin, where
from phimath.errors import NotSupported
from phimath.index import boolean_mask, nonzero
from phimath.random import random_normal, seeded
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import iterate, jit_compile, jvp, while_loop
from phimath.transform.effects import effect, is_tracing
from phimath.wrap import wrap
from tests.support import of

pytestmark = pytest.mark.usefixtures("double")

X = np.array([0.5, -2.0, 3.0])
without_compiler = pytest.mark.only_on("numpy", "strict")


def x_of(backend):
    return of(backend, X, spatial("x"))


def repeated(x):
    while max_of(x) < 10:
        x = x * 2
    return x


def halted(x):
    for _ in range(3):
        if not (sum_of(x) < 100):
            break
        x = x * 2
    return x


@pytest.mark.parametrize(
    "function",
    [
        repeated,
        halted,
        lambda x: x if max_of(ones(spatial(x=3)) * 2) > 0 else -x,  # created inside
        lambda x: [x, -x][int(sum_of(x) > 0)],
        lambda x: iterate(lambda x: x * 2, 5, x, until=lambda x: bool(max_of(x) > 4)),
        lambda x: jvp(lambda x: x if max_of(x) > 0 else -x, (x,), (x,))[1],
    ],
)
def test_python_cannot_depend_on_values(backend, function):
    for _ in range(2):
        with pytest.raises(NotSupported, match=r"jit_compile.*where\(.*auxiliary_args"):
            jit_compile(function)(x_of(backend))


@without_compiler
def test_sizes_cannot_depend_on_values(backend):
    for function in (lambda x: nonzero(x > 0), lambda x: boolean_mask(x, "x", x > 0)):
        with pytest.raises(NotSupported, match="fixed sizes"):
            jit_compile(function)(x_of(backend))


def test_constants_of_numpy_can_be_looked_at(backend):
    step = jit_compile(lambda x: x if float(wrap(X, spatial("x")).x[2]) > 0 else -x)
    assert_close(step(x_of(backend)).numpy("x"), X)


@without_compiler
def test_python_runs_once_per_call_and_only_the_first_time_without_values(backend):
    traced = []

    @jit_compile
    def step(x, n):
        traced.append((is_tracing(), x.available, default_backend() is backend))
        return sin(x) * n

    for n in range(1, 4):
        assert_close(step(x_of(backend), n).numpy("x"), np.sin(X) * n)
    assert traced == [(True, False, False), (False, True, True), (False, True, True)]
    step(x_of(backend), 2.0)
    assert traced[-1] == (True, False, False)


def test_result_of_the_first_call_is_an_ordinary_tensor(backend):
    result, text = jit_compile(lambda x: (where(x > 0, x, 0.0), "text"))(x_of(backend))
    assert result.backend is backend
    assert result.available
    assert_close(result.numpy("x") + 1, np.maximum(X, 0) + 1)
    assert text == "text"


def test_constant_results_belong_to_the_backend_of_the_program(backend):
    for _ in range(2):
        assert jit_compile(lambda x: (x, ones(spatial(x=3))))(x_of(backend))[1].backend is backend


def test_random_numbers_are_those_of_the_seed(backend):
    def draw(x):
        return x * random_normal(spatial(x=3)) + random_normal(spatial(x=3))

    with seeded(3):
        expected = [draw(x_of(backend)).numpy("x") for _ in range(3)]
    step = jit_compile(draw)
    with seeded(3):
        found = [step(x_of(backend)).numpy("x") for _ in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_effects_are_handled_after_the_call(backend):
    handled = []

    @jit_compile
    def step(x):
        effect({"largest": max_of(x)}, lambda known: handled.append(float(known["largest"])))
        assert not is_tracing() or not handled
        return x * 2

    step(x_of(backend))
    assert handled == [3.0]
    step(x_of(backend) * 2)
    assert handled == [3.0, 6.0]


def test_warnings_of_an_effect_are_given_at_each_call(backend):
    def warn(known):
        warnings.warn(f"as planned: {float(known)}", UserWarning, stacklevel=1)

    @jit_compile
    def step(x):
        effect(sum_of(x), warn)
        return x

    for _ in range(2):
        with pytest.warns(UserWarning, match="as planned: 1.5"):
            step(x_of(backend))


def test_loops_of_the_library_depend_on_values(backend):
    step = jit_compile(lambda x: while_loop(lambda x: max_of(x) < 100, lambda x: (x * 2,), x))
    for _ in range(2):
        assert_close(step(x_of(backend)).numpy("x"), X * 64)


@without_compiler
def test_nothing_is_kept_of_a_check_that_failed(backend):
    attempts = []

    @jit_compile
    def step(x):
        attempts.append(is_tracing())
        if len(attempts) == 1:
            raise LookupError("as planned")
        return x

    with pytest.raises(LookupError, match="as planned"):
        step(x_of(backend))
    for _ in range(2):
        assert_close(step(x_of(backend)).numpy("x"), X)
    assert attempts == [True, True, False]


def test_points_are_numbered_by_values_in_range(backend):
    values, positions = (
        of(backend, [5.0, 6.0, 7.0], instance("i")),
        of(backend, [2, 0], spatial("x")),
    )
    step = jit_compile(lambda values, positions: values.i[positions])
    for _ in range(2):
        assert_close(step(values, positions).numpy("x"), np.array([7.0, 5.0]))
