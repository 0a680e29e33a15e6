"""Topic `reduce` for NumPy: reductions of universal functions, twice as fast as `numpy.sum`."""

from __future__ import annotations

import math

import numpy as np

from phimath.backend.contract.reduce import Reduce


class NumpyReduce(Reduce[np.ndarray]):
    """`numpy.sum(a, axis)` takes 1.7 µs, `numpy.add.reduce(a, axis)` 0.8 µs."""

    def sum(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """The type is passed because small integers would be widened."""
        return np.add.reduce(a, axes, a.dtype)

    def prod(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """The type is passed because small integers would be widened."""
        return np.multiply.reduce(a, axes, a.dtype)

    def mean(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """1.2 µs instead of 2.6; NumPy itself sums half precision in single precision."""
        if a.dtype.itemsize == 2:
            return np.mean(a, axes)
        count = math.prod([a.shape[axis] for axis in axes])
        return np.true_divide(np.add.reduce(a, axes, a.dtype), count)

    def max(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """By the universal function."""
        return np.maximum.reduce(a, axes)

    def min(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """By the universal function."""
        return np.minimum.reduce(a, axes)

    def any(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """By the universal function."""
        return np.logical_or.reduce(a, axes)

    def all(self, a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """By the universal function."""
        return np.logical_and.reduce(a, axes)

    def argmax(self, a: np.ndarray, axis: int) -> np.ndarray:
        """By the method; positions are 32 bit on some platforms."""
        return a.argmax(axis).astype(np.int64, copy=False)

    def argmin(self, a: np.ndarray, axis: int) -> np.ndarray:
        """By the method; positions are 32 bit on some platforms."""
        return a.argmin(axis).astype(np.int64, copy=False)

    def cumulative_sum(self, a: np.ndarray, axis: int) -> np.ndarray:
        """By the universal function."""
        return np.add.accumulate(a, axis, a.dtype)

    def sort(self, a: np.ndarray, axis: int) -> np.ndarray:
        """By `numpy.sort`."""
        return np.sort(a, axis)

    def argsort(self, a: np.ndarray, axis: int) -> np.ndarray:
        """Stable."""
        return a.argsort(axis, kind="stable").astype(np.int64, copy=False)
