"""Running elementwise operations, by function and by operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.broadcast import Signature, elementwise_plan
from phimath.dtype import precision_bits
from phimath.table import OPERATIONS
from phimath.tensor.abstract import HOOKS, Tensor
from phimath.tensor.dense import Dense, kind_of, run_dense
from phimath.tensor.operators import BINARY, COMPARISONS, NUMBERS, UNARY, Operators

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.table import Operation


def apply(operation: Operation, *operands: Any) -> Any:
    """Run an elementwise operation on tensors, numbers, tuples that stand for vectors, fields ….

    The operand of highest priority decides how.  Native arrays are never matched by position.
    """
    kinds = [kind_of(operand) for operand in operands]
    if None not in kinds and Signature in map(type, kinds):
        return run_dense(operation, operands, kinds)
    leaders = [operand for operand in operands if hasattr(operand, "elementwise")]
    if not leaders:
        operands = (HOOKS["wrap"](operands[0]), *operands[1:])
        leaders = [operands[0]]
    leader = max(leaders, key=lambda operand: operand.priority)
    if isinstance(leader, Tensor):
        operands = tuple(
            o if isinstance(o, Tensor) or o.__class__ in NUMBERS else HOOKS["operand"](o, leader)
            for o in operands
        )
    return leader.elementwise(operation, operands)


def _binary_operator(operation: Operation) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        # The most frequent call of all: `apply` would cost as much again (0.5 µs).
        if other.__class__ is Dense and self.__class__ is Dense:
            plan = elementwise_plan(operation, precision_bits(), self.signature, other.signature)
            run = plan.function if plan.trivial else plan.run
            return Dense(run(self.stored_native, other.stored_native), plan.result)
        return apply(operation, self, other)

    operator.__doc__ = f"Elementwise {operation.name}; dimensions are matched by name."
    return operator


def _reflected_operator(operation: Operation) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        return apply(operation, other, self)

    operator.__doc__ = f"Elementwise {operation.name} with the tensor on the right."
    return operator


def _unary_operator(operation: Operation) -> Callable[[Any], Any]:
    def operator(self: Any) -> Any:
        return apply(operation, self)

    operator.__doc__ = f"Elementwise {operation.name}."
    return operator


for _method, _name in {**BINARY, **COMPARISONS}.items():
    setattr(Operators, f"__{_method}__", _binary_operator(OPERATIONS[_name]))
for _method, _name in BINARY.items():
    setattr(Operators, f"__r{_method}__", _reflected_operator(OPERATIONS[_name]))
for _method, _name in UNARY.items():
    setattr(Operators, f"__{_method}__", _unary_operator(OPERATIONS[_name]))
