from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

from phimath import batch, channel, precision, spatial, stack, tensor, vec, wrap
from phimath.errors import DimensionError, DTypeError, ShapeError
from phimath.spectral import (
    dct,
    dst,
    fft,
    fftfreq,
    fourier_laplace,
    fourier_poisson,
    frequency_loss,
    idct,
    idst,
    ifft,
    irfft,
    rfft,
)
from phimath.testing.assertions import assert_close

VALUES = np.random.default_rng(0).random((3, 4, 6)).astype(np.float32)


def test_fft_of_all_spatial_dimensions_agrees_with_numpy(backend):
    spectrum = fft(tensor(VALUES, batch("b"), spatial("x,y")))
    assert spectrum.dtype.name == "complex64"
    assert_close(spectrum.numpy("b,x,y"), np.fft.fft2(VALUES), rtol=1e-4, atol=1e-5)
    assert_close(ifft(spectrum).numpy("b,x,y"), VALUES.astype(np.complex64), rtol=1e-4, atol=1e-6)


def test_fft_along_one_dimension_in_double_precision(backend):
    with precision(64):
        spectrum = fft(tensor(VALUES, batch("b"), spatial("x,y")), "x")
    assert spectrum.dtype.name == "complex128"
    assert_close(
        spectrum.numpy("b,x,y"),
        np.fft.fft(VALUES.astype(np.float64), axis=1),
        rtol=1e-9,
        atol=1e-12,
    )


@pytest.mark.parametrize("size", [5, 6])
def test_real_transforms_keep_half_of_the_frequencies(backend, size):
    values = VALUES[0, :, :size]
    half = rfft(tensor(values, spatial("x,y")), "y")
    assert_close(half.numpy("x,y"), np.fft.rfft(values), rtol=1e-4, atol=1e-5)
    assert_close(irfft(half, size, "y").numpy("x,y"), values, rtol=1e-4, atol=1e-6)


def test_transforms_of_lazily_expanded_values_see_all_elements(backend):
    assert_close(
        fft(tensor(np.float32(1)).expanded(spatial(x=4))).numpy(),
        np.fft.fft(np.ones(4)).astype(np.complex64),
    )


def test_transforms_keep_components_of_other_dimensions_apart():
    sizes = stack(
        {"a": wrap([1.0, 2.0], spatial("x")), "b": wrap([3.0, 4.0, 5.0], spatial("x"))},
        channel("part"),
    )
    assert_close(
        fft(sizes).part["b"].numpy(), np.fft.fft([3, 4, 5]).astype(np.complex64), rtol=1e-6
    )


def test_wrong_transforms_are_errors():
    with pytest.raises(DTypeError, match=r"rfft\(\) transforms real numbers, not complex64"):
        rfft(fft(wrap([1.0, 2.0], spatial("x"))))
    with pytest.raises(ShapeError, match="One dimension is transformed at a time"):
        rfft(wrap(np.ones((2, 2)), spatial("x,y")))
    with pytest.raises(ShapeError, match="needs 5 frequencies along 'x', not 3"):
        irfft(rfft(wrap(np.ones(4), spatial("x"))), 8)
    with pytest.raises(ShapeError, match="nothing to transform"):
        fft(vec(x=1, y=2))
    with pytest.raises(DimensionError, match="no dimension 'z'"):
        fft(wrap([1.0], spatial("x")), "z")


def test_frequencies_are_listed_per_axis():
    frequencies = fftfreq(spatial(x=4, y=3), vec(x=0.5, y=2))
    assert frequencies.shape.get_labels("vector") == ("x", "y")
    assert_close(
        frequencies.numpy("vector,x,y")[0, :, 0], np.fft.fftfreq(4, 0.5).astype(np.float32)
    )
    assert_close(frequencies.numpy("vector,x,y")[1, 0], np.fft.fftfreq(3, 2).astype(np.float32))


# --- periodic grids ---


@pytest.mark.parametrize("times", [1, 2, 3])
def test_powers_of_laplace_are_exact_at_any_spacing(backend, times):
    dx = 2 * np.pi / 16
    with precision(64):
        sine = tensor(np.sin(np.arange(16) * dx), spatial("x"))
        assert_close(
            fourier_laplace(sine, dx, times).numpy(), (-1) ** times * sine.numpy(), atol=1e-9
        )
        assert_close(
            fourier_poisson(sine, dx, times).numpy(), (-1) ** times * sine.numpy(), atol=1e-9
        )


def test_poisson_inverts_laplace_up_to_the_mean(backend):
    with precision(64):
        grid = tensor(VALUES.astype(np.float64), batch("b"), spatial("x,y"))
        dx = vec(x=0.5, y=2.0)
        back = fourier_poisson(fourier_laplace(grid, dx), dx).numpy("b,x,y")
    assert_close(
        back, VALUES - VALUES.astype(np.float64).mean((1, 2), keepdims=True), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize(("wave", "falloff"), [(0, 1.0), (1, 1.0), (1, 10.0), (2, 1.0)])
def test_low_frequencies_weigh_more_in_the_loss(backend, wave, falloff):
    values = np.cos(2 * np.pi * wave * np.arange(8) / 8).astype(np.float32)
    weight = np.exp(-0.5 * (wave / 8 * falloff) ** 2)
    modes = np.abs(np.fft.fft(values)) * weight
    loss = frequency_loss(tensor(values, spatial("x")), falloff)
    assert_close(float(loss), float(0.5 * (modes**2).sum()), rtol=1e-4)
    assert_close(
        float(frequency_loss(tensor(values, spatial("x")), falloff, n=1)),
        float(modes.sum()),
        rtol=1e-4,
    )


def test_the_mean_can_be_left_out_of_the_loss():
    assert float(frequency_loss(wrap(np.ones(4), spatial("x")), ignore_mean=True)) == 0


# --- cosine and sine transforms ---


@pytest.mark.parametrize("size", [2, 5, 6])
@pytest.mark.parametrize("type", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("transform", "inverse", "reference"),
    [(dct, idct, scipy.fft.dct), (dst, idst, scipy.fft.dst)],
    ids=["dct", "dst"],
)
def test_cosine_and_sine_transforms_agree_with_scipy(
    backend, transform, inverse, reference, type, size
):
    values = VALUES[0, :, :size].astype(np.float64)
    with precision(64):
        grid = tensor(values, batch("b"), spatial("x"))
        result = transform(grid, type=type)
        assert_close(result.numpy("b,x"), reference(values, type=type), rtol=1e-10, atol=1e-12)
        assert_close(inverse(result, type=type).numpy("b,x"), values, rtol=1e-10, atol=1e-12)


def test_cosine_transforms_of_several_dimensions(backend):
    result = dct(tensor(VALUES, batch("b"), spatial("x,y")))
    assert result.dtype.name == "float32"
    assert_close(result.numpy("b,x,y"), scipy.fft.dctn(VALUES, axes=(1, 2)), rtol=1e-4, atol=1e-5)


def test_transforms_that_do_not_exist_are_errors():
    with pytest.raises(ShapeError, match="no transform 'dct5'"):
        dct(wrap([1.0, 2.0], spatial("x")), type=5)
    with pytest.raises(ShapeError, match="needs at least 2 values"):
        dct(wrap([1.0], spatial("x")), type=1)
    with pytest.raises(DTypeError, match=r"dct\(\) transforms real numbers"):
        dct(fft(wrap([1.0, 2.0], spatial("x"))))
