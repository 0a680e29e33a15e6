"""Topic `random` of dual arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from phimath.transform.tracer.dual.array import Dual


class DualRandom(DualParts):
    """Random bits depend on nothing."""

    def random_bits(
        self, key: tuple[int, int] | Dual, count: int, device: str | None = None
    ) -> Dual:
        """A constant."""
        words = key if isinstance(key, tuple) else key.primal
        return self.constant(self.inner.random_bits(words, count, device))

    def random_key(self, seed: Dual, number: Dual) -> Dual:
        """A constant."""
        return self.constant(self.inner.random_key(seed.primal, number.primal))
