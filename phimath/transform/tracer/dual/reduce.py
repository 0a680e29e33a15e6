"""Topic `reduce` of dual arrays."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual
    from phimath.transform.tracer.dual.values import Value


class DualReduce(DualParts):
    """Sums are linear; extrema and sorting select; positions have no tangents."""

    def sum(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.sum, a, axes)

    def prod(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Product rule, without quotients: factors may be zero."""
        primal = self.inner.prod(a.primal, axes)
        if a.tangent is None:
            return self.constant(primal)
        change = self._change_of_product(a.primal, a.tangent, axes)
        return self.dual(primal, self.zeros_like(primal) if change is None else change)

    def mean(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.mean, a, axes)

    def max(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """That of the largest value."""
        return self._selected(self.inner.max, a, axes)

    def min(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """That of the smallest value."""
        return self._selected(self.inner.min, a, axes)

    def any(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Booleans."""
        return self.constant(self.inner.any(a.primal, axes))

    def all(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Booleans."""
        return self.constant(self.inner.all(a.primal, axes))

    def argmax(self, a: Dual, axis: int) -> Dual:
        """Integers."""
        return self.constant(self.inner.argmax(a.primal, axis))

    def argmin(self, a: Dual, axis: int) -> Dual:
        """Integers."""
        return self.constant(self.inner.argmin(a.primal, axis))

    def cumulative_sum(self, a: Dual, axis: int) -> Dual:
        """Linear."""
        return self.linear(self.inner.cumulative_sum, a, axis)

    def sort(self, a: Dual, axis: int) -> Dual:
        """Tangents in the order of their values."""
        primal = self.inner.sort(a.primal, axis)
        if a.tangent is None:
            return self.constant(primal)
        order = self.inner.argsort(a.primal, axis)
        return self.dual(primal, self._reordered(a.tangent, order, axis))

    def argsort(self, a: Dual, axis: int) -> Dual:
        """Integers."""
        return self.constant(self.inner.argsort(a.primal, axis))

    def _selected(
        self, method: Callable[[Native, tuple[int, ...]], Native], a: Dual, axes: tuple[int, ...]
    ) -> Dual:
        """Extremum; of equal ones, all have an equal share of the tangent, as in frameworks."""
        inner = self.inner
        primal = method(a.primal, axes)
        if a.tangent is None:
            return self.constant(primal)
        chosen = inner.function("equal")(a.primal, inner.expand_dims(primal, axes))
        kept = inner.where(chosen, a.tangent, self.zeros_like(a.tangent))
        count = inner.sum(inner.cast(chosen, inner.dtype(a.tangent)), axes)
        # None is equal where one is not a number.
        count = inner.function("maximum")(count, 1)
        return self.dual(primal, inner.function("divide")(inner.sum(kept, axes), count))

    def _change_of_product(
        self, factors: Native, changes: Native, axes: tuple[int, ...]
    ) -> Native | None:
        """∑ᵢ dxᵢ ∏ⱼ≠ᵢ xⱼ by multiplying in pairs; `None` if there are no factors."""
        inner = self.inner
        sizes = inner.sizes(factors)
        kept = tuple(axis for axis in range(len(sizes)) if axis not in axes)
        count = prod(sizes[axis] for axis in axes)
        shape = (*(sizes[axis] for axis in kept), count)
        x, dx = (
            self.values.of(inner.reshape(inner.transpose(a, (*kept, *axes)), shape))
            for a in (factors, changes)
        )
        while count > 1:
            left, right = slice(0, count - count % 2, 2), slice(1, count, 2)
            x1, x2, dx1, dx2 = (self._last(a.native, s) for a in (x, dx) for s in (left, right))
            parts = [x1 * x2], [dx1 * x2 + x1 * dx2]
            if count % 2:
                for part, whole in zip(parts, (x, dx), strict=True):
                    part.append(self._last(whole.native, slice(count - 1, count)))
            x, dx = (
                self.values.of(inner.concat([value.native for value in part], len(kept)))
                for part in parts
            )
            count = (count + 1) // 2
        return inner.get(dx.native, (*(slice(None) for _ in kept), 0)) if count else None

    def _last(self, array: Native, part: slice) -> Value:
        rank = len(self.inner.sizes(array))
        return self.values.of(self.inner.get(array, (*(slice(None),) * (rank - 1), part)))

    def _reordered(self, array: Native, order: Native, axis: int) -> Native:
        """Elements at positions that differ for each line along the axis."""
        inner = self.inner
        sizes = inner.sizes(array)
        axes = (*(i for i in range(len(sizes)) if i != axis), axis)
        rows = prod(sizes[i] for i in axes[:-1])
        lines, positions = (
            inner.reshape(inner.transpose(a, axes), (rows, sizes[axis])) for a in (array, order)
        )
        taken = inner.gather(inner.reshape(lines, (rows, sizes[axis], 1)), positions)
        taken = inner.reshape(taken, tuple(sizes[i] for i in axes))
        return inner.transpose(taken, tuple(axes.index(i) for i in range(len(sizes))))
