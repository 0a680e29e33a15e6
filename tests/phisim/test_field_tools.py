"""Noise, vortices, spectral derivatives and other resolutions."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import batch, channel, instance, seed, tensor, using, vec
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import BoundaryError, ShapeError, ValueRangeError
from phimath.testing.assertions import assert_close
from phisim.field import (
    AngularVelocity,
    CenteredGrid,
    Noise,
    StaggeredGrid,
    center_of_mass,
    curl,
    divergence,
    downsample2x,
    fourier_gradient,
    fourier_laplace,
    fourier_poisson,
    upsample2x,
)
from phisim.geometry import Box, Sphere

pytestmark = pytest.mark.usefixtures("double")

TAU = 2 * math.pi


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_noise_is_normalised_reproducible_and_new_on_each_call(backend, make):
    box = Box(x=20, y=10)
    seed(0)
    first = make(Noise(scale=5, smoothness=2), PERIODIC, box, x=32, y=16)
    other = make(Noise(scale=5, smoothness=2), PERIODIC, box, x=32, y=16)
    seed(0)
    again = make(Noise(scale=5, smoothness=2), PERIODIC, box, x=32, y=16)
    parts = [f.values if make is CenteredGrid else f.component("y") for f in (first, other, again)]
    arrays = [part.numpy("x,y") for part in parts]
    assert abs(arrays[0].mean()) < 1e-12
    assert arrays[0].std() == pytest.approx(1)
    assert np.abs(arrays[0] - arrays[2]).max() < 1e-12
    assert np.abs(arrays[0] - arrays[1]).max() > 0.5


def test_noise_has_the_spectrum_that_is_asked_for():
    seed(0)
    n, scale, smoothness = 64, 8.0, 1.5
    field = CenteredGrid(
        Noise(batch(worlds=400), scale, smoothness), PERIODIC, Box(x=32, y=32), x=n, y=n
    )
    power = (np.abs(np.fft.fft2(field.values.numpy("worlds,x,y"))) ** 2).mean(0)
    k = np.fft.fftfreq(n, 0.5)
    waves = (k[:, None] ** 2 + k**2) * scale**2
    expected = 1 / (1 + waves) ** (2 * smoothness)
    ratio = (power / expected).reshape(-1)[1:]
    assert ratio.std() / ratio.mean() < 0.07  # 1/√400 for each wave, and the normalisation


def test_noise_may_have_further_dimensions():
    field = CenteredGrid(Noise(channel(vector="x,y"), 3), 0, Box(x=8, y=8), x=8, y=8)
    assert field.is_vector
    with pytest.raises(ValueRangeError, match="positive length"):
        Noise(scale=0)
    with pytest.raises(ValueRangeError, match="negative"):
        Noise(smoothness=-1)


def test_rigid_rotation_has_constant_vorticity_and_no_divergence(backend):
    with using(backend):
        spin = AngularVelocity(vec(x=1.0, y=2.0), 0.7)
        v = StaggeredGrid(spin, ZERO_GRADIENT, Box(x=4, y=4), x=8, y=8)
        assert_close(divergence(v).values.numpy("x,y"), np.zeros((8, 8)), atol=1e-12)
        inner = curl(v).values.numpy("x,y")[1:-1, 1:-1]
        assert_close(inner, np.full((6, 6), 1.4), rtol=1e-12)


def test_vortices_add_up_and_fall_off():
    centers = tensor(
        np.array([[0.0, 0.0], [3.0, 0.0]]), instance("vortices"), channel(vector="x,y")
    )
    both = AngularVelocity(centers, 1.0, lambda r: pm.exp(-(r**2)))
    r = 1.0
    expected = r * math.exp(-1) - 2 * math.exp(-4)
    assert float(both(vec(x=1.0, y=0.0)).vector["y"]) == pytest.approx(expected)
    spin = AngularVelocity(vec(x=0.0, y=0.0, z=0.0), vec(x=0.0, y=0.0, z=2.0))
    assert_close(spin(vec(x=1.0, y=3.0, z=5.0)), vec(x=-6.0, y=2.0, z=0.0))
    with pytest.raises(ShapeError, match="a number in 2D and a vector in 3D"):
        AngularVelocity(vec(x=0.0, y=0.0, z=0.0), 1.0)


def wave(x, y):
    return pm.sin(2 * x) * pm.cos(3 * y)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_spectral_derivatives_are_exact_also_for_oblong_cells(backend, make):
    with using(backend):
        box = Box(x=TAU, y=TAU)
        u = make(wave, PERIODIC, box, x=16, y=12)
        expected = make(lambda x, y: -13 * wave(x, y), PERIODIC, box, x=16, y=12)
        for axis in "xy" if make is StaggeredGrid else [None]:
            part = [f.values if axis is None else f.component(axis) for f in (u, expected)]
            lap, back = (
                f.values if axis is None else f.component(axis)
                for f in (fourier_laplace(u), fourier_poisson(expected))
            )
            assert_close(lap, part[1], atol=1e-11)
            assert_close(back, part[0], atol=1e-12)


def test_the_spectral_gradient_is_exact():
    u = CenteredGrid(wave, PERIODIC, Box(x=TAU, y=TAU), x=16, y=12)
    exact = CenteredGrid(
        lambda x, y: (2 * pm.cos(2 * x) * pm.cos(3 * y), -3 * pm.sin(2 * x) * pm.sin(3 * y)),
        PERIODIC,
        Box(x=TAU, y=TAU),
        x=16,
        y=12,
    )
    gradient = fourier_gradient(u)
    for axis in "xy":
        assert_close(gradient.component(axis), exact.component(axis), atol=1e-12)
    with pytest.raises(BoundaryError, match="needs a periodic field"):
        fourier_gradient(CenteredGrid(0, 0, Box(x=1, y=1), x=4, y=4))
    with pytest.raises(ShapeError, match="centered scalar field"):
        fourier_gradient(StaggeredGrid(0, PERIODIC, Box(x=1, y=1), x=4, y=4))


def test_halving_keeps_integrals_and_a_divergence_of_zero(backend):
    with using(backend):
        seed(1)
        u = CenteredGrid(Noise(scale=3), ZERO_GRADIENT, Box(x=8, y=8), x=16, y=8)
        half = downsample2x(u)
        assert half.resolution.int_sizes == (8, 4)
        assert float(pm.mean(half.values, None)) == pytest.approx(
            float(pm.mean(u.values, None)), abs=1e-12
        )
        array = u.values.numpy("x,y")
        assert_close(half.values.numpy("x,y"), array.reshape(8, 2, 4, 2).mean((1, 3)), rtol=1e-12)
        for boundary in (PERIODIC, ZERO_GRADIENT):
            spin = AngularVelocity(vec(x=4.0, y=4.0), 1.0, lambda r: pm.exp(-(r**2)))
            v = StaggeredGrid(spin, boundary, Box(x=8, y=8), x=16, y=8)
            fine = divergence(v).values.numpy("x,y")
            coarse = divergence(downsample2x(v)).values.numpy("x,y")
            assert_close(coarse, fine.reshape(8, 2, 4, 2).mean((1, 3)), atol=1e-12)
    with pytest.raises(ShapeError, match="5 cells along 'x' can't be halved"):
        downsample2x(CenteredGrid(0, 0, Box(x=1), x=5))


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_doubling_is_second_order(make):
    def error(n):
        u = make(wave, PERIODIC, Box(x=TAU, y=TAU), x=n, y=n)
        exact = make(wave, PERIODIC, Box(x=TAU, y=TAU), x=2 * n, y=2 * n)
        return float(pm.mean(abs((upsample2x(u) - exact).values), None))

    assert math.log2(error(32) / error(64)) == pytest.approx(2, abs=0.15)


def test_the_center_of_mass_of_a_disc_is_its_center():
    disc = CenteredGrid(Sphere(x=3, y=2, radius=1), 0, Box(x=6, y=6), x=60, y=60)
    assert_close(center_of_mass(disc), vec(x=3.0, y=2.0), rtol=1e-12)
    assert_close(center_of_mass(disc * 0), vec(x=0.0, y=0.0))
    with pytest.raises(ShapeError, match="centered scalar field"):
        center_of_mass(StaggeredGrid(0, 0, Box(x=1, y=1), x=4, y=4))
