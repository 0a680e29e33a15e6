"""Topic `convert` of dual arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.transform.tracer.dual.array import Dual
from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    import numpy as np

    from phimath.dtype import DType


class DualConvert(DualParts):
    """What a dual array is, its primal is."""

    def dtype(self, array: Dual) -> DType:
        """That of the primal."""
        return self.inner.dtype(array.primal)

    def native_dtype(self, dtype: DType) -> Any:
        """That of the inner backend."""
        return self.inner.native_dtype(dtype)

    def cast(self, array: Dual, dtype: DType) -> Dual:
        """Linear between floating types; nothing else has a derivative."""
        if not dtype.is_floating:
            return self.constant(self.inner.cast(array.primal, dtype))
        return self.linear(self.inner.cast, array, dtype)

    def sizes(self, array: Dual) -> tuple[int, ...]:
        """Those of the primal."""
        return self.inner.sizes(array.primal)

    def from_numpy(self, array: np.ndarray, device: str | None = None) -> Dual:
        """A constant."""
        return self.constant(self.inner.from_numpy(array, device))

    def to_numpy(self, array: Dual) -> np.ndarray:
        """The primal: values that leave the framework are not differentiated."""
        return self.inner.to_numpy(array.primal)

    def from_dlpack(self, array: Any) -> Dual:
        """A constant."""
        return self.constant(self.inner.from_dlpack(array))

    def copy(self, array: Dual) -> Dual:
        """Linear."""
        return self.linear(self.inner.copy, array)

    def devices(self) -> tuple[str, ...]:
        """Those of the inner backend."""
        return self.inner.devices()

    def device(self, array: Dual) -> str:
        """That of the primal."""
        return self.inner.device(array.primal)

    def to_device(self, array: Dual, device: str) -> Dual:
        """Linear."""
        return self.linear(self.inner.to_device, array, device)

    def synchronize(self, array: Dual) -> None:
        """Wait for both parts."""
        self.inner.synchronize(array.primal)
        if array.tangent is not None:
            self.inner.synchronize(array.tangent)

    def is_available(self, array: Dual) -> bool:
        """Whether the primal can be read: a branch in Python is taken by its value."""
        return self.inner.is_available(array.primal)
