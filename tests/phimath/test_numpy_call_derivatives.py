"""Derivatives of functions of NumPy arrays, by their rules, on all backends."""

import numpy as np
import pytest

from phimath.dimension import spatial
from phimath.dtype import precision
from phimath.errors import NotSupported, ShapeError
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import (
    gradient,
    iterate,
    jacobian,
    jvp,
    numpy_call,
    stop_gradient,
)
from phimath.wrap import wrap
from tests.phimath.host_examples import A, by_numpy, matrix, ways
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")


def cube(a, **rules):
    return numpy_call(lambda a: a**3, a, output=a, **rules)


RULES = {
    "gradient": lambda inputs, output, cotangent: (3 * inputs[0] ** 2 * cotangent,),
    "jvp": lambda inputs, output, tangents: 3 * inputs[0] ** 2 * tangents[0],
}


@differentiates
def test_gradient_is_that_of_the_rule(backend):
    def loss(a):
        return sum_of(cube(a, **RULES) * a, "x,y")

    with precision(64):
        for call in ways(gradient(loss, get_output=False)):
            assert_close(call(matrix(backend)).numpy("x,y"), 4 * A**3)
        rows = jacobian(lambda a: cube(a, **RULES).x[0], get_output=False)
        together = jacobian(lambda a: cube(a, **RULES).x[0], get_output=False, together=True)
        expected = np.einsum("yz,y->yz", np.eye(3), 3 * A[0] ** 2)
        for found in (rows, together):
            assert_close(found(matrix(backend)).numpy("~x,y,~y")[0], expected)


def test_forward_mode_is_that_of_the_rule(backend):
    def push(a, da):
        return jvp(lambda a: cube(a, **RULES) * a, (a,), (da,))

    with precision(64):
        for call in ways(push):
            value, tangent = call(matrix(backend), matrix(backend, A - 1))
            assert_close(value.numpy("x,y"), A**4)
            assert_close(tangent.numpy("x,y"), 4 * A**3 * (A - 1))


@differentiates
def test_what_examples_share_gets_the_sum_of_their_cotangents(backend):
    def product(a, b, n):
        return a * b * n, n

    def rule(inputs, output, cotangent):
        a, b, n = inputs
        assert output[1].dtype.kind == "i"
        return b * n * cotangent[0], a * n * cotangent[0], None

    def loss(a, b):
        n = wrap(2)
        result, _ = numpy_call(product, a, b, n, output=(b, n), gradient=rule, loop="x")
        return sum_of(result, "x,y")

    a, b = matrix(backend), of(backend, [1.0, 2.0, 3.0], spatial("y"))
    with precision(64):
        for call in ways(gradient(loss, "a,b", get_output=False)):
            by_a, by_b = call(a, b)
            assert_close(by_a.numpy("x,y"), np.broadcast_to([2.0, 4.0, 6.0], (2, 3)))
            assert_close(by_b.numpy("y"), 2 * A.sum(0))


@differentiates
def test_derivatives_that_nobody_gave_are_refused(backend):
    def loss(a):
        return sum_of(cube(a), "x,y")

    for call in ways(gradient(loss)):
        with pytest.raises(NotSupported, match="gradient=rule"):
            call(matrix(backend))
    with pytest.raises(NotSupported, match="jvp=rule"):
        jvp(loss, (matrix(backend),), (matrix(backend),))
    with pytest.raises(NotSupported, match="jvp=rule"):
        jvp(lambda a: cube(a, gradient=RULES["gradient"]), (matrix(backend),), (matrix(backend),))
    with pytest.raises(NotSupported, match="custom_gradient"):
        jacobian(gradient(lambda a: sum_of(cube(a, **RULES), "x,y"), get_output=False))(
            matrix(backend)
        )


@differentiates
def test_constants_and_integers_need_no_rule(backend):
    def loss(a):
        order = numpy_call(lambda a: np.argsort(a, 0), a, output=wrap(0 * A.astype(int), a.shape))
        return sum_of(a * cube(stop_gradient(a)) * order, "x,y")

    with precision(64):
        for call in ways(gradient(loss, get_output=False)):
            assert_close(call(matrix(backend)).numpy("x,y"), A**3 * np.argsort(A, 0))


@differentiates
def test_rules_return_one_cotangent_per_argument(backend):
    def loss(a):
        return sum_of(cube(a, gradient=lambda *_: A), "x,y")

    with pytest.raises(ShapeError, match="tuple of 1"):
        gradient(loss)(matrix(backend))


# --- in loops ---


def halved_minimum(a, rule):
    return numpy_call(lambda a: a - 0.5 * a.min(), a, output=a, gradient=rule)


@differentiates
@pytest.mark.parametrize("policy", ["all", "sqrt"])
def test_gradients_of_loops_call_the_rule_each_time(backend, policy):
    def rule(inputs, output, cotangent):
        at_minimum = inputs[0] == inputs[0].min()
        return (cotangent - 0.5 * at_minimum * cotangent.sum(),)

    def loss(a):
        a = iterate(lambda a: halved_minimum(a, rule), 5, a, checkpoint=policy)
        return sum_of(a**2, "x,y")

    step = 1e-6
    expected = np.empty_like(A)
    for place in np.ndindex(A.shape):
        change = np.zeros_like(A)
        change[place] = step
        ahead, behind = ((by_numpy(A + sign * change, 5) ** 2).sum() for sign in (1, -1))
        expected[place] = (ahead - behind) / (2 * step)
    with precision(64):
        for call in ways(gradient(loss, get_output=False)):
            assert_close(call(matrix(backend)).numpy("x,y"), expected, rtol=1e-6)


# --- errors ---


@differentiates
def test_errors_of_rules_are_raised_as_they_are(backend):
    def rule(inputs, output, cotangent):
        raise LookupError(f"negative: {inputs[0].min()}")

    with precision(64):
        for call in ways(gradient(lambda a: sum_of(cube(a, gradient=rule), "x,y"))):
            with pytest.raises(LookupError, match=r"negative: -1\.0"):
                call(matrix(backend))
