"""Topic `spectral` for NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from phimath.backend.array_api.spectral import ArrayApiSpectral


class NumpySpectral(ArrayApiSpectral[np.ndarray]):
    """NumPy's Fourier transforms, which keep single precision from version 2 on; SciPy's others.

    At 256² in 32 bit a cosine transform of both axes takes 0.18 ms, 0.6 ms by way of `np.fft.rfft`.
    """

    def dct(self, a: np.ndarray, axis: int, kind: int) -> np.ndarray:
        """By `scipy.fft`."""
        from scipy.fft import dct

        result: Any = dct(a, kind, axis=axis)
        return result

    def dst(self, a: np.ndarray, axis: int, kind: int) -> np.ndarray:
        """By `scipy.fft`."""
        from scipy.fft import dst

        result: Any = dst(a, kind, axis=axis)
        return result
