"""Topic `reduce`: fewer values from many, along given axes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

A = TypeVar("A")


class Reduce(ABC, Generic[A]):
    """Reductions, scans and sorting.

    `axes` is sorted and never empty; the type of the result is that of the argument.
    """

    @abstractmethod
    def sum(self, a: A, axes: tuple[int, ...]) -> A:
        """Sum over axes."""

    @abstractmethod
    def prod(self, a: A, axes: tuple[int, ...]) -> A:
        """Product over axes."""

    @abstractmethod
    def mean(self, a: A, axes: tuple[int, ...]) -> A:
        """Mean over axes of floating numbers."""

    @abstractmethod
    def max(self, a: A, axes: tuple[int, ...]) -> A:
        """Largest value along axes, for real and boolean values."""

    @abstractmethod
    def min(self, a: A, axes: tuple[int, ...]) -> A:
        """Smallest value along axes, for real and boolean values."""

    @abstractmethod
    def any(self, a: A, axes: tuple[int, ...]) -> A:
        """Whether any boolean along the axes is true."""

    @abstractmethod
    def all(self, a: A, axes: tuple[int, ...]) -> A:
        """Whether all booleans along the axes are true."""

    @abstractmethod
    def argmax(self, a: A, axis: int) -> A:
        """Position (int64) of the first largest value along one axis."""

    @abstractmethod
    def argmin(self, a: A, axis: int) -> A:
        """Position (int64) of the first smallest value along one axis."""

    @abstractmethod
    def cumulative_sum(self, a: A, axis: int) -> A:
        """Running sum along one axis, the first element included."""

    @abstractmethod
    def sort(self, a: A, axis: int) -> A:
        """Values in ascending order along one axis."""

    @abstractmethod
    def argsort(self, a: A, axis: int) -> A:
        """Positions (int64) that sort along one axis; equal values keep their order."""
