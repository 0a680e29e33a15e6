"""The abstract type of tensors: what a storage implements, and what all have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from phimath.errors import DimensionError, NotSupported, ShapeError
from phimath.selection import parse_selection
from phimath.tensor.operators import Number, Operators
from phimath.view import DimensionView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.dtype import DType
    from phimath.selection import Selection
    from phimath.shape import Shape
    from phimath.tensor.dense import Dense
    from phimath.tensor.operators import Operand

# Functions of upper modules that methods need, registered when these modules are imported.
HOOKS: dict[str, Callable[..., Any]] = {}


def _unknown_values(tensor: Tensor) -> NotSupported:
    return NotSupported(
        f"The values of a tensor of shape {tensor.shape} are needed while jit_compile or another "
        "transform traces the function, before there are any: by if, while, bool(), float(), "
        "int(), range() or numpy(). Choose between values with where(condition, a, b). If it comes "
        "from an argument that is a setting, make that part of the program: "
        "jit_compile(f, auxiliary_args='name')."
    )


class Tensor(Operators["Tensor"]):
    """Immutable value with named, typed dimensions.

    Create with `wrap`, `tensor`, `zeros`, `vec` ….
    """

    __slots__ = ("__weakref__",)

    shape: Shape
    dtype: DType
    backend: Backend[Any]

    # --- what a storage implements ---

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
        """Native array with the axes in this order, e.g. `'x,y,vector'`.

        Optional only up to rank 1.

        Parentheses pack dimensions into one axis, in row-major order: `'b,(x,y)'`.
        """
        if order is not None and not self.shape.is_uniform:
            return HOOKS["arrange_native"](self, order)
        return self.dense().native(order)

    def numpy(self, order: str | Sequence[str] | Shape | None = None) -> np.ndarray:
        """Read-only NumPy array with the axes in this order, e.g. `'x,y,vector'`.

        Optional only up to rank 1.
        """
        native = self.native(order)
        try:
            array = self.backend.to_numpy(native)
        except Exception as error:  # of any framework
            if self.backend.is_available(native):
                raise
            raise _unknown_values(self) from error
        array.flags.writeable = False
        return array

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if copy is False and dtype not in (None, array.dtype):
            raise ValueError(f"{self.dtype} becomes {dtype} only by a copy: leave out copy=False.")
        return array.astype(dtype or array.dtype, copy=bool(copy))

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
                f"A tensor of shape {self.shape} is not simply true or false. Use any(t), all(t), "
                f"where() or cond()."
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
                f"A tensor of shape {self.shape} has no single length. Use t.shape.get_size('x') "
                f"or t.shape.volume."
            )
        return self.shape.get_size(self.shape.names[0])

    def __matmul__(self, other: Tensor) -> Tensor:
        return HOOKS["matmul"](self, other) if isinstance(other, Tensor) else NotImplemented

    def __divmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return self // other, self % other

    def __pos__(self) -> Tensor:
        return self

    def __repr__(self) -> str:
        return HOOKS["format"](self, "")

    def __format__(self, spec: str) -> str:
        return HOOKS["format"](self, spec)

    def _repr_html_(self) -> str:
        return HOOKS["html"](self)


class Composed(Tensor):
    """A tensor made of other tensors, and a head that puts them together.

    components: The tensors.
    """

    __slots__ = ()

    components: tuple[Tensor, ...]

    @property
    @abstractmethod
    def head(self) -> Callable[[Sequence[Tensor]], Tensor]:
        """Makes the tensor of its components.  Hashable, and prints what it is."""

    def map(self, function: Callable[[Tensor], Tensor]) -> Tensor:
        """The same tensor of other components, e.g. on another backend."""
        return self.head([function(component) for component in self.components])
