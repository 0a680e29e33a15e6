"""Directional derivatives, against formulas, finite differences and the adjoint identity."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.boundary import pad
from phimath.create import ones, vec
from phimath.dimension import batch, dual, spatial
from phimath.dims import rename_dims
from phimath.dtype import DType, precision
from phimath.elementwise import abs as magnitude
from phimath.elementwise import conjugate, exp, maximum, real, sin, sqrt, where
from phimath.errors import DTypeError, ShapeError
from phimath.interpolate import grid_sample
from phimath.linear_algebra import matmul
from phimath.norm import normalize
from phimath.random import random_normal, seed
from phimath.reduce import max as max_of
from phimath.reduce import mean
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.sparse import SymmetricOperator
from phimath.spectral import fft, ifft
from phimath.stencil import laplace
from phimath.tensor import Tensor
from phimath.tensor_tree import tree_map
from phimath.testing.assertions import assert_close
from phimath.transform import custom_gradient, gradient, jit_compile, jvp, vjp
from phimath.wrap import wrap
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
GENERATOR = np.random.default_rng(0)
VALUES, TANGENT = GENERATOR.standard_normal((2, 4, 4))
MATRIX = spatial("x,y")


@dataclass(frozen=True)
class Damped(SymmetricOperator):
    """w x − 0.1 ∇²x, with x = 0 outside."""

    weight: Tensor

    def apply(self, x):
        return self.weight * x - 0.1 * laplace(x, padding=0.0)

    @property
    def diagonal(self):
        return self.weight + 0.4

    @property
    def norm(self):
        return max_of(self.weight) + 0.8


FUNCTIONS = {
    "elementwise": lambda u: sin(u) * exp(u) / (1 + u**2) + maximum(u, 0.1),
    "selection": lambda u: where(u > 0, u**2, sqrt(9 - u)),
    "reductions": lambda u: {"mean": mean(u**2, "x"), "max": max_of(u, "y"), "all": sum_of(u)},
    "stencil": lambda u: laplace(u * u, padding=0.0),
    "movement": lambda u: pad(u, {"x": (1, 2)}, 3.0).x[:4] * u.y[::-1],
    "spectrum": lambda u: magnitude(fft(u)) ** 2 + real(ifft(fft(u) * 1j) * u),
    "product": lambda u: matmul(rename_dims(u, "y", dual("z")), rename_dims(u, "x", "z")),
    "sampling": lambda u: grid_sample(u, vec(x=1.5 + 0.3 * sin(u), y=u * 0.2 + 1)),
    "normalised": lambda u: normalize(u, "x"),
    "solve": lambda u: solve_linear(Damped(2 + u**2), sin(u), Solve(rel_tol=1e-14)),
}


def hessian_product(f, v):
    """Derivative of a gradient along v."""
    slope = gradient(lambda u: sum_of(f(u) ** 2), get_output=False)
    return lambda u: jvp(slope, (u,), (v,))[1]


def numbers(tree):
    """All numbers of a tensor or of a dict of tensors."""
    parts = tree.values() if isinstance(tree, dict) else [tree]
    return np.concatenate([np.ravel(part.numpy(part.shape)) for part in parts])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_tangent_is_the_derivative(backend, double, name):
    function = FUNCTIONS[name]
    x, v = of(backend, VALUES, MATRIX), of(backend, TANGENT, MATRIX)
    output, tangent = jvp(function, (x,), (v,))
    assert_close(numbers(output), numbers(function(x)))
    step = 1e-6
    expected = (numbers(function(x + step * v)) - numbers(function(x - step * v))) / (2 * step)
    assert_close(numbers(tangent), expected, rtol=1e-6, atol=1e-7)


@differentiates
@pytest.mark.parametrize("name", FUNCTIONS)
def test_tangent_is_the_adjoint_of_the_pullback(backend, double, name):
    function = FUNCTIONS[name]
    x, v = of(backend, VALUES, MATRIX), of(backend, TANGENT, MATRIX)
    output, tangent = jvp(function, (x,), (v,))
    cotangent = tree_map(lambda y: sin(3 * y), output)
    (pulled,) = vjp(function, x)[1](cotangent)
    assert_close(numbers(tangent) @ numbers(cotangent), float(sum_of(pulled * v)), rtol=1e-12)


def test_several_arguments_and_trees(backend):
    x, dx = of(backend, [1.0, 2.0], spatial("x")), of(backend, [1.0, -1.0], spatial("x"))

    def function(x, state):
        return (x * state["factor"], "kept", wrap(2))

    output, tangent = jvp(function, (x, {"factor": 3.0}), (dx, {"factor": 10.0}))
    assert_close(output[0].numpy(), np.array([3.0, 6.0]))
    assert_close(tangent[0].numpy(), np.array([3.0, -3.0]) + 10 * np.array([1.0, 2.0]))
    assert tangent[1] == "kept"
    assert int(tangent[2]) == 0


def test_complex_tangents_pass_through_holomorphic_and_other_functions(backend, double):
    z, dz = np.array([1 + 2j, -1j]), np.array([0.5 - 1j, 2.0 + 0j])
    primal, direction = of(backend, z, spatial("x")), of(backend, dz, spatial("x"))
    _, tangent = jvp(lambda z: z**2 * (1 + 1j), (primal,), (direction,))
    assert_close(tangent.numpy("x"), 2 * z * dz * (1 + 1j))
    _, tangent = jvp(conjugate, (primal,), (direction,))
    assert_close(tangent.numpy("x"), np.conj(dz))


@differentiates
def test_tangent_of_a_given_rule_is_that_rule(backend):
    tripled = custom_gradient(lambda x: x**2, lambda inputs, y, c: {"x": 3 * c})
    _, tangent = jvp(tripled, (of(backend, [1.0, 2.0], spatial("x")),), (2.0,))
    assert_close(tangent.numpy("x"), np.array([6.0, 6.0]))


def test_output_and_tangent_belong_to_the_same_random_numbers(backend):
    seed(5)
    output, tangent = jvp(lambda x: x * random_normal(spatial(x=3)), (2.0,), (1.0,))
    assert_close(tangent.numpy(), output.numpy() / 2)


def test_examples_are_independent(backend):
    values = np.arange(6.0).reshape(2, 3)
    x = of(backend, values, batch("b"), spatial("x"))
    _, tangent = jvp(lambda x: sum_of(x**2), (x,), (of(backend, [1.0, -1.0], batch("b")),))
    assert_close(tangent.numpy("b"), np.array([6.0, -24.0]))


def test_tangent_keeps_the_precision(backend):
    with precision(64):
        _, tangent = jvp(lambda x: x / 3, (of(backend, 1.0),), (1.0,))
    assert tangent.dtype is DType(float, 64)
    assert float(tangent) == 1 / 3


@differentiates
def test_tangent_can_be_differentiated(backend, double):
    x, v = of(backend, [1.0, 2.0], spatial("x")), of(backend, [0.5, -1.0], spatial("x"))
    _, slope = gradient(lambda x: sum_of(jvp(lambda x: x**3, (x,), (v,))[1]))(x)
    assert_close(slope.numpy("x"), 6 * np.array([1.0, 2.0]) * [0.5, -1.0])


def test_tangents_that_do_not_fit_are_refused(backend):
    x = of(backend, [1.0, 2.0], spatial("x"))
    with pytest.raises(ShapeError, match=r"jvp\(f, \(x,\), \(dx,\)\)"):
        jvp(sin, x, x)
    with pytest.raises(ShapeError, match="The tangent is"):
        jvp(sin, (x,), (x, x))
    with pytest.raises(ShapeError, match="dimensions that the primals"):
        jvp(sin, (x,), (ones(spatial(x=2, y=2)),))
    with pytest.raises(DTypeError, match="to_float"):
        jvp(sin, (of(backend, [1, 2], spatial("x")),), (1.0,))


@differentiates
@pytest.mark.parametrize(
    "derivative",
    [
        lambda f, v: lambda u: jvp(f, (u,), (v,))[1],
        lambda f, v: lambda u: vjp(f, u)[1](v)[0],
        hessian_product,
    ],
)
def test_compiled_derivatives_of_a_solve_are_the_eager_ones(backend, double, derivative):
    x, v = of(backend, VALUES, MATRIX), of(backend, TANGENT, MATRIX)
    function = derivative(FUNCTIONS["solve"], v)
    assert_close(jit_compile(function, optimize="off")(x), function(x), rtol=1e-12, atol=1e-13)
