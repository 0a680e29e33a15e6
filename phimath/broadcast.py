"""Alignment by name, planned once per combination of operands and looked up afterwards.

A dense tensor is a native array plus a `Signature`: backend, element type, shape, and the stored
dimensions, in native order.
Dimensions of the shape that are not stored are expanded lazily: the value is the same along them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any, final
from weakref import WeakValueDictionary

from phimath.backend.discovery import combine
from phimath.dimension import channel, dual
from phimath.dtype import DType
from phimath.errors import ValueRangeError
from phimath.shape import EMPTY_SHAPE, Shape, merge_shapes
from phimath.table import result_dtypes

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.table import Operation

# Native arrays of different frameworks share no type.
Native = Any


@final
class Signature:
    """What is known of a dense tensor without its values.  Interned: compare with `is`."""

    __slots__ = ("__weakref__", "backend", "dtype", "shape", "stored")

    backend: Backend[Any]
    dtype: DType
    shape: Shape
    stored: Shape

    def __new__(
        cls, backend: Backend[Any], dtype: DType, shape: Shape, stored: Shape | None = None
    ) -> Signature:
        """Look up or create; `stored` defaults to the whole shape."""
        key = (id(backend), dtype, shape, shape if stored is None else stored)
        signature = _interned.get(key)
        return _create(backend, *key[1:]) if signature is None else signature

    def __repr__(self) -> str:
        return f"Signature({self.backend}, {self.dtype}, {self.shape}, stored={self.stored})"

    def replace(
        self,
        *,
        backend: Backend[Any] | None = None,
        dtype: DType | None = None,
        shape: Shape | None = None,
        stored: Shape | None = None,
    ) -> Signature:
        """Changed copy."""
        return Signature(
            backend or self.backend,
            dtype or self.dtype,
            self.shape if shape is None else shape,
            self.stored if stored is None else stored,
        )


# The backend is kept alive by the signature, so that its id stays unique.
_interned: WeakValueDictionary[tuple[int, DType, Shape, Shape], Signature] = WeakValueDictionary()
# Reentrant: a finalizer that runs during garbage collection may compute.
_lock = RLock()


def _create(backend: Backend[Any], dtype: DType, shape: Shape, stored: Shape) -> Signature:
    key = (id(backend), dtype, shape, stored)
    with _lock:
        if (existing := _interned.get(key)) is not None:
            return existing
        signature = object.__new__(Signature)
        signature.backend, signature.dtype = backend, dtype
        signature.shape, signature.stored = shape, stored
        return _interned.setdefault(key, signature)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How to run one elementwise operation on operands of given signatures."""

    function: Callable[..., Native]
    prepare: tuple[Callable[[Native], Native] | None, ...]
    result: Signature
    trivial: bool

    def run(self, *natives: Native) -> Native:
        """Prepare the operands and call the native function."""
        return self.function(
            *(
                native if prepare is None else prepare(native)
                for native, prepare in zip(natives, self.prepare, strict=True)
            )
        )


@lru_cache(maxsize=16384)
def elementwise_plan(operation: Operation, bits: int, *operands: Signature | type) -> Plan:
    """Plan for tensors (given by signature) and Python numbers (given by class)."""
    tensors = [o for o in operands if isinstance(o, Signature)]
    backend = combine([o.backend for o in tensors])
    dtypes = tuple(o.dtype if isinstance(o, Signature) else o for o in operands)
    operand_dtype, result_dtype = result_dtypes(operation, bits, dtypes)
    shape = merge_shapes(*(o.shape for o in tensors))
    stored = _stored_dims(shape, tensors)
    is_condition = [operation.rule == "select" and i == 0 for i in range(len(operands))]
    prepare = tuple(
        prepare_operand(operand, backend, DType(bool) if condition else operand_dtype, stored)
        if isinstance(operand, Signature)
        # The contract takes numbers from the second operand on, except for `where`.
        else _chain(
            _checks(operation, operand, operand_dtype, i)
            + (
                [_number(backend, DType(bool) if condition else operand_dtype)]
                if i == 0 or operation.arity > 2
                # Not all namespaces take a boolean beside an array of numbers.
                else ([int] if operand is bool and operand_dtype.is_numeric else [])
            )
        )
        for i, (operand, condition) in enumerate(zip(operands, is_condition, strict=True))
    )
    name = operation.function
    if operation.boolean_function and operand_dtype.kind == "bool":
        name = operation.boolean_function
    is_constant_power = operation.name == "power" and operands[1] in (int, float)
    return Plan(
        backend.power_of if is_constant_power else backend.function(name),
        prepare,
        Signature(backend, result_dtype, shape, stored),
        not any(prepare),
    )


