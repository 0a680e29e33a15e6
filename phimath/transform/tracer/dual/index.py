"""Topic `index` of dual arrays: positions have no tangents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode
    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual


class DualIndex(DualParts):
    """Reading is linear, and so is writing without comparing."""

    def take(self, a: Dual, indices: Dual, axis: int) -> Dual:
        """Linear in the values."""
        return self.linear(self.inner.take, a, indices.primal, axis)

    def gather(self, a: Dual, indices: Dual) -> Dual:
        """Linear in the values."""
        return self.linear(self.inner.gather, a, indices.primal)

    def scatter(self, base: Dual, indices: Dual, values: Dual, mode: ScatterMode) -> Dual:
        """Linear in base and values; of equal extrema, all have an equal share."""
        inner, positions = self.inner, indices.primal
        primal = inner.scatter(base.primal, positions, values.primal, mode)
        if base.tangent is None and values.tangent is None:
            return self.constant(primal)
        changes = self.change(base), self.change(values)
        if mode in ("update", "add"):
            return self.dual(primal, inner.scatter(changes[0], positions, changes[1], mode))
        chosen = (
            inner.function("equal")(base.primal, primal),
            inner.function("equal")(values.primal, inner.gather(primal, positions)),
        )
        return self.dual(primal, self._mean_of_chosen(chosen, changes, positions))

    def nonzero(self, mask: Dual) -> Dual:
        """Integers."""
        return self.constant(self.inner.nonzero(mask.primal))

    def boolean_mask(self, a: Dual, mask: Dual, axis: int) -> Dual:
        """Linear in the values."""
        return self.linear(self.inner.boolean_mask, a, mask.primal, axis)

    def searchsorted(
        self, sorted_values: Dual, values: Dual, side: Literal["left", "right"]
    ) -> Dual:
        """Integers."""
        found = self.inner.searchsorted(sorted_values.primal, values.primal, side)
        return self.constant(found)

    def _mean_of_chosen(
        self, chosen: tuple[Native, Native], changes: tuple[Native, Native], positions: Native
    ) -> Native:
        inner: Any = self.inner
        dtype = inner.dtype(changes[0])
        kept = [
            inner.where(one, change, self.zeros_like(change))
            for one, change in zip(chosen, changes, strict=True)
        ]
        total = inner.scatter(kept[0], positions, kept[1], "add")
        ones = [inner.cast(one, dtype) for one in chosen]
        count = inner.scatter(ones[0], positions, ones[1], "add")
        # None is equal where one is not a number.
        return inner.function("divide")(total, inner.function("maximum")(count, 1))
