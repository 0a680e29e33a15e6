"""Derivatives of stencils, which bring their transposed, against differences of the stencil."""

import numpy as np
import pytest

from phimath import boundary
from phimath.dimension import spatial
from phimath.reduce import sum as sum_of
from phimath.stencil import laplace, spatial_gradient
from phimath.testing.assertions import assert_close
from phimath.transform import gradient
from phimath.wrap import wrap

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
GENERATOR = np.random.default_rng(0)
VALUES, DIRECTION = GENERATOR.standard_normal((2, 6, 7))
BOUNDARIES = {
    "periodic": boundary.PERIODIC,
    "edge": boundary.ZERO_GRADIENT,
    "symmetric": boundary.SYMMETRIC,
    "reflect": boundary.REFLECT,
    "antisymmetric": boundary.ANTISYMMETRIC,
    "zero": 0.0,
    "one": 1.0,
    "none": None,
    "mixed": {"x-": 0.0, "x+": boundary.ZERO_GRADIENT, "y": boundary.PERIODIC},
}
STENCILS = {
    "laplace": lambda u, b: laplace(u, 0.5, padding=b),
    "laplace of order 4": lambda u, b: laplace(u, padding=b, order=4),
    "gradient of order 4": lambda u, b: spatial_gradient(u, padding=b, order=4),
    "forward gradient": lambda u, b: spatial_gradient(u, padding=b, difference="forward", order=2),
    "backward gradient": lambda u, b: spatial_gradient(u, padding=b, difference="backward"),
}


def of(backend, values):
    return wrap(backend.from_numpy(np.asarray(values)), spatial("x,y"))


@differentiates
@pytest.mark.parametrize("sides", BOUNDARIES)
@pytest.mark.parametrize("stencil", STENCILS)
def test_derivative_is_the_transposed_of_the_stencil(backend, sides, stencil):
    u, v = of(backend, VALUES), of(backend, DIRECTION)

    def apply(u):
        return STENCILS[stencil](u, BOUNDARIES[sides])

    shape = apply(u).shape
    weights = wrap(GENERATOR.standard_normal(shape.sizes), shape)
    slope = gradient(lambda u: sum_of(apply(u) * weights, shape), get_output=False)(u)
    along = float(sum_of((apply(u + v) - apply(u - v)) * weights, shape)) / 2
    assert_close(float(sum_of(slope * v)), along, rtol=1e-10, atol=1e-10)


@differentiates
def test_derivative_of_the_derivative(backend):
    u, v = of(backend, VALUES), of(backend, DIRECTION)

    def slope(u):
        return gradient(lambda u: sum_of(laplace(u) ** 3), get_output=False)(u)

    found = gradient(lambda u: sum_of(slope(u) * v), get_output=False)(u)
    step = 1e-5
    expected = (slope(u + step * v) - slope(u - step * v)) / (2 * step)
    assert_close(found.numpy("x,y"), expected.numpy("x,y"), rtol=1e-6, atol=1e-6)


@differentiates
def test_grids_smaller_than_the_stencil(backend):
    u = of(backend, VALUES[:1, :2])
    slope = gradient(lambda u: sum_of(laplace(u, order=6) ** 2) / 2, get_output=False)(u)
    step = 1e-6
    change = of(backend, [[step, 0.0]])
    values = [float(sum_of(laplace(u + s * change, order=6) ** 2)) / 2 for s in (1, -1)]
    assert_close(slope.numpy("x,y")[0, 0], (values[0] - values[1]) / (2 * step), rtol=1e-6)
