"""Topic `index` for NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from phimath.backend.contract.index import Index

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode

_BUFFERED = {"min": np.minimum, "max": np.maximum, "add": np.add}


class NumpyIndex(Index[np.ndarray]):
    """Reading and writing at integer arrays."""

    def take(self, a: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
        """By the method: 0.3 µs, `numpy.take` takes 1.0."""
        return a.take(indices, axis)

    def gather(self, a: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """By rows of all batch entries."""
        if len(a) == 1:
            return a[0].take(indices, 0)
        return a[np.arange(len(a))[:, None], indices]

    def scatter(
        self, base: np.ndarray, indices: np.ndarray, values: np.ndarray, mode: ScatterMode
    ) -> np.ndarray:
        """By `bincount` for sums of floats, else by `ufunc.at`.

        100 000 × 2 values: `bincount` 0.3 ms, `ufunc.at` 0.7 ms on one axis, 2.2 ms on rows.
        """
        batch, points, channels = base.shape
        rows = (indices + points * np.arange(batch)[:, None]).ravel()
        if mode == "update":
            result = base.reshape((batch * points, channels)).copy()
            result[rows] = values.reshape((-1, channels))
            return result.reshape(base.shape)
        flat = (rows[:, None] * channels + np.arange(channels)).ravel()
        if mode == "add" and base.dtype.kind == "f":
            # Summed in double precision, so that rounding hides the order of the values.
            added = np.bincount(flat, values.ravel(), base.size)
            return (base + added.reshape(base.shape)).astype(base.dtype, copy=False)
        result = base.flatten()
        _BUFFERED[mode].at(result, flat, values.ravel())
        return result.reshape(base.shape)

    def nonzero(self, mask: np.ndarray) -> np.ndarray:
        """By `numpy.argwhere`."""
        return np.argwhere(mask).astype(np.int64, copy=False)

    def boolean_mask(self, a: np.ndarray, mask: np.ndarray, axis: int) -> np.ndarray:
        """By the method `compress`."""
        return a.compress(mask, axis)

    def searchsorted(
        self, sorted_values: np.ndarray, values: np.ndarray, side: Literal["left", "right"]
    ) -> np.ndarray:
        """By the method."""
        return np.asarray(sorted_values.searchsorted(values, side), np.int64)
