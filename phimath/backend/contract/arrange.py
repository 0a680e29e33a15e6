"""Topic `arrange`: moving elements without changing them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract.create import Number

A = TypeVar("A")


class Arrange(ABC, Generic[A]):
    """Reshaping, joining, cutting."""

    @abstractmethod
    def reshape(self, a: A, sizes: tuple[int, ...]) -> A:
        """Same elements in row-major order with other sizes."""

    @abstractmethod
    def transpose(self, a: A, axes: tuple[int, ...]) -> A:
        """Axes permuted: axis i of the result is axis `axes[i]` of `a`."""

    @abstractmethod
    def expand_dims(self, a: A, axes: tuple[int, ...]) -> A:
        """Axes of size 1 inserted at these positions of the result, in ascending order."""

    @abstractmethod
    def broadcast_to(self, a: A, sizes: tuple[int, ...]) -> A:
        """Axes of size 1 repeated to `sizes`, as a view where the framework has views."""

    @abstractmethod
    def get(self, a: A, index: tuple[int | slice, ...]) -> A:
        """Basic indexing by integers and slices (any step, negative ones too), one per axis."""

    @abstractmethod
    def concat(self, arrays: Sequence[A], axis: int) -> A:
        """Arrays joined along an existing axis."""

    @abstractmethod
    def stack(self, arrays: Sequence[A], axis: int) -> A:
        """Arrays of equal sizes joined along a new axis."""

    @abstractmethod
    def flip(self, a: A, axes: tuple[int, ...]) -> A:
        """Order of the elements reversed along axes."""

    @abstractmethod
    def pad(self, a: A, widths: Sequence[tuple[int, int]], value: Number) -> A:
        """Constant elements added before and after each axis; no width is negative."""

    @abstractmethod
    def repeat(self, a: A, count: int, axis: int) -> A:
        """Each element repeated `count` times along an axis."""
