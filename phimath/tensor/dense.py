"""The plain storage of tensors: one native array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from phimath.backend.discovery import load
from phimath.broadcast import Native, Signature, elementwise_plan
from phimath.dtype import precision_bits
from phimath.errors import ShapeError
from phimath.selection import dense_selection
from phimath.shape import Shape, merge_shapes
from phimath.tensor.abstract import HOOKS, Tensor
from phimath.tensor.operators import NUMBERS, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from phimath.backend.contract import Backend
    from phimath.dtype import DType
    from phimath.table import Operation


@final
class Dense(Tensor):
    """One native array; dimensions of the shape that it doesn't store are expanded lazily."""

    __slots__ = ("signature", "stored_native")

    priority = 0
    signature: Signature
    stored_native: Native

    def __init__(self, native: Native, signature: Signature) -> None:
        """Trusts that the array matches the signature; `wrap` checks."""
        self.stored_native = native
        self.signature = signature

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        """Named dimensions, sizes, types and labels."""
        return self.signature.shape

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        """Element type."""
        return self.signature.dtype

    @property
    def backend(self) -> Backend[Any]:  # type: ignore[override]
        """Backend of the native array."""
        return self.signature.backend

    def elementwise(self, operation: Operation, operands: Sequence[Tensor | Number]) -> Tensor:
        """Run on native arrays by a plan."""
        return run_dense(operation, operands, [kind_of(operand) for operand in operands])

    def get(self, index: dict[str, int | slice]) -> Tensor:
        """Basic indexing; the dimensions exist and integers are in range."""
        signature = self.signature
        native_index, result = dense_selection(
            signature,
            tuple(
                (name, part if isinstance(part, int) else (part.start, part.stop, part.step))
                for name, part in index.items()
            ),
        )
        native = self.stored_native
        return Dense(
            native if native_index is None else signature.backend.get(native, native_index), result
        )

    def dense(self) -> Dense:
        """Itself."""
        return self

    def with_shape(self, shape: Shape) -> Tensor:
        """The same values under other names, types and labels, position by position."""
        old, stored = self.signature.shape, self.signature.stored
        renamed = Shape(*(shape.dims[old.position(name)] for name in stored.names))
        return Dense(
            self.stored_native, self.signature.replace(shape=shape.sorted_by_type(), stored=renamed)
        )

    def expanded(self, shape: Shape) -> Tensor:
        """The same values in a shape with more dimensions, without copying."""
        merged = merge_shapes(shape, self.shape)
        if merged is self.shape:
            return self
        return Dense(self.stored_native, self.signature.replace(shape=merged))

    def unstacked(self, name: str) -> tuple[Tensor, ...]:
        """Slices along one dimension."""
        return tuple(self.get({name: i}) for i in range(self.shape.get_size(name)))

    def cast(self, dtype: DType) -> Tensor:
        """Elements converted."""
        if dtype is self.dtype:
            return self
        native = self.backend.cast(self.stored_native, dtype)
        return Dense(native, self.signature.replace(dtype=dtype))

    def native(self, order: str | Sequence[str] | Shape | None = None) -> Native:
        """Native array with the axes in this order."""
        from_stored = HOOKS["arrange_native"]
        if order is None:
            if self.rank > 1:
                raise ShapeError(
                    f"The order of the axes of {self.shape} must be given, e.g. "
                    f"native('{','.join(self.shape.names)}')."
                )
            order = self.shape
        return from_stored(self, order)

    def __reduce__(self) -> tuple[Callable[..., Dense], tuple[Any, ...]]:
        signature = self.signature
        values = signature.backend.to_numpy(self.stored_native)
        return _unpickled, (signature.backend.name, values, signature.shape, signature.stored)

    def stored_in(self, names: Sequence[str]) -> Native:
        """Native array with exactly these dimensions in this order; lazy ones are repeated."""
        signature = self.signature
        backend, stored = signature.backend, signature.stored
        native = self.stored_native
        if stored.names == tuple(names):
            return native
        present = [name for name in names if name in stored]
        permutation = tuple(stored.position(name) for name in present)
        if permutation != tuple(range(stored.rank)):
            native = backend.transpose(native, permutation)
        missing = tuple(i for i, name in enumerate(names) if name not in stored)
        if missing:
            native = backend.expand_dims(native, missing)
            sizes = tuple(self.shape.get_size(name) for name in names)
            native = backend.broadcast_to(native, sizes)
        return native


def kind_of(operand: object) -> Signature | type | None:
    """Signature of a dense tensor, class of a Python number, `None` for anything else."""
    kind = operand.__class__
    if kind is Dense:
        return operand.signature  # type: ignore[attr-defined]
    return kind if kind in NUMBERS else None


def run_dense(operation: Operation, operands: Sequence[Any], kinds: Sequence[Any]) -> Dense:
    """Run an operation on dense tensors and numbers by the plan for their kinds."""
    plan = elementwise_plan(operation, precision_bits(), *kinds)
    natives = [o.stored_native if o.__class__ is Dense else o for o in operands]
    return Dense(plan.function(*natives) if plan.trivial else plan.run(*natives), plan.result)


def _unpickled(backend_name: str, values: np.ndarray, shape: Shape, stored: Shape) -> Dense:
    backend = load(backend_name)
    native = backend.from_numpy(values)
    return Dense(native, Signature(backend, backend.dtype(native), shape, stored))


def dense_of(native: Native, backend: Backend[Any], shape: Shape) -> Dense:
    """Dense tensor of a native array whose axes are `shape`, in that order."""
    return Dense(native, Signature(backend, backend.dtype(native), shape.sorted_by_type(), shape))
