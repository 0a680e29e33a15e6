"""Tensors of a tracer among others: which backend they have, and what becomes of them."""

import numpy as np
import pytest

from phimath.convert import convert
from phimath.create import tensor
from phimath.dimension import channel, spatial
from phimath.dtype import DType
from phimath.elementwise import sin
from phimath.errors import BackendError, NotSupported
from phimath.join import stack
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import custom_gradient, gradient, jvp, stop_gradient
from phimath.transform.tracer import tracing
from phimath.transform.tracer.dual import DualBackend
from phimath.wrap import wrap

X = np.array([0.5, -2.0, 3.0])


def of(backend, values, *dims):
    return wrap(backend.from_numpy(np.asarray(values, np.float32)), *dims)


def derivative(function, x, direction=1.0):
    return jvp(function, (x,), (direction,))[1]


# --- levels ---


def test_derivatives_of_derivatives_are_not_confused():
    # d/dx (x d/dy (x y)) = d/dx x² = 2 x; confused, it would be x + y + …
    found = derivative(lambda x: x * derivative(lambda y: x * y, 5.0), 3.0)
    assert float(found) == 6.0


def test_constants_of_the_inner_derivative_vary_in_the_outer_one():
    # d/dx d/dy (x y + x²) at y = x
    found = derivative(lambda x: derivative(lambda y: x * y + x**2, x), 3.0)
    assert float(found) == 1.0


def test_inner_derivative_of_what_does_not_depend_on_its_variable():
    found = derivative(lambda x: x * derivative(lambda y: x * x, 2.0) + x, 3.0)
    assert float(found) == 1.0


@pytest.mark.parametrize("order", range(1, 6))
def test_derivatives_of_high_order(order):
    function = sin
    for _ in range(order):
        function = lambda x, f=function: derivative(f, x)  # noqa: E731
    expected = [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos][order - 1]
    assert_close(function(0.7).numpy(), np.asarray(expected(0.7), np.float32), rtol=1e-6)


@pytest.mark.needs("value_and_gradient")
def test_gradient_by_another_variable_varies_with_what_it_holds(backend):
    # d/dx ∂/∂y (x y²) = 2 y; neither the gradient's argument nor its result is the variable.
    y = of(backend, 5.0)
    found = derivative(
        lambda x: gradient(lambda y: x * y**2, get_output=False)(y), of(backend, 3.0)
    )
    assert float(found) == 10.0


def test_values_of_an_ended_derivative_do_not_mix_with_those_of_another():
    kept = []

    def keep(x):
        kept.append(x)
        return x

    derivative(keep, 2.0)
    assert float(kept[0]) == 2.0
    with pytest.raises(BackendError, match="Return values from the function"):
        derivative(lambda x: x * kept[0], 3.0)


def test_a_tracer_is_used_again_if_nothing_of_it_is_left(backend):
    seen = []

    def note(x):
        seen.append(x.backend)
        return x * 2

    for _ in range(3):
        derivative(note, of(backend, X, spatial("x")))
    assert len(set(seen)) == 1


# --- constants ---


def test_constants_are_left_to_their_own_backend(backend):
    def function(x, factor):
        assert factor.backend is backend
        assert stop_gradient(x).backend is backend
        return x * factor

    x = of(backend, X, spatial("x"))
    _, tangent = jvp(function, (x, of(backend, 3.0)), (1.0, 0.0))
    assert_close(tangent.numpy("x"), np.full(3, 3.0, "float32"))


def test_tensors_of_numpy_join(backend):
    host = wrap(X, spatial("x"))
    tangent = derivative(lambda x: stack([x * host, host], channel("c")), of(backend, 2.0))
    assert_close(tangent.numpy("x,c"), np.stack([X, 0 * X], -1).astype("float32"))
    assert tangent.backend is backend


def test_stopped_values_do_not_vary(backend):
    x = of(backend, X, spatial("x"))
    assert_close(derivative(lambda x: x * stop_gradient(x), x).numpy("x"), X.astype("float32"))
    assert_close(derivative(stop_gradient, x).numpy("x"), np.zeros(3, "float32"))


