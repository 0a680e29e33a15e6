"""Functions whose derivative is given; the given rules are wrong on purpose, so that they show."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.create import expand, zeros, zeros_like
from phimath.dimension import batch, channel, spatial
from phimath.dtype import DType, precision
from phimath.elementwise import sin
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.reduce import sum as sum_of
from phimath.stacked import Stacked
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import custom_gradient, gradient
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")


@dataclass(frozen=True)
class Pair:
    first: Tensor
    second: Tensor
    power: int = 1


def of(backend, values, *dims):
    return wrap(backend.from_numpy(np.asarray(values, float)), *dims)


def tripled(name):
    """A rule that gives one argument three times the cotangent of the output."""
    return lambda inputs, output, cotangent: {name: 3 * cotangent}


def slope_of(function, *values, wrt=None):
    return gradient(function, wrt, get_output=False)(*values)


def test_values_are_those_of_the_function(backend):
    f = custom_gradient(lambda x, factor: {"y": factor * x}, tripled("x"))
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(f(x, factor=5.0)["y"].numpy(), np.array([5.0, 10.0]))


@differentiates
def test_derivative_is_the_given_one(backend):
    f = custom_gradient(lambda x: x**2, tripled("x"))
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(slope_of(lambda x: sum_of(f(x)), x).numpy(), np.array([3.0, 3.0]))


@differentiates
def test_rule_sees_arguments_by_name_and_the_output(backend):
    def rule(inputs, output, cotangent):
        return {"x": inputs["y"] * output["sum"] * cotangent["sum"]}

    f = custom_gradient(lambda x, y: {"sum": x + y}, rule)
    x, y = of(backend, 2.0), of(backend, 5.0)
    by_x, by_y = slope_of(lambda x, y: f(x, y)["sum"], x, y, wrt="x,y")
    assert (float(by_x), float(by_y)) == (35.0, 0.0)


@differentiates
def test_trees_pass_and_none_means_no_cotangent(backend):
    def rule(inputs, output, cotangent):
        pair = inputs["pair"]
        assert pair.power == 2
        return {"pair": Pair(cotangent[0] * 7, zeros_like(pair.second), 2), "factor": None}

    f = custom_gradient(lambda pair, factor: (pair.first * factor, "text"), rule)
    pair = Pair(of(backend, [1.0, 2.0], spatial("x")), of(backend, 1.0), 2)
    by_pair, by_factor = slope_of(
        lambda pair, factor: sum_of(f(pair, factor)[0]), pair, of(backend, 4.0), wrt="pair,factor"
    )
    assert_close(by_pair.first.numpy(), np.array([7.0, 7.0]))
    assert (float(by_pair.second), float(by_factor)) == (0.0, 0.0)


@differentiates
def test_cotangent_of_a_value_expanded_lazily_is_summed(backend):
    f = custom_gradient(lambda x: x * 1.0, tripled("x"))

    def loss(number):
        return sum_of(f(expand(number, spatial(x=4))), "x")

    assert float(slope_of(loss, of(backend, 1.0))) == 12.0


@differentiates
def test_cotangent_of_an_output_expanded_lazily_is_one_per_element(backend):
    weights = of(backend, [1.0, 2.0, 3.0], spatial("x"))
    f = custom_gradient(lambda x: zeros(spatial(x=3)), tripled("x"))
    x = of(backend, [1.0, 1.0, 1.0], spatial("x"))
    assert_close(slope_of(lambda x: sum_of(f(x) * weights), x).numpy(), np.array([3.0, 6.0, 9.0]))


@differentiates
def test_stacked_inputs_take_dense_cotangents(backend):
    def rule(inputs, output, cotangent):
        assert isinstance(inputs["v"], Stacked)
        parts = [c * (i + 2) for i, c in enumerate(cotangent.vector)]
        return {"v": stack(parts, channel(vector="x,y")).dense()}

    f = custom_gradient(lambda v: v * 1.0, rule)
    parts = [of(backend, [1.0, 2.0], spatial("s")), of(backend, [3.0, 3.0], spatial("s"))]
    v = Stacked(parts, channel(vector="x,y").single)
    slope = slope_of(lambda v: sum_of(f(v)), v)
    assert_close(slope.vector["x"].numpy("s"), np.array([2.0, 2.0]))
    assert_close(slope.vector["y"].numpy("s"), np.array([3.0, 3.0]))


@differentiates
def test_cotangents_of_numpy_are_moved(backend):
    def rule(inputs, output, cotangent):
        return {"x": wrap(np.array([5.0, 6.0]), spatial("x"))}

    f = custom_gradient(sin, rule)
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(slope_of(lambda x: sum_of(f(x)), x).numpy(), np.array([5.0, 6.0]))


@differentiates
def test_examples_that_the_rule_adds_are_summed(backend):
    f = custom_gradient(lambda x, b: x + b, tripled("x"))
    x, b = of(backend, 1.0), of(backend, [1.0, 2.0], batch("b"))
    assert float(slope_of(lambda x: sum_of(f(x, b), "b"), x)) == 6.0


@differentiates
def test_rule_computes_with_precision_of_the_call(backend):
    seen = []

    def rule(inputs, output, cotangent):
        seen.append((cotangent * 1.0).dtype)
        return {"x": cotangent}

    f = custom_gradient(lambda x: x * 1.0, rule)

    def loss(x):
        with precision(64):
            return f(x)

    slope_of(loss, of(backend, 1.0))
    assert seen == [DType(float, 64)]


@differentiates
def test_given_derivative_can_be_differentiated(backend):
    cube = custom_gradient(
        lambda x: x**3, lambda inputs, output, cotangent: {"x": 3 * inputs["x"] ** 2 * cotangent}
    )

    def slope(x):
        return sum_of(slope_of(lambda x: sum_of(cube(x)), x))

    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(slope_of(slope, x).numpy(), np.array([6.0, 12.0]))


@differentiates
def test_cotangents_of_unknown_arguments_are_refused(backend):
    f = custom_gradient(lambda x: x * 1.0, tripled("z"))
    with pytest.raises(ShapeError, match="cotangents for z, but the arguments are x"):
        slope_of(f, of(backend, 1.0))
