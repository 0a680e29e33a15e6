"""Topic `compile` of dual arrays: loops carry tangents beside their state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual


class DualCompile(DualParts):
    """Functions run inline: what is around the derivative may be compiled."""

    def compile(
        self, function: Callable[..., tuple[Dual, ...]], arguments: Sequence[Dual]
    ) -> Callable[..., tuple[Dual, ...]]:
        """The function itself."""
        return function

    def while_loop(
        self,
        condition: Callable[..., Dual],
        body: Callable[..., tuple[Dual, ...]],
        state: tuple[Dual, ...],
    ) -> tuple[Dual, ...]:
        """A loop of the inner backend over primals and those tangents that are not always zero.

        Which ones are, an iteration may change: the loop is run or traced again with tangents for
        all that got one, at most as often as there are entries.
        """
        varies = [entry.tangent is not None for entry in state]
        while True:
            result, grown = self._loop(condition, body, state, varies)
            if grown == varies:
                return result
            varies = grown

    def _loop(
        self,
        condition: Callable[..., Dual],
        body: Callable[..., tuple[Dual, ...]],
        state: tuple[Dual, ...],
        varies: Sequence[bool],
    ) -> tuple[tuple[Dual, ...], list[bool]]:
        """Result with these tangents, and which ones there should have been."""
        grown = list(varies)

        def inner_condition(*natives: Native) -> Native:
            return condition(*self._joined(natives, varies)).primal

        def inner_body(*natives: Native) -> tuple[Native, ...]:
            results = body(*self._joined(natives, varies))
            for i, result in enumerate(results):
                grown[i] = grown[i] or result.tangent is not None
            return self._apart(results, varies)

        final = self.inner.while_loop(inner_condition, inner_body, self._apart(state, varies))
        return self._joined(final, varies), grown

    def _apart(self, duals: Sequence[Dual], varies: Sequence[bool]) -> tuple[Native, ...]:
        pairs = zip(duals, varies, strict=True)
        changes = [self.change(dual) for dual, has_tangent in pairs if has_tangent]
        return (*(dual.primal for dual in duals), *changes)

    def _joined(self, natives: Iterable[Native], varies: Sequence[bool]) -> tuple[Dual, ...]:
        arrays = tuple(natives)
        changes = iter(arrays[len(varies) :])
        pairs = zip(arrays, varies, strict=False)
        return tuple(self.dual(a, next(changes) if has_tangent else None) for a, has_tangent in pairs)
