"""Topic `create` of dual arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from phimath.backend.contract.create import Number
    from phimath.dtype import DType
    from phimath.transform.tracer.dual.array import Dual


class DualCreate(DualParts):
    """Constants."""

    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> Dual:
        """A constant."""
        return self.constant(self.inner.full(sizes, value, dtype, device))

    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> Dual:
        """A constant."""
        return self.constant(self.inner.arange(start, stop, step, dtype, device))
