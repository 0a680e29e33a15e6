"""Topic `create` for NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.backend.contract.create import Create
from phimath_numpy.convert import NumpyConvert

if TYPE_CHECKING:
    from phimath.backend.contract.create import Number
    from phimath.dtype import DType


class NumpyCreate(NumpyConvert, Create[np.ndarray]):
    """New arrays without the generic lookup of a device."""

    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> np.ndarray:
        """By `numpy.full`; zeros come from the operating system without being written."""
        native = self.native_dtype(dtype)
        return np.full(sizes, value, native) if value else np.zeros(sizes, native)

    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> np.ndarray:
        """By `numpy.arange`."""
        return np.arange(start, stop, step, dtype=self.native_dtype(dtype))
