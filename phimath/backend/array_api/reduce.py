"""Topic `reduce` over an Array API namespace."""

from __future__ import annotations

from typing import Any, TypeVar

from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.contract.reduce import Reduce
from phimath.dtype import INT8, INT64

A = TypeVar("A")


class ArrayApiReduce(ArrayApiConvert[A], Reduce[A]):
    """The standard's functions widen small integers and reject booleans unless told otherwise."""

    def sum(self, a: A, axes: tuple[int, ...]) -> A:
        """By `sum`."""
        native: Any = a
        return self.xp.sum(native, axis=axes, dtype=native.dtype)

    def prod(self, a: A, axes: tuple[int, ...]) -> A:
        """By `prod`."""
        native: Any = a
        return self.xp.prod(native, axis=axes, dtype=native.dtype)

    def mean(self, a: A, axes: tuple[int, ...]) -> A:
        """By `mean`; the mean of complex numbers is no part of the standard."""
        if self.dtype(a).kind == "float":
            return self.xp.mean(a, axis=axes)
        sizes = self.sizes(a)
        count = 1
        for axis in axes:
            count *= sizes[axis]
        return self.xp.divide(self.sum(a, axes), count)

    def max(self, a: A, axes: tuple[int, ...]) -> A:
        """By `max`, for booleans by `any`."""
        reduction = self.xp.any if self.dtype(a).kind == "bool" else self.xp.max
        return reduction(a, axis=axes)

    def min(self, a: A, axes: tuple[int, ...]) -> A:
        """By `min`, for booleans by `all`."""
        reduction = self.xp.all if self.dtype(a).kind == "bool" else self.xp.min
        return reduction(a, axis=axes)

    def any(self, a: A, axes: tuple[int, ...]) -> A:
        """By `any`."""
        return self.xp.any(a, axis=axes)

    def all(self, a: A, axes: tuple[int, ...]) -> A:
        """By `all`."""
        return self.xp.all(a, axis=axes)

    def argmax(self, a: A, axis: int) -> A:
        """By `argmax`."""
        return self.cast(self.xp.argmax(self._comparable(a), axis=axis), INT64)

    def argmin(self, a: A, axis: int) -> A:
        """By `argmin`."""
        return self.cast(self.xp.argmin(self._comparable(a), axis=axis), INT64)

    def cumulative_sum(self, a: A, axis: int) -> A:
        """By `cumulative_sum`."""
        native: Any = a
        return self.xp.cumulative_sum(native, axis=axis, dtype=native.dtype)

    def sort(self, a: A, axis: int) -> A:
        """By `sort`."""
        return self.cast(self.xp.sort(self._comparable(a), axis=axis), self.dtype(a))

    def argsort(self, a: A, axis: int) -> A:
        """By `argsort`, stable."""
        return self.cast(self.xp.argsort(self._comparable(a), axis=axis, stable=True), INT64)

    def _comparable(self, a: A) -> A:
        return self.cast(a, INT8) if self.dtype(a).kind == "bool" else a
