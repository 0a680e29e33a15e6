"""Sums of long rows, which compiled TensorFlow makes products with ones."""

import numpy as np
import pytest

import phimath as math
from phimath import gradient, jit_compile, spatial, wrap
from phimath.testing.assertions import assert_close

pytestmark = pytest.mark.only_on("tensorflow")
ROWS = np.random.default_rng(0).standard_normal((2, 200, 300))


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("dims", ["z", "y,z", "x,y,z", "x,z", "y"])
def test_sums_are_those_of_numpy(backend, dims, bits):
    values = math.convert(wrap(ROWS, spatial("x,y,z")), backend)
    axes = tuple("xyz".index(name) for name in dims.split(","))
    with math.precision(bits):
        found = jit_compile(lambda a: math.sum(a * 2, dims))(values)
    found = found.numpy(",".join(name for name in "xyz" if name not in dims))
    expected = (2 * ROWS).sum(axes)
    assert_close(found, expected, rtol=0, atol={32: 2e-3, 64: 1e-11}[bits])
    assert found.dtype == f"float{bits}"


def test_infinite_and_missing_numbers_stay_in_their_rows(backend):
    rows = ROWS.copy()
    rows[0, 3, 5], rows[0, 4, 6], rows[1, 7, :2] = np.inf, np.nan, (np.inf, -np.inf)
    with math.precision(64):
        found = jit_compile(lambda a: math.sum(a, "z"))(
            math.convert(wrap(rows, spatial("x,y,z")), backend)
        ).numpy("x,y")
    assert np.array_equal(np.isfinite(found), np.isfinite(rows).all(2))
    assert found[0, 3] == np.inf
    assert np.isnan(found[0, 4])
    assert np.isnan(found[1, 7])


def test_their_derivatives_are_those_of_sums(backend):
    values = math.convert(wrap(ROWS, spatial("x,y,z")), backend)
    with math.precision(64):

        def loss(a):
            return math.sum(math.sum(a * a, "z") ** 2, "x,y")

        slope = jit_compile(gradient(loss, get_output=False))(values).numpy("x,y,z")
        curvature = jit_compile(
            gradient(
                lambda a: math.sum(gradient(loss, get_output=False)(a), None), get_output=False
            )
        )(values).numpy("x,y,z")
    squares = (ROWS**2).sum(2, keepdims=True)
    assert_close(slope, 4 * squares * ROWS, rtol=1e-12)
    # ∂/∂aₖ ∑ⱼ 4 s aⱼ = 8 aₖ ∑ⱼ aⱼ + 4 s
    assert_close(curvature, 8 * ROWS * ROWS.sum(2, keepdims=True) + 4 * squares, rtol=1e-10)
