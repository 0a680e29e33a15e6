"""Topic `index` over an Array API namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.contract.index import Index
from phimath.dtype import INT64

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode

A = TypeVar("A")


class ArrayApiIndex(ArrayApiConvert[A], Index[A]):
    """Gathering by `take`; scattering by sorting: the standard can't write at integer arrays."""

    def take(self, a: A, indices: A, axis: int) -> A:
        """By `take`."""
        return self.xp.take(a, indices, axis=axis)

    def _flat(self, indices: A, points: int) -> Any:
        """Indices (batch, count) into the rows of all batch entries laid one after the other."""
        native: Any = indices
        batch = native.shape[0]
        starts = self.xp.arange(batch, dtype=native.dtype, device=native.device) * points
        return self.xp.reshape(native + self.xp.reshape(starts, (batch, 1)), (-1,))

    def gather(self, a: A, indices: A) -> A:
        """By `take` from the rows of all batch entries."""
        batch, points, channels = self.sizes(a)
        rows = self.xp.reshape(a, (batch * points, channels))
        taken = self.xp.take(rows, self._flat(indices, points), axis=0)
        return self.xp.reshape(taken, (*self.sizes(indices), channels))

    def scatter(self, base: A, indices: A, values: A, mode: ScatterMode) -> A:
        """Values are sorted by index; each row combines its first value, its second and so on."""
        xp, combine = self.xp, self._combination(mode)
        batch, points, channels = self.sizes(base)
        result = xp.reshape(base, (batch * points, channels))
        flat = self._flat(indices, points)
        if not flat.shape[0]:
            return self.copy(base)
        order = xp.argsort(flat, stable=True)
        flat = xp.take(flat, order, axis=0)
        ordered = xp.take(xp.reshape(values, (-1, channels)), order, axis=0)
        rows = xp.arange(batch * points, dtype=flat.dtype, device=flat.device)
        first = xp.searchsorted(flat, rows, side="left")
        counts = xp.searchsorted(flat, rows, side="right") - first
        for position in range(int(xp.max(counts))):
            present = counts > position
            chosen = xp.where(present, first + position, xp.zeros_like(first))
            combined = combine(result, xp.take(ordered, chosen, axis=0))
            result = xp.where(xp.reshape(present, (-1, 1)), combined, result)
        return xp.reshape(result, (batch, points, channels))

    def _combination(self, mode: ScatterMode) -> Any:
        return {
            "update": lambda _, new: new,
            "add": self.xp.add,
            "min": self.xp.minimum,
            "max": self.xp.maximum,
        }[mode]

    def nonzero(self, mask: A) -> A:
        """By `nonzero`."""
        native: Any = mask
        if native.ndim == 0:
            return self.xp.zeros((int(bool(native)), 0), dtype=self.xp.int64, device=native.device)
        return self.cast(self.xp.stack(self.xp.nonzero(mask), axis=1), INT64)

    def boolean_mask(self, a: A, mask: A, axis: int) -> A:
        """By `nonzero` and `take`."""
        return self.xp.take(a, self.xp.nonzero(mask)[0], axis=axis)

    def searchsorted(self, sorted_values: A, values: A, side: Literal["left", "right"]) -> A:
        """By `searchsorted`."""
        flat = self.xp.reshape(values, (-1,))
        found = self.xp.searchsorted(sorted_values, flat, side=side)
        return self.cast(self.xp.reshape(found, self.sizes(values)), INT64)
