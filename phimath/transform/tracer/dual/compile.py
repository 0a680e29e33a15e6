"""Topic `compile` of dual arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.transform.tracer.dual.array import Dual


class DualCompile(DualParts):
    """Functions run inline: what is around the derivative may be compiled."""

    def compile(
        self, function: Callable[..., tuple[Dual, ...]], arguments: Sequence[Dual]
    ) -> Callable[..., tuple[Dual, ...]]:
        """The function itself."""
        return function
