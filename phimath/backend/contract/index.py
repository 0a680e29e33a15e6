"""Topic `index`: reading and writing at positions given by integer arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, Literal, TypeVar

A = TypeVar("A")
ScatterMode = Literal["update", "add", "min", "max"]


class Index(ABC, Generic[A]):
    """Gather, scatter and search.

    Integer arrays are int64 (or int32), non-negative and in range; callers see to it.
    """

    @abstractmethod
    def take(self, a: A, indices: A, axis: int) -> A:
        """Elements at one-dimensional `indices` along `axis`."""

    @abstractmethod
    def gather(self, a: A, indices: A) -> A:
        """`a` (batch, points, channels), `indices` (batch, count) → (batch, count, channels)."""

    @abstractmethod
    def scatter(self, base: A, indices: A, values: A, mode: ScatterMode) -> A:
        """Copy of `base` with `values` combined in at `indices`.

        Axes: `base` (batch, points, channels), `indices` (batch, count), `values` (batch, count,
        channels).

        Several values at one index: `update` keeps one of them, `add` sums, `min` and `max`
        compare, base included.
        """

    @abstractmethod
    def nonzero(self, mask: A) -> A:
        """Positions (count, rank), int64, of true elements of an array, in row-major order."""

    @abstractmethod
    def boolean_mask(self, a: A, mask: A, axis: int) -> A:
        """Elements of `a` along `axis` where the one-dimensional `mask` is true."""

    @abstractmethod
    def searchsorted(self, sorted_values: A, values: A, side: Literal["left", "right"]) -> A:
        """Positions (int64) where `values` (any axes) belong in one-dimensional `sorted_values`."""
