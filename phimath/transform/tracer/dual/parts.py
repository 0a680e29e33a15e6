"""What the rules of all topics share."""

from __future__ import annotations

from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

from phimath.transform.tracer.base import Tracer
from phimath.transform.tracer.dual.array import Dual
from phimath.transform.tracer.dual.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.broadcast import Native


class DualParts(Tracer[Dual]):
    """Making dual arrays, and rules that several topics need."""

    purpose = "jvp"

    @cached_property
    def values(self) -> Values:
        """Arrays of the inner backend with operators."""
        return Values(self.inner)

    def constant(self, array: Native) -> Dual:
        """Zero tangent."""
        return Dual(array, None, self.run)

    def constants(self, arrays: Sequence[Native]) -> tuple[Dual, ...]:
        """Zero tangents."""
        return tuple(Dual(array, None, self.run) for array in arrays)

    def dual(self, primal: Native, tangent: Native | None) -> Dual:
        """A dual array of this run."""
        return Dual(primal, tangent, self.run)

    def linear(self, method: Callable[..., Native], a: Dual, *rest: Any) -> Dual:
        """A method that is linear in `a`: the tangent goes the same way."""
        tangent = a.tangent
        return Dual(
            method(a.primal, *rest),
            None if tangent is None else method(tangent, *rest),
            self.run,
        )

    def zeros_like(self, array: Native) -> Native:
        """Zeros of the inner backend."""
        inner = self.inner
        return inner.full(inner.sizes(array), 0, inner.dtype(array), inner.device(array))

    def change(self, a: Dual) -> Native:
        """The tangent, also if it is zero."""
        return self.zeros_like(a.primal) if a.tangent is None else a.tangent

    def apart(
        self, duals: Sequence[Dual], has_tangent: Sequence[bool] | None = None
    ) -> tuple[Native, ...]:
        """Arrays of the inner backend: tangents, then primals.

        has_tangent: whose tangents, even if they are zero; by default of those that have one.
        """
        if has_tangent is None:
            has_tangent = have_tangents(duals)
        chosen = compress(duals, has_tangent)
        return (*map(self.change, chosen), *(dual.primal for dual in duals))

    def together(self, natives: Sequence[Native], has_tangent: Sequence[bool]) -> tuple[Dual, ...]:
        """Inverse of `apart`."""
        tangents, count = iter(natives), sum(has_tangent)
        pairs = zip(natives[count:], has_tangent, strict=True)
        return tuple(self.dual(native, next(tangents) if has else None) for native, has in pairs)

    def total(self, terms: Sequence[Native]) -> Native | None:
        """Sum of tangents, `None` of none."""
        add = self.inner.function("add")
        result = None
        for term in terms:
            result = term if result is None else add(result, term)
        return result

    def stretched(self, array: Native, sizes: tuple[int, ...]) -> Native:
        """The array repeated along the axes that broadcasting gives it."""
        inner = self.inner
        own = inner.sizes(array)
        if own == sizes:
            return array
        if len(own) < len(sizes):
            array = inner.reshape(array, (1,) * (len(sizes) - len(own)) + own)
        return inner.broadcast_to(array, sizes)


def have_tangents(duals: Sequence[Dual]) -> list[bool]:
    """Whose tangents are not known to be zero."""
    return [dual.tangent is not None for dual in duals]
