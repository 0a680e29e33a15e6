"""Discrete Fourier, cosine and sine transforms along named dimensions."""

from phimath.spectral.fourier import fft as fft
from phimath.spectral.fourier import fftfreq as fftfreq
from phimath.spectral.fourier import fourier_laplace as fourier_laplace
from phimath.spectral.fourier import fourier_poisson as fourier_poisson
from phimath.spectral.fourier import frequency_loss as frequency_loss
from phimath.spectral.fourier import ifft as ifft
from phimath.spectral.fourier import irfft as irfft
from phimath.spectral.fourier import rfft as rfft
from phimath.spectral.waves import dct as dct
from phimath.spectral.waves import dst as dst
from phimath.spectral.waves import idct as idct
from phimath.spectral.waves import idst as idst

__all__ = [
    "dct",
    "dst",
    "fft",
    "fftfreq",
    "fourier_laplace",
    "fourier_poisson",
    "frequency_loss",
    "idct",
    "idst",
    "ifft",
    "irfft",
    "rfft",
]
