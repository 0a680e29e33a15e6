"""Pullbacks, Jacobians and Hessians, against formulas and finite differences."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.create import ones, vec, zeros
from phimath.dimension import batch, channel, dual, spatial
from phimath.dtype import DType, precision
from phimath.elementwise import abs as magnitude
from phimath.elementwise import exp, imag, real, sin
from phimath.errors import DTypeError, NotSupported, ShapeError
from phimath.join import stack
from phimath.norm import l2_loss
from phimath.random import random_normal, seed
from phimath.reduce import sum as sum_of
from phimath.stencil import laplace
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, hessian, jacobian, vjp
from phimath.wrap import wrap
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
STEP = 1e-4


@dataclass(frozen=True)
class Body:
    position: Tensor
    mass: Tensor
    stiffness: float = 2.0


# --- vjp ---


@differentiates
def test_pullback_is_the_transposed_derivative_each_time(backend, double):
    matrix = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
    m = of(backend, matrix, channel("out"), spatial("x"))
    output, pullback = vjp(lambda x: sum_of(m * x, "x"), of(backend, [1.0, 0.0, 2.0], spatial("x")))
    assert_close(output.numpy("out"), matrix @ [1.0, 0.0, 2.0])
    for weights in ([1.0, 0.0], [2.0, -3.0]):
        (found,) = pullback(of(backend, weights, channel("out")))
        assert_close(found.numpy("x"), matrix.T @ weights)


@differentiates
def test_cotangents_are_trees_like_the_output(backend):
    def function(x, scale):
        return {"product": x * scale[0], "count": wrap(3), "name": "kept"}

    output, pullback = vjp(function, of(backend, [1.0, 2.0], spatial("x")), (5.0, "static"))
    assert output["name"] == "kept"
    by_x, by_scale = pullback({"product": 2.0, "count": wrap(0), "name": "kept"})
    assert_close(by_x.numpy("x"), np.array([10.0, 10.0]))
    assert float(by_scale[0]) == 6.0
    assert by_scale[1] == "static"


@differentiates
def test_pullback_keeps_the_precision_of_the_evaluation(backend):
    x = of(backend, np.array([1.0, 1 / 3]), spatial("x"))
    with precision(64):
        _, pullback = vjp(lambda x: x**3, x)
    (found,) = pullback(1.0)
    assert found.dtype is DType(float, 64)
    assert_close(found.numpy("x"), np.array([3.0, 1 / 3]), rtol=1e-14)


@differentiates
def test_pullback_draws_the_random_numbers_of_the_evaluation(backend):
    seed(3)
    output, pullback = vjp(lambda x: x * random_normal(spatial(x=4)), of(backend, 1.0))
    assert_close(pullback(of(backend, np.eye(4)[2], spatial("x")))[0].numpy(), output.numpy()[2])
    seed(3)
    first, second = random_normal(spatial(x=4)), random_normal(spatial(x=4))
    assert_close(output.numpy(), first.numpy())
    seed(3)
    vjp(lambda x: x * random_normal(spatial(x=4)), of(backend, 1.0))[1](1.0)
    assert_close(random_normal(spatial(x=4)).numpy(), second.numpy())


@differentiates
def test_pullback_of_complex_numbers_is_the_adjoint(backend, double):
    factor, values, weights = 2 + 3j, np.array([1 + 1j, -2j]), np.array([3 - 1j, 1 + 4j])
    _, pullback = vjp(lambda z: z * factor, of(backend, values, spatial("x")))
    (found,) = pullback(of(backend, weights, spatial("x")))
    assert_close(found.numpy("x"), np.conj(factor) * weights)


@differentiates
def test_pullback_can_be_differentiated(backend, double):
    x = of(backend, [1.0, 2.0], spatial("x"))
    _, slope = gradient(lambda c: sum_of(vjp(sin, x)[1](c)[0] ** 2))(x)
    assert_close(slope.numpy("x"), 2 * np.cos([1.0, 2.0]) ** 2 * [1.0, 2.0])


@differentiates
def test_cotangents_that_do_not_fit_are_refused(backend):
    x = of(backend, [1.0, 2.0], spatial("x"))
    _, pullback = vjp(lambda x: {"a": x}, x)
    with pytest.raises(ShapeError, match=r"but the output is {'a': \*}"):
        pullback(x)
    with pytest.raises(ShapeError, match="has dimensions that the output"):
        pullback({"a": ones(spatial(x=2, y=3))})
    with pytest.raises(DTypeError, match="cotangent is complex"):
        pullback({"a": x * 1j})
    with pytest.raises(DTypeError, match="to_float"):
        vjp(sin, of(backend, [1, 2], spatial("x")))[1](1.0)


# --- Jacobians ---


@differentiates
def test_jacobian_has_rows_of_the_output_and_dual_columns(backend, double):
    matrix = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
    m = of(backend, matrix, channel(out="a,b"), spatial("x"))
    output, found = jacobian(lambda x: sum_of(m * x, "x") ** 2)(
        of(backend, [1.0, 0.0, 2.0], spatial("x"))
    )
    y = matrix @ [1.0, 0.0, 2.0]
    assert_close(output.numpy("out"), y**2)
    assert found.shape.get_labels("out") == ("a", "b")
    assert found.shape.get_type("~x") is dual
    assert_close(found.numpy("out,~x"), 2 * y[:, None] * matrix)


@differentiates
def test_jacobian_of_a_field_matches_finite_differences(backend, double):
    def function(u):
        return laplace(u**2, padding=0.0) * exp(u) + u.vector["x"]

    values = np.linspace(-1, 1, 12).reshape(3, 2, 2)
    dims = spatial("x,y"), channel(vector="x,y")
    found = jacobian(function, get_output=False)(of(backend, values, *dims))
    for index in np.ndindex(*values.shape):
        step = np.zeros_like(values)
        step[index] = STEP
        ahead, behind = (function(of(backend, values + s, *dims)) for s in (step, -step))
        expected = (ahead - behind).numpy("x,y,vector") / (2 * STEP)
        column = found.numpy("x,y,vector,~x,~y,~vector")[(..., *index)]
        assert_close(column, expected, rtol=1e-6, atol=1e-6)


@differentiates
def test_jacobian_maps_trees_to_trees(backend):
    def function(body, dt):
        return {"moved": body.position * dt, "name": "kept"}, body.mass * body.stiffness

    body = Body(of(backend, [1.0, 2.0], channel(vector="x,y")), of(backend, 3.0))
    (moved, mass), (by, of_mass) = jacobian(function, "body,dt")(body, 5.0)
    assert moved["name"] == by["name"] == "kept"
    assert float(mass) == 6.0
    by_body, by_dt = by["moved"]
    assert_close(by_body.position.numpy("vector,~vector"), 5 * np.eye(2))
    assert_close(by_body.mass.numpy("vector"), np.zeros(2))
    assert_close(by_dt.numpy("vector"), np.array([1.0, 2.0]))
    assert (float(of_mass[0].mass), float(of_mass[1])) == (2.0, 0.0)


@differentiates
def test_examples_have_jacobians_of_their_own(backend):
    values, factors = np.arange(6.0).reshape(2, 3), np.array([2.0, 5.0])
    x = of(backend, values, batch("b"), spatial("x"))
    f = of(backend, factors, batch("b"))
    found = jacobian(lambda x: x**2 * f, get_output=False)(x)
    expected = np.stack([np.diag(2 * v * k) for v, k in zip(values, factors, strict=True)])
    assert_close(found.numpy("b,x,~x"), expected)
    shared = jacobian(lambda y: x * y**2, get_output=False)(of(backend, 3.0))
    assert_close(shared.numpy("b,x"), 6 * values)


@differentiates
def test_complex_outputs_have_complex_jacobians(backend, double):
    x = of(backend, [1.0, 2.0], spatial("x"))
    found = jacobian(lambda x: exp(1j * x), get_output=False)(x)
    assert_close(found.numpy("x,~x"), np.diag(1j * np.exp([1j, 2j])))
    z = of(backend, [1 + 2j, -3j], spatial("x"))
    by_complex = jacobian(lambda z: magnitude(z) ** 2, get_output=False)(z)
    assert_close(by_complex.numpy("x,~x"), np.diag([2 + 4j, -6j]))
    with pytest.raises(NotSupported, match="Differentiate real"):
        jacobian(lambda z: z * z)(z)
    parts = jacobian(lambda z: (real(z * z), imag(z * z)), get_output=False)(z)
    assert_close(parts[0].numpy("x,~x"), np.diag([2 - 4j, 6j]))


@differentiates
def test_rows_draw_the_same_random_numbers(backend):
    x = of(backend, [1.0, 2.0, 3.0], spatial("x"))
    output, found = jacobian(lambda x: x * random_normal(spatial(x=3)))(x)
    assert_close(found.numpy("x,~x"), np.diag(output.numpy("x") / x.numpy("x")))


@differentiates
def test_rows_together_are_the_rows_one_by_one(backend, double):
    values = np.linspace(-1, 1, 12).reshape(2, 3, 2)
    x = of(backend, values, batch("b"), spatial("x"), channel(vector="x,y"))

    def function(x, w):
        return {"field": laplace(x**2, padding=0.0) * w, "wave": exp(1j * w * x.vector["x"])}

    for wrt in ("x", "x,w"):
        together = jacobian(function, wrt, get_output=False, together=True)(x, 2.0)
        assert_close(together, jacobian(function, wrt, get_output=False)(x, 2.0), rtol=1e-12)


@differentiates
def test_rows_together_evaluate_the_function_once(backend):
    calls = []

    def function(x):
        calls.append(1)
        return sin(x)

    jacobian(function, together=True)(of(backend, np.ones(5), spatial("x")))
    assert len(calls) == 2  # with that of the output


@differentiates
def test_jacobians_together_nest(backend, double):
    first = jacobian(lambda x: x**3, get_output=False, together=True)
    second = jacobian(lambda x: sum_of(first(x), "~x"), get_output=False, together=True)
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(second(x).numpy("x,~x"), np.diag([6.0, 12.0]))
    found = hessian(lambda x: sum_of(x**3), get_output=False, together=True)(x)
    assert_close(found.numpy("x,~x"), np.diag([6.0, 12.0]))


@differentiates
def test_jacobian_of_components_that_are_kept_apart(backend):
    def function(x):
        return vec(x=x**2, y=sum_of(x) * ones(spatial(x=2)))

    found = jacobian(function, get_output=False)(of(backend, [1.0, 2.0], spatial("x")))
    assert_close(found.numpy("vector,x,~x"), np.stack([np.diag([2.0, 4.0]), np.ones((2, 2))]))
    constant = jacobian(lambda x: zeros(spatial(y=2)), get_output=False)(of(backend, 1.0))
    assert_close(constant.numpy("y"), np.zeros(2))


@differentiates
def test_dimensions_that_would_appear_twice_are_named(backend):
    matrix = ones(spatial(x=2), dual(x=2))
    with pytest.raises(ShapeError, match="'~x' would appear twice"):
        jacobian(lambda m: m * 2.0)(matrix)
    parts = [of(backend, np.ones(n), spatial("x")) for n in (2, 3)]
    with pytest.raises(NotSupported, match="pad_to_uniform"):
        jacobian(sin)(stack(parts, batch("b")))


# --- Hessians ---


@differentiates
def test_hessian_of_a_tree_matches_finite_differences(backend, double):
    def energy(body, dt):
        p = body.position
        return sum_of(sin(p) * p.vector["x"] ** 2) * body.mass**2 * exp(body.stiffness * dt)

    def flat(values):
        body = Body(of(backend, values[:2], channel(vector="x,y")), of(backend, values[2]))
        return body, of(backend, values[3])

    values = np.array([0.3, -0.8, 1.2, 0.4])
    loss, found = hessian(energy, "body,dt")(*flat(values))
    assert_close(float(loss), float(energy(*flat(values))))
    of_body, (of_dt, of_dt_twice) = found
    numbers = np.empty((4, 4))
    for row, of_part in ((slice(2), of_body.position), (2, of_body.mass)):
        names = "vector," if row != 2 else ""
        numbers[row, :2] = of_part[0].position.numpy(f"{names}~vector")
        numbers[row, 2] = of_part[0].mass.numpy(names)
        numbers[row, 3] = of_part[1].numpy(names)
    numbers[3, :2], numbers[3, 2] = of_dt.position.numpy("~vector"), float(of_dt.mass)
    numbers[3, 3] = float(of_dt_twice)
    slope = gradient(energy, "body,dt", get_output=False)
    for i in range(4):
        step = STEP * np.eye(4)[i]
        (ahead, ahead_dt), (behind, behind_dt) = (slope(*flat(values + s)) for s in (step, -step))
        expected = [
            *(ahead.position - behind.position).numpy("vector"),
            float(ahead.mass - behind.mass),
            float(ahead_dt - behind_dt),
        ]
        assert_close(numbers[:, i], np.array(expected) / (2 * STEP), rtol=1e-6, atol=1e-7)


@differentiates
def test_examples_have_hessians_of_their_own_and_share_parameters(backend, double):
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    x = of(backend, values, batch("b"), spatial("x"))
    loss, ((xx, xw), (wx, ww)) = hessian(lambda x, w: sum_of(x**3) * w**2, "x,w")(x, 2.0)
    assert_close(loss.numpy("b"), 4 * np.sum(values**3, 1))
    assert_close(xx.numpy("b,x,~x"), np.stack([np.diag(24 * v) for v in values]))
    assert_close(xw.numpy("b,x"), 12 * values**2)
    assert_close(wx.numpy("b,~x"), 12 * values**2)
    assert_close(float(ww), 2 * np.sum(values**3))


def test_numpy_says_which_import_line_to_use():
    x = wrap([1.0, 2.0], spatial("x"))
    for differentiate in (jacobian(sin), hessian(l2_loss), lambda x: vjp(sin, x)):
        with pytest.raises(NotSupported, match=r"from phisim\.torch import \*"):
            differentiate(x)
