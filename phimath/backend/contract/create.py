"""Topic `create`: arrays from sizes and numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from phimath.dtype import DType

A = TypeVar("A")
Number = bool | int | float | complex


class Create(ABC, Generic[A]):
    """New arrays."""

    @abstractmethod
    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> A:
        """Array filled with one number; `device` None means the default device."""

    @abstractmethod
    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> A:
        """Evenly spaced numbers from `start`, before `stop`."""
