"""Topic `elementwise` of dual arrays: derivatives from the operation table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from phimath.backend.contract.elementwise import BINARY, UNARY
from phimath.errors import NotSupported
from phimath.table import OPERATIONS
from phimath.transform.tracer.dual.array import Dual
from phimath.transform.tracer.dual.parts import DualParts
from phimath.transform.tracer.dual.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract.create import Number
    from phimath.broadcast import Native
    from phimath.table import Operation

_ROWS: Final = {row.function: row for row in OPERATIONS.values()}


class DualElementwise(DualParts):
    """A tangent is the sum of those of the operands, each times a partial derivative."""

    def function(self, name: str) -> Callable[..., Dual]:
        """The function on dual arrays; without derivative, its result is constant."""
        function, row = self.inner.function(name), _ROWS.get(name)
        if row is None or not _has_derivative(row):
            return lambda *operands: self.constant(function(*map(_primal, operands)))
        return self._unary(row, function) if row.arity == 1 else self._general(row, function)

    def where(self, condition: Dual, true: Dual, false: Dual) -> Dual:
        """Linear in both values."""
        return self.function("where")(condition, true, false)

    def power_of(self, a: Dual, exponent: Number) -> Dual:
        """The derivative is a constant power, too."""
        inner, change = self.inner, a.tangent
        primal = inner.power_of(a.primal, exponent)
        if change is not None and exponent != 1:
            slope = inner.power_of(a.primal, exponent - 1)
            slope = inner.function("multiply")(slope, exponent)
            change = inner.function("multiply")(slope, change) if exponent else None
        return Dual(primal, change, self.run)

    def safe_divide(self, a: Dual, b: Dual | Number) -> Dual:
        """By the table."""
        return self.function("safe_divide")(a, b)

    def safe_sqrt(self, a: Dual) -> Dual:
        """By the table."""
        return self.function("safe_sqrt")(a)

    def angle(self, a: Dual) -> Dual:
        """By the table."""
        return self.function("angle")(a)

    def sigmoid(self, a: Dual) -> Dual:
        """By the table."""
        return self.function("sigmoid")(a)

    def softplus(self, a: Dual) -> Dual:
        """By the table."""
        return self.function("softplus")(a)

    def erf(self, a: Dual) -> Dual:
        """By the table."""
        return self.function("erf")(a)

    def log_gamma(self, a: Dual) -> Dual:
        """By the table."""
        return self.function("log_gamma")(a)

    def lower_incomplete_gamma(self, a: Dual, x: Dual | Number) -> Dual:
        """By the table, which knows the derivative by `x` only."""
        return self.function("lower_incomplete_gamma")(a, x)

    def _unary(self, row: Operation, function: Callable[..., Native]) -> Callable[..., Dual]:
        def run(a: Dual) -> Dual:
            primal = function(a.primal)
            change = a.tangent
            if change is not None:
                change = self._part(row, function, 0, primal, (a.primal,), change)
            return Dual(primal, change, self.run)

        return run

    def _general(self, row: Operation, function: Callable[..., Native]) -> Callable[..., Dual]:
        def run(*operands: Any) -> Dual:
            primals = tuple([o.primal if o.__class__ is Dual else o for o in operands])
            primal = function(*primals)
            changes = {
                i: o.tangent
                for i, o in enumerate(operands)
                if o.__class__ is Dual and o.tangent is not None
            }
            change = self._change(row, function, primal, primals, changes) if changes else None
            return Dual(primal, change, self.run)

        return run

    def _change(
        self,
        row: Operation,
        function: Callable[..., Native],
        primal: Native,
        primals: tuple[Any, ...],
        changes: dict[int, Native],
    ) -> Native | None:
        """Tangent of the result, for tangents by the position of their operands."""
        if row.jointly_linear and len(changes) == row.arity:
            return function(*changes.values())
        if row.name == "where" and len(changes) == 2:
            return function(primals[0], *changes.values())
        terms = [
            self._part(row, function, position, primal, primals, change)
            for position, change in changes.items()
        ]
        found = self.total([term for term in terms if term is not None])
        return None if found is None else self.stretched(found, self.inner.sizes(primal))

    def _part(
        self,
        row: Operation,
        function: Callable[..., Native],
        position: int,
        primal: Native,
        primals: tuple[Any, ...],
        change: Native,
    ) -> Native | None:
        """What one operand contributes to the tangent."""
        if position in row.unknown_derivative:
            raise NotSupported(
                f"There is no derivative of {row.name} by argument {position + 1} in forward mode. "
                "Take it as a constant with stop_gradient, or use finite differences."
            )
        if position in row.linear_in and not row.jointly_linear:
            if row.name == "where":
                primals = (primals[0], *(self.zeros_like(change),) * 2)
            return function(*primals[:position], change, *primals[position + 1 :])
        inner, values = self.inner, self.values
        if row.tangent is not None and inner.dtype(primals[0]).kind == "complex":
            operands = (values.of(primal), values.of(primals[0]), values.of(change))
            return row.tangent(values, *operands).native
        assert row.derivative is not None
        partial = row.derivative[position]
        if partial is None:
            return None
        operands = [p if _is_number(p) else values.of(p) for p in primals]
        return self._product(partial(values, values.of(primal), *operands), change)

    def _product(self, slope: Value | Number, change: Native) -> Native | None:
        inner = self.inner
        if not isinstance(slope, Value):
            if slope == 1:
                return change
            if slope == -1:
                return inner.function("negative")(change)
            return inner.function("multiply")(change, slope) if slope else None
        if slope.is_boolean:  # selected or not, also if the tangent is infinite
            return inner.where(slope.native, change, self.zeros_like(change))
        return inner.function("multiply")(slope.native, change)


def _has_derivative(row: Operation) -> bool:
    return row.tangent is not None or any(row.derivative or ()) or bool(row.unknown_derivative)


def _is_number(operand: Any) -> bool:
    return isinstance(operand, bool | int | float | complex)


def _primal(operand: Any) -> Any:
    return operand.primal if operand.__class__ is Dual else operand


def _method(name: str) -> Callable[..., Dual]:
    def run(self: DualElementwise, *operands: Any) -> Dual:
        return self.function(name)(*operands)

    run.__name__ = name
    run.__doc__ = f"Elementwise {name}, with the derivative of the table."
    return run


for _name in (*UNARY, *BINARY):
    setattr(DualElementwise, _name, _method(_name))