# --- ways out ---


def test_copies_and_conversions_within_the_framework_keep_the_tangent(backend):
    x = of(backend, X, spatial("x"))
    for function in (tensor, lambda x: convert(x, backend)):
        tangent = derivative(lambda x, f=function: f(x) * 2, x)
        assert_close(tangent.numpy("x"), np.full(3, 2.0, "float32"))


def test_conversion_to_another_framework_would_lose_the_tangent(backend):
    with tracing(DualBackend, backend) as tracer, pytest.raises(NotSupported, match="get lost"):
        backend.adopt(tracer, tracer.full((), 1.0, DType("float32")))


def test_values_can_be_read_and_branched_on(backend):
    def function(x):
        assert_close(x.numpy("x"), X.astype("float32"))
        return x if float(sum_of(x)) > 0 else -x

    tangent = derivative(function, of(backend, X, spatial("x")))
    assert_close(tangent.numpy("x"), np.ones(3, "float32"))


def test_native_operations_are_refused_with_advice(backend):
    x = of(backend, X, spatial("x"))
    for compute in (lambda a: a * 2, lambda a: a[0], np.asarray, len):
        with pytest.raises(NotSupported, match=r"stop_gradient\(x\)\.native"):
            derivative(lambda x, f=compute: wrap(f(x.native("x")), spatial("x")), x)
    with pytest.raises(AttributeError, match=r"'ndim'.*stop_gradient\(x\)\.native"):
        derivative(lambda x: x * x.native("x").ndim, x)


def test_native_arrays_come_back_as_tensors(backend):
    tangent = derivative(lambda x: wrap(x.native("x"), spatial("y")), of(backend, X, spatial("x")))
    assert_close(tangent.numpy("y"), np.ones(3, "float32"))


# --- given derivatives ---


def test_given_rule_of_forward_mode_is_used(backend):
    def tangent(inputs, output, tangents):
        assert set(inputs) == set(tangents) == {"x", "y", "mode"}
        assert tangents["mode"] is None
        assert_close(output.numpy("x"), (X * 3).astype("float32"))
        return 7 * tangents["x"] + inputs["x"] * tangents["y"]

    f = custom_gradient(lambda x, y, mode: x * y, lambda *_: {}, jvp=tangent)
    x = of(backend, X, spatial("x"))
    found = derivative(lambda x: f(x, of(backend, 3.0), "plain"), x)
    assert_close(found.numpy("x"), np.full(3, 7.0, "float32"))


def test_given_rule_is_differentiated_in_turn():
    cube = custom_gradient(
        lambda x: x**3,
        lambda inputs, y, c: {"x": 3 * inputs["x"] ** 2 * c},
        jvp=lambda inputs, y, tangents: 3 * inputs["x"] ** 2 * tangents["x"],
    )
    found = derivative(lambda x: derivative(lambda x: derivative(cube, x), x), 2.0)
    assert float(found) == 6.0


def test_without_a_rule_for_it_forward_mode_needs_gradients():
    f = custom_gradient(lambda x: x**2, lambda inputs, y, c: {"x": 3 * c})
    with pytest.raises(NotSupported, match=r"numpy.*jvp=rule"):
        derivative(f, 2.0)
    assert float(derivative(lambda x: x * f(wrap(3.0)), 2.0)) == 9.0


def test_given_derivative_of_what_the_function_only_holds_is_not_lost(backend):
    def outer(x):
        f = custom_gradient(lambda y: x * y, lambda *_: {}, jvp=lambda i, o, t: t["y"])
        return f(of(backend, 2.0))

    with pytest.raises(NotSupported, match="as an argument"):
        derivative(outer, of(backend, 3.0))


def test_structure_of_a_given_tangent_is_checked(backend):
    f = custom_gradient(lambda x: {"a": x}, lambda *_: {}, jvp=lambda i, o, t: t["x"])
    with pytest.raises(Exception, match="jvp's result is"):
        derivative(f, of(backend, 3.0))
