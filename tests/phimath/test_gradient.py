"""Derivatives of functions of trees, against finite differences of the function itself."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.arrange import map_components
from phimath.create import expand, ones, vec, zeros
from phimath.dimension import batch, channel, spatial
from phimath.dtype import DType, precision
from phimath.elementwise import abs as magnitude
from phimath.elementwise import exp, real, sin
from phimath.errors import DTypeError, NotSupported, ShapeError
from phimath.join import stack
from phimath.norm import l2_loss
from phimath.reduce import sum as sum_of
from phimath.stencil import laplace
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, stop_gradient, value_and_gradient
from phimath.wrap import wrap
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
STEP = 1e-5


@dataclass(frozen=True)
class Body:
    position: Tensor
    mass: Tensor
    stiffness: float = 2.0


def finite_differences(function, values):
    """Central differences of a number by each entry of an array."""
    result = np.zeros_like(values)
    for index in np.ndindex(*values.shape):
        ahead, behind = values.copy(), values.copy()
        ahead[index] += STEP
        behind[index] -= STEP
        result[index] = (function(ahead) - function(behind)) / (2 * STEP)
    return result


@differentiates
def test_gradient_matches_finite_differences(backend, double):
    def loss(x):
        return l2_loss(laplace(sin(x) * x, padding=0.0) * exp(x))

    values = np.linspace(-1, 1, 12).reshape(3, 4)
    _, slope = value_and_gradient(loss)(of(backend, values, spatial("x,y")))
    expected = finite_differences(lambda v: float(loss(of(backend, v, spatial("x,y")))), values)
    assert_close(slope.numpy("x,y"), expected, rtol=1e-7, atol=1e-8)


@differentiates
def test_gradient_has_precision_of_its_argument(backend):
    x = of(backend, np.array([1.0, 2.0]), spatial("x"))
    assert gradient(l2_loss, get_output=False)(x).dtype is DType(float, 64)
    single = of(backend, np.array([1.0, 2.0], np.float32), spatial("x"))
    with precision(64):
        loss, slope = gradient(l2_loss)(single)
    assert (loss.dtype, slope.dtype) == (DType(float, 64), DType(float, 32))


@differentiates
def test_several_arguments_and_further_outputs(backend):
    def function(x, y):
        return l2_loss(x - y), {"sum": sum_of(x), "text": "kept"}

    x, y = of(backend, [1.0, 2.0], spatial("x")), of(backend, [0.0, 0.0], spatial("x"))
    (loss, extra), (by_x, by_y) = gradient(function, "x,y")(x, y)
    assert float(loss) == 2.5
    assert (float(extra["sum"]), extra["text"]) == (3.0, "kept")
    assert_close(by_x.numpy(), np.array([1.0, 2.0]))
    assert_close(by_y.numpy(), np.array([-1.0, -2.0]))


@differentiates
def test_examples_of_a_batch_get_their_own_gradients(backend):
    x = of(backend, np.arange(6.0).reshape(2, 3), batch("b"), spatial("x"))
    loss, slope = value_and_gradient(lambda x: sum_of(x**3))(x)
    assert_close(loss.numpy("b"), np.array([9.0, 216.0]))
    assert_close(slope.numpy("b,x"), 3 * np.arange(6.0).reshape(2, 3) ** 2)


@differentiates
def test_trees_give_gradients_of_their_structure(backend, double):
    def loss(body, scale):
        return sum_of(body.position**2) * body.mass * body.stiffness * scale["a"][0]

    body = Body(of(backend, [1.0, 2.0], channel(vector="x,y")), of(backend, 3.0))
    scale = {"a": (0.5, "static")}
    _, (by_body, by_scale) = value_and_gradient(loss, ["body", "scale"])(body, scale)
    assert by_body.stiffness == 2.0
    assert_close(by_body.position.numpy(), np.array([6.0, 12.0]))
    assert float(by_body.mass) == 5.0
    assert float(by_scale["a"][0]) == 30.0


@differentiates
def test_python_numbers_are_differentiated_as_scalars(backend):
    value, slope = value_and_gradient(lambda x, power: x**power)(3.0, power=2)
    assert (float(value), float(slope)) == (9.0, 6.0)


@differentiates
def test_numpy_tensors_are_moved_to_the_default_backend(backend):
    x = wrap(np.array([1.0, 2.0]), spatial("x"))
    _, slope = value_and_gradient(l2_loss)(x)
    assert slope.backend is backend
    assert_close(slope.numpy(), np.array([1.0, 2.0]))


@differentiates
def test_values_expanded_lazily_get_a_derivative_each(backend):
    weights = of(backend, [1.0, 2.0, 3.0], spatial("x"))
    _, slope = value_and_gradient(lambda x: sum_of(x * weights))(zeros(spatial(x=3)))
    assert_close(slope.numpy(), np.array([1.0, 2.0, 3.0]))


@differentiates
def test_stacked_and_non_uniform_arguments_keep_their_components(backend):
    parts = [of(backend, np.arange(1.0, n), spatial("x")) for n in (4, 3)]
    _, slope = value_and_gradient(lambda x: sum_of(x**2))(stack(parts, batch("b")))
    assert_close(slope.b[0].numpy(), 2 * np.arange(1.0, 4))
    assert_close(slope.b[1].numpy(), 2 * np.arange(1.0, 3))
    velocity = vec(x=of(backend, [1.0, 2.0], spatial("s")), y=of(backend, 3.0))
    _, slope = value_and_gradient(lambda v: sum_of(v.vector["x"] * v.vector["y"]))(velocity)
    assert_close(slope.numpy("vector,s"), np.array([[3.0, 3.0], [1.0, 2.0]]))


@differentiates
def test_loss_that_does_not_depend_has_zero_gradient(backend):
    _, slope = value_and_gradient(lambda x: sum_of(zeros(spatial(x=2))))(ones(spatial(x=2)))
    assert_close(slope.numpy(), np.zeros(2))


@differentiates
def test_gradient_of_squared_magnitude_is_twice_the_number(backend):
    values = np.array([1 + 2j, -3j])
    _, slope = value_and_gradient(lambda z: sum_of(magnitude(z) ** 2))(
        of(backend, values, spatial("x"))
    )
    assert_close(slope.numpy(), 2 * values, rtol=1e-6)


@differentiates
def test_gradients_nest(backend):
    first = gradient(lambda x: sum_of(x**3), get_output=False)
    second = gradient(lambda x: sum_of(first(x)), get_output=False)
    x = of(backend, [1.0, 2.0], spatial("x"))
    assert_close(second(x).numpy(), np.array([6.0, 12.0]))
    third = gradient(lambda x: sum_of(second(x)), get_output=False)
    assert_close(third(x).numpy(), np.array([6.0, 6.0]))


@differentiates
def test_stop_gradient_makes_a_tree_constant(backend):
    def loss(x):
        constant = stop_gradient({"x": x, "name": "kept"})
        assert constant["name"] == "kept"
        return sum_of(x * constant["x"])

    _, slope = value_and_gradient(loss)(of(backend, [1.0, 2.0], spatial("x")))
    assert_close(slope.numpy(), np.array([1.0, 2.0]))


@differentiates
def test_failing_function_leaves_no_residue(backend):
    def fail(x):
        raise RuntimeError("on purpose")

    x = of(backend, [1.0, 2.0], spatial("x"))
    with pytest.raises(RuntimeError, match="on purpose"):
        value_and_gradient(fail)(x)
    assert_close((x + 1).numpy(), np.array([2.0, 3.0]))
    assert_close(gradient(l2_loss, get_output=False)(x).numpy(), np.array([1.0, 2.0]))


@differentiates
def test_integers_are_refused(backend):
    with pytest.raises(DTypeError, match="to_float"):
        gradient(l2_loss)(of(backend, [1, 2], spatial("x")))
    with pytest.raises(DTypeError, match="'x', which is 3"):
        gradient(lambda x: wrap(1.0) * x)(3)


@differentiates
def test_loss_must_be_a_real_scalar(backend):
    x = of(backend, np.ones((2, 3)), batch("b"), spatial("x"))
    with pytest.raises(ShapeError, match="needs a scalar"):
        gradient(lambda x: x * 2)(x)
    with pytest.raises(ShapeError, match="returned dict as loss"):
        gradient(lambda x: {"loss": x})(x)
    with pytest.raises(DTypeError, match="must be a real"):
        gradient(lambda x: sum_of(x * 1j))(x)
    assert_close(gradient(lambda x: sum_of(real(x * (1 + 1j))))(x)[1].numpy("b,x"), np.ones((2, 3)))


def test_unknown_argument_is_named():
    with pytest.raises(ShapeError, match="has no argument 'z'"):
        gradient(lambda x, y: x, "x,z")


def test_numpy_says_which_import_line_to_use():
    with pytest.raises(NotSupported, match=r"from phisim\.torch import \*"):
        gradient(l2_loss)(wrap([1.0, 2.0], spatial("x")))


@differentiates
def test_derivative_of_repeated_examples_is_per_example(backend):
    x = expand(of(backend, 2.0), batch(b=3))
    weights = of(backend, [1.0, 2.0, 3.0], batch("b"))
    assert_close(gradient(lambda x: x**2 * weights)(x)[1].numpy(), np.array([4.0, 8.0, 12.0]))


@differentiates
def test_components_can_be_mapped_inside(backend):
    v = of(backend, np.array([[1.0, 2.0], [3.0, 4.0]]), spatial("x"), channel(vector="x,y"))
    _, slope = gradient(lambda v: sum_of(map_components(lambda c: c**2, v, dims="vector")))(v)
    assert_close(slope.numpy("x,vector"), np.array([[2.0, 4.0], [6.0, 8.0]]))
