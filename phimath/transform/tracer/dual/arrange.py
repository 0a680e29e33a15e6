"""Topic `arrange` of dual arrays: tangents move as their primals do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.create import Number
    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual


class DualArrange(DualParts):
    """All methods are linear but `pad`, whose constant has no tangent."""

    def reshape(self, a: Dual, sizes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.reshape, a, sizes)

    def transpose(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.transpose, a, axes)

    def expand_dims(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.expand_dims, a, axes)

    def broadcast_to(self, a: Dual, sizes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.broadcast_to, a, sizes)

    def get(self, a: Dual, index: tuple[int | slice, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.get, a, index)

    def concat(self, arrays: Sequence[Dual], axis: int) -> Dual:
        """Linear in all arrays together."""
        return self._joined(self.inner.concat, arrays, axis)

    def stack(self, arrays: Sequence[Dual], axis: int) -> Dual:
        """Linear in all arrays together."""
        return self._joined(self.inner.stack, arrays, axis)

    def flip(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        """Linear."""
        return self.linear(self.inner.flip, a, axes)

    def pad(self, a: Dual, widths: Sequence[tuple[int, int]], value: Number) -> Dual:
        """The constant around is one."""
        pad, tangent = self.inner.pad, a.tangent
        return self.dual(
            pad(a.primal, widths, value), None if tangent is None else pad(tangent, widths, 0)
        )

    def repeat(self, a: Dual, count: int, axis: int) -> Dual:
        """Linear."""
        return self.linear(self.inner.repeat, a, count, axis)

    def _joined(self, method: Callable[..., Native], arrays: Sequence[Any], axis: int) -> Dual:
        primal = method([a.primal for a in arrays], axis)
        if all(a.tangent is None for a in arrays):
            return self.constant(primal)
        return self.dual(primal, method([self.change(a) for a in arrays], axis))