def _stored_dims(shape: Shape, operands: list[Signature]) -> Shape:
    first = operands[0].stored
    if all(operand.stored is first for operand in operands):
        return (
            first if len(operands) == 1 or shape is operands[0].shape else _labelled(first, shape)
        )
    names = {name for operand in operands for name in operand.stored.names}
    dims = [dim for dim in shape.dims if dim.name in names]
    # As matrices are stored: sums over columns, such as the other one of a pair, read memory in
    # its order.
    return Shape(*sorted(dims, key=lambda dim: (dim.type is channel, dim.type is dual)))


def _labelled(stored: Shape, shape: Shape) -> Shape:
    """`stored` with the labels of `shape`: the other operand may have brought them."""
    return Shape(*(shape.dim(name) for name in stored.names))


def _checks(
    operation: Operation, number: type, dtype: DType, position: int
) -> list[Callable[[Native], Native]]:
    """What a Python integer must fulfil where the frameworks would wrap around or differ."""
    if number is not int or dtype.is_floating or not dtype.is_numeric:
        return []
    least = 0 if dtype.kind == "uint" else -(2 ** (dtype.bits - 1))
    limit = 2 ** (dtype.bits - (dtype.kind == "int"))
    is_exponent = operation.name == "power" and position == 1

    def check(value: int) -> int:
        if is_exponent and value < 0:
            raise ValueRangeError(
                f"An integer raised to the negative power {value} is no integer. "
                f"Write {value}.0, or convert the tensor first, e.g. to_float(t)."
            )
        if not least <= value < limit:
            raise ValueRangeError(
                f"{value} is out of range for {operation.name} with {dtype}, which holds {least} "
                f"to {limit - 1}. "
                "Cast the tensor to a wider type first, e.g. to_int64(t)."
            )
        return value

    return [check]


def _number(backend: Backend[Any], dtype: DType) -> Callable[[Native], Native]:
    def make(number: Native) -> Native:
        return backend.full((), number, dtype)

    return make


def prepare_operand(
    operand: Signature, backend: Backend[Any], dtype: DType, stored: Shape
) -> Callable[[Native], Native] | None:
    """Function that moves, casts and aligns a native array to `stored`; `None` for no change."""
    steps: list[Callable[[Native], Native]] = []
    source = operand.backend
    if operand.dtype is not dtype:  # on the host, so that programs keep no wider constants
        steps.append(lambda native: source.cast(native, dtype))
    if source is not backend:
        steps.append(lambda native: backend.adopt(source, native))
    axes = alignment(operand.stored, stored)
    if axes is not None:
        permutation, inserted = axes
        if permutation is not None:
            steps.append(lambda native: backend.transpose(native, permutation))
        if inserted:
            steps.append(lambda native: backend.expand_dims(native, inserted))
    return _chain(steps)


def _chain(steps: list[Callable[[Native], Native]]) -> Callable[[Native], Native] | None:
    if len(steps) <= 1:
        return steps[0] if steps else None

    def run(native: Native) -> Native:
        for step in steps:
            native = step(native)
        return native

    return run


def alignment(
    stored: Shape, target: Shape
) -> tuple[tuple[int, ...] | None, tuple[int, ...]] | None:
    """Permutation and inserted axes that bring an array with dims `stored` to those of `target`.

    Leading axes that native broadcasting adds by itself are not inserted.  `None` if nothing is to
    do.
    """
    if stored.names == target.names or stored is EMPTY_SHAPE:
        return None
    order = [name for name in target.names if name in stored]
    permutation = tuple(stored.position(name) for name in order)
    first = target.position(order[0]) if order else 0
    inserted = tuple(
        i - first for i, name in enumerate(target.names) if i > first and name not in stored
    )
    if permutation == tuple(range(len(permutation))):
        return (None, inserted) if inserted else None
    return permutation, inserted
