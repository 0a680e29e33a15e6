"""Tensors: immutable values with named dimensions.

`Tensor` is the abstract type with operators, indexing and properties; everything else is a function.  `Dense` is the plain storage, one
native array.  Others (`phimath.stacked`, sparse, tracers) implement the same few methods.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, final, runtime_checkable

from phimath.backend.discovery import load
from phimath.broadcast import Native, Signature, elementwise_plan
from phimath.dtype import DType, precision_bits
from phimath.errors import DimensionError, PhiError, ShapeError
from phimath.selection import dense_selection, parse_selection, with_index
from phimath.shape import EMPTY_SHAPE, Shape, merge_shapes
from phimath.table import OPERATIONS
from phimath.view import DimensionView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

    from phimath.backend.contract import Backend
    from phimath.selection import Selection
    from phimath.table import Operation

Number = bool | int | float | complex

# Functions of upper modules that operators need, registered when these modules are imported.
HOOKS: dict[str, Callable[..., Any]] = {}


class Tensor(ABC):
    """Immutable value with named, typed dimensions.  Create with `wrap`, `tensor`, `zeros`, `vec` …."""

    __slots__ = ("__weakref__",)

    __array_ufunc__: ClassVar[None] = None  # NumPy arrays leave operators to us
    priority: ClassVar[int]  # of two storages in one operation, that with the higher priority runs it

    shape: Shape
    dtype: DType
    backend: Backend[Any]

    # --- what a storage implements ---

    @abstractmethod
    def elementwise(
        self, operation: Operation, operands: Sequence[Tensor | Number]
    ) -> Tensor:
        """Run an operation in which this is the operand of highest priority."""

    @abstractmethod
    def get(self, index: dict[str, int | slice]) -> Tensor:
        """Basic indexing; the dimensions exist and integers are in range."""

    @abstractmethod
    def dense(self) -> Dense:
        """The same values in one native array; an error for non-uniform tensors."""

    @abstractmethod
    def with_shape(self, shape: Shape) -> Tensor:
        """The same values under other names, types and labels, position by position."""

    @abstractmethod
    def expanded(self, shape: Shape) -> Tensor:
        """The same values in a shape with more dimensions, without copying."""

    @abstractmethod
    def unstacked(self, name: str) -> tuple[Tensor, ...]:
        """Slices along one dimension."""

    @abstractmethod
    def cast(self, dtype: DType) -> Tensor:
        """Elements converted."""

    # --- properties ---

    @property
    def rank(self) -> int:
        """Number of dimensions."""
        return self.shape.rank

    @property
    def device(self) -> str:
        """Name of the device that holds the values."""
        dense = self.dense()
        return dense.backend.device(dense.stored_native)

    @property
    def available(self) -> bool:
        """Whether values can be read now; false while a compiler traces."""
        dense = self.dense()
        return dense.backend.is_available(dense.stored_native)

    # --- out to native arrays ---

    def native(self, order: str | Sequence[str] | Shape | None = None) -> Native:
        """Native array with the axes in this order, e.g. `'x,y,vector'`; optional only up to rank 1.

        Parentheses pack dimensions into one axis, in row-major order: `'b,(x,y)'`.
        """
        if order is not None and not self.shape.is_uniform:
            return HOOKS["arrange_native"](self, order)
        return self.dense().native(order)

    def numpy(self, order: str | Sequence[str] | Shape | None = None) -> np.ndarray:
        """Read-only NumPy array with the axes in this order, e.g. `'x,y,vector'`; optional only up to rank 1."""
        array = self.backend.to_numpy(self.native(order))
        array.flags.writeable = False
        return array

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None and not copy else array.astype(dtype or array.dtype)

    def item(self) -> Number:
        """The value of a scalar as a Python number."""
        if self.rank:
            raise ShapeError(
                f"Only a scalar has a single value, not a tensor of shape {self.shape}. "
                "Select an element or reduce it first, e.g. with max(t)."
            )
        return self.numpy().item()

    def __float__(self) -> float:
        return float(self.item())  # type: ignore[arg-type]

    def __int__(self) -> int:
        return int(self.item())  # type: ignore[arg-type]

    def __complex__(self) -> complex:
        return complex(self.item())

    def __bool__(self) -> bool:
        if self.rank:
            raise ShapeError(
                f"A tensor of shape {self.shape} is not simply true or false. Use any(t), all(t), where() or cond()."
            )
        return bool(self.item())

    def __index__(self) -> int:
        if self.dtype.is_floating or self.rank:
            raise TypeError(f"Only integer scalars can be an index, not {self!r}.")
        return int(self)

    # --- indexing ---

    def __getattr__(self, name: str) -> DimensionView:
        # A storage that is not initialised yet has no shape to ask.
        if name.startswith("_") or name in ("shape", "signature"):
            raise AttributeError(name)
        if name not in self.shape:
            raise AttributeError(
                f"A tensor of shape {self.shape} has neither a dimension nor an attribute '{name}'."
            )
        return DimensionView(self, name)

    def __getitem__(self, selection: Selection) -> Tensor:
        if isinstance(selection, Tensor):
            return HOOKS["index"](self, selection)
        return self.select(parse_selection(selection, self.shape))

    def select(self, parts: dict[str, Any]) -> Tensor:
        """Slice by integers, slices, labels, lists and tensors per dimension."""
        result = self
        index: dict[str, int | slice] = {}
        for name, part in parts.items():
            if isinstance(part, Tensor):
                result = HOOKS["index_dim"](result, name, part)
            elif isinstance(part, (int, slice)):
                index[name] = part
            else:
                result = HOOKS["index_list"](result, name, *part)
        return result.get(index) if index else result

    def __iter__(self) -> Iterator[Tensor]:
        if self.rank != 1:
            raise DimensionError(
                f"Iterating over {self.shape} needs a dimension. Write e.g. "
                f"for s in t.{self.shape.names[0] if self.rank else 'x'}."
            )
        return iter(self.unstacked(self.shape.names[0]))

    def __len__(self) -> int:
        if self.rank != 1:
            raise DimensionError(
                f"A tensor of shape {self.shape} has no single length. Use t.shape.get_size('x') or t.shape.volume."
            )
        return self.shape.get_size(self.shape.names[0])

    def __matmul__(self, other: Tensor) -> Tensor:
        return HOOKS["matmul"](self, other)

    def __divmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return self // other, self % other

    def __pos__(self) -> Tensor:
        return self

    __hash__ = None  # type: ignore[assignment]  # == is elementwise

    def __repr__(self) -> str:
        return HOOKS["format"](self, "")

    def __format__(self, spec: str) -> str:
        return HOOKS["format"](self, spec)

    def _repr_html_(self) -> str:
        return HOOKS["html"](self)


Operand = Tensor | Number | tuple[Number, ...]


@runtime_checkable
class ElementwiseOperand(Protocol):
    """What takes part in elementwise operations: tensors, fields, boundaries."""

    priority: ClassVar[int]

    def elementwise(self, operation: Operation, operands: Sequence[Any]) -> Any:
        """Run an operation in which this is the operand of highest priority."""
        ...


_NUMBERS = (bool, int, float, complex)


def apply(operation: Operation, *operands: Any) -> Any:
    """Run an elementwise operation on tensors, Python numbers, tuples that stand for vectors, fields ….

    The operand of highest priority decides how.  Native arrays are never matched by position.
    """
    kinds = [_kind(operand) for operand in operands]
    if None not in kinds and Signature in map(type, kinds):
        return run_dense(operation, operands, kinds)
    leaders = [operand for operand in operands if hasattr(operand, "elementwise")]
    if not leaders:
        operands = (HOOKS["wrap"](operands[0]), *operands[1:])
        leaders = [operands[0]]
    leader = max(leaders, key=lambda operand: operand.priority)
    if isinstance(leader, Tensor):
        operands = tuple(
            o if isinstance(o, Tensor) or o.__class__ in _NUMBERS else HOOKS["operand"](o, leader)
            for o in operands
        )
    return leader.elementwise(operation, operands)


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
        return run_dense(operation, operands, [_kind(operand) for operand in operands])

    def get(self, index: dict[str, int | slice]) -> Tensor:
        """Basic indexing; the dimensions exist and integers are in range."""
        signature = self.signature
        native_index, result = dense_selection(signature, tuple(
            (name, part if isinstance(part, int) else (part.start, part.stop, part.step))
            for name, part in index.items()
        ))
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
                    f"The order of the axes of {self.shape} must be given, e.g. native('{','.join(self.shape.names)}')."
                )
            order = self.shape
        return from_stored(self, order)

    def __reduce__(self) -> tuple[Callable[..., Dense], tuple[Any, ...]]:
        signature = self.signature
        values = signature.backend.to_numpy(self.stored_native)
        return _unpickled, (signature.backend.name, values, signature.shape, signature.stored)

    def stored_in(self, names: Sequence[str]) -> Native:
        """Native array with exactly these dimensions in this order, lazily expanded ones repeated."""
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


def _kind(operand: object) -> Signature | type | None:
    """Signature of a dense tensor, class of a Python number, `None` for anything else."""
    kind = operand.__class__
    if kind is Dense:
        return operand.signature  # type: ignore[attr-defined]
    return kind if kind in _NUMBERS else None


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


# --- operators, from the table ---


def _binary_operator(operation: Operation) -> Callable[[Tensor, Operand], Tensor]:
    def operator(self: Tensor, other: Operand) -> Tensor:
        # The most frequent call of all: `apply` would cost as much again (0.5 µs).
        if other.__class__ is Dense and self.__class__ is Dense:
            plan = elementwise_plan(operation, precision_bits(), self.signature, other.signature)  # type: ignore[union-attr]
            run = plan.function if plan.trivial else plan.run
            return Dense(run(self.stored_native, other.stored_native), plan.result)  # type: ignore[union-attr]
        return apply(operation, self, other)

    operator.__doc__ = f"Elementwise {operation.name}; dimensions are matched by name."
    return operator


def _reflected_operator(operation: Operation) -> Callable[[Tensor, Operand], Tensor]:
    def operator(self: Tensor, other: Operand) -> Tensor:
        return apply(operation, other, self)

    operator.__doc__ = f"Elementwise {operation.name} with the tensor on the right."
    return operator


def _unary_operator(operation: Operation) -> Callable[[Tensor], Tensor]:
    def operator(self: Tensor) -> Tensor:
        return apply(operation, self)

    operator.__doc__ = f"Elementwise {operation.name}."
    return operator


_BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "shift_left", "rshift": "shift_right",
}  # fmt: skip
_COMPARISONS = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
_UNARY = {"neg": "negative", "abs": "abs", "invert": "invert"}


def define_operators(cls: type) -> None:
    """Give a class with `elementwise` all operators of the table."""
    for method, name in {**_BINARY, **_COMPARISONS}.items():
        setattr(cls, f"__{method}__", _binary_operator(OPERATIONS[name]))
    for method, name in _BINARY.items():
        setattr(cls, f"__r{method}__", _reflected_operator(OPERATIONS[name]))
    for method, name in _UNARY.items():
        setattr(cls, f"__{method}__", _unary_operator(OPERATIONS[name]))


define_operators(Tensor)

__all__ = ["EMPTY_SHAPE", "HOOKS", "Dense", "PhiError", "Tensor", "apply", "define_operators", "dense_of"]
