"""Topic `create` over an Array API namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.contract.create import Create

if TYPE_CHECKING:
    from phimath.backend.contract.create import Number
    from phimath.dtype import DType

A = TypeVar("A")


class ArrayApiCreate(ArrayApiConvert[A], Create[A]):
    """New arrays by the standard's functions of the same names."""

    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> A:
        """By `full`."""
        native = self.native_dtype(dtype)
        return self.xp.full(sizes, value, dtype=native, device=self._native_device(device))

    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> A:
        """By `arange`."""
        native = self.native_dtype(dtype)
        return self.xp.arange(start, stop, step, dtype=native, device=self._native_device(device))
