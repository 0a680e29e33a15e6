"""Topic `elementwise` of linear arrays: by the algebraic facts of the operation table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.table import OPERATIONS
from phimath.transform.tracer.dependence import layers as of
from phimath.transform.tracer.dependence.array import Linear
from phimath.transform.tracer.dependence.parts import DependenceParts, not_linear

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.create import Number
    from phimath.table import Operation
    from phimath.transform.tracer.dependence.layers import Layers

# Functions of the contract: the row of the table that they belong to.
_ROWS = {row.function: row for row in OPERATIONS.values()}
# Linear, if only real factors count.
_OF_PARTS = ("conj", "real", "imag")


class DependenceElementwise(DependenceParts):
    """What a function is linear in stays linear, if no other operand depends on variables."""

    def function(self, name: str) -> Callable[..., Linear]:
        """The function of the inner backend, with layers."""
        function, row = self.inner.function(name), _ROWS.get(name)

        def run(*operands: Any) -> Linear:
            primal = function(*[o.primal if isinstance(o, Linear) else o for o in operands])
            varying = [i for i, o in enumerate(operands) if _varies(o)]
            if not varying:
                return self.constant(primal)
            return self.linear(primal, self._layers(name, row, operands, varying, primal))

        return run

    def where(self, condition: Linear, true: Linear, false: Linear) -> Linear:
        """Selects by a constant."""
        return self.function("where")(condition, true, false)

    def power_of(self, a: Linear, exponent: Number) -> Linear:
        """Linear for the exponent 1."""
        if a.layers is not None and exponent != 1:
            raise not_linear("power")
        return self.linear(self.inner.power_of(a.primal, exponent), a.layers)

    def _layers(
        self,
        name: str,
        row: Operation | None,
        operands: Sequence[Any],
        varying: list[int],
        primal: Any,
    ) -> Layers | None:
        sizes = self.inner.sizes(primal)
        if name == "where":
            return self._selected(operands, varying, sizes)
        if name in _OF_PARTS and not self.has_complex_variables:
            return operands[0].layers
        if row is not None and row.jointly_linear:
            return of.united([operands[i].layers for i in varying], sizes)
        is_product = row is not None and not row.jointly_linear and len(varying) == 1
        if row is not None and is_product and varying[0] in row.linear_in:
            others = [o for i, o in enumerate(operands) if i != varying[0]]
            if name == "multiply" and any(o == 0 for o in others if not isinstance(o, Linear)):
                return None
            return of.stretched(operands[varying[0]].layers, sizes)
        if name == "pow" and varying == [0] and operands[1] == 1:
            return operands[0].layers
        raise not_linear(name if row is None else row.name)

    def _selected(
        self, operands: Sequence[Linear], varying: list[int], sizes: tuple[int, ...]
    ) -> Layers:
        condition, *choices = operands
        if 0 in varying:
            raise not_linear("where")
        if not self.inner.is_available(condition.primal):
            return of.united([operands[i].layers or () for i in varying], sizes)
        mask = self.known(condition, "where()")
        parts = []
        for choice, kept in zip(choices, (mask, ~mask), strict=True):
            if choice.layers is not None:
                parts.append(of.where(kept, choice.layers, sizes))
        return of.united(parts, sizes)


def _varies(operand: Any) -> bool:
    return isinstance(operand, Linear) and operand.layers is not None
