"""The sparse storage of tensors: values of the entries, and the pattern that says where they are.

All entries that are not stored are zero.  Values may have further dimensions, such as batch
dimensions: then there is one matrix for each of their elements, all with the same pattern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

from phimath.backend.discovery import combine
from phimath.formatting import format_tensor
from phimath.shape import Shape, merge_shapes
from phimath.sparse.coordinate import TracedCoordinates
from phimath.sparse.pattern import ENTRIES, ConstantPattern, Pattern, representative
from phimath.sparse.segments import summed_at
from phimath.take import take_packed
from phimath.tensor import HOOKS, Composed, Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from phimath.backend.contract import Backend
    from phimath.dimension import Dim
    from phimath.dtype import DType
    from phimath.shape import DimFilter
    from phimath.table import Operation
    from phimath.tensor import Number

# What works on sparse tensors lies in modules above; they register here.
RULES: dict[str, Callable[..., Any]] = {}
PRINTED_VOLUME = 64
"""Elements up to which a sparse tensor prints its values by default."""


class SparseHead(NamedTuple):
    """What a sparse tensor is without its values, and without positions that are traced."""

    pattern: ConstantPattern | TracedHead

    def __call__(self, components: Sequence[Tensor]) -> Tensor:
        """The sparse tensor of values and traced positions."""
        values, *positions = components
        if isinstance(self.pattern, ConstantPattern):
            return Sparse(self.pattern, values)
        row, column = (position.dense() for position in positions)
        rows, columns, is_unique = self.pattern
        return Sparse(TracedCoordinates(rows, columns, row, column, is_unique), values)

    def __str__(self) -> str:
        rows, columns = (
            (self.pattern.rows, self.pattern.columns)
            if isinstance(self.pattern, ConstantPattern)
            else self.pattern[:2]
        )
        return f"a sparse tensor {rows} × {columns}"


class TracedHead(NamedTuple):
    """What a pattern is without its traced positions."""

    rows: Shape
    columns: Shape
    is_unique: bool


@final
class Sparse(Composed):
    """Tensor that stores some of its elements; the others are zero.

    components: values, and traced positions of entries.
    """

    __slots__ = ("components", "pattern", "shape", "values")

    priority = 2
    pattern: Pattern
    values: Tensor

    def __init__(self, pattern: Pattern, values: Tensor) -> None:
        """Values along `ENTRIES` and any dimensions that are not sparse."""
        self.pattern = pattern
        self.values = values
        self.components = (
            (values, pattern.row, pattern.column)
            if isinstance(pattern, TracedCoordinates)
            else (values,)
        )
        self.shape = merge_shapes(pattern.rows, pattern.columns, values.shape.without(ENTRIES))

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        """Element type."""
        return self.values.dtype

    @property
    def backend(self) -> Backend[Any]:  # type: ignore[override]
        """Backend of the values, and of positions that are not constant."""
        return combine([component.backend for component in self.components])

    @property
    def device(self) -> str:
        """Name of the device that holds the values."""
        return self.values.device

    @property
    def available(self) -> bool:
        """Whether values and positions can be read now."""
        return self.values.available and self.pattern.is_constant

    def with_values(self, values: Tensor) -> Sparse:
        """Other values at the same positions."""
        return Sparse(self.pattern, values)

    @property
    def head(self) -> SparseHead:
        """The tensor without its components."""
        pattern = self.pattern
        if isinstance(pattern, ConstantPattern):
            return SparseHead(pattern)
        return SparseHead(TracedHead(pattern.rows, pattern.columns, pattern.is_unique))

    # --- what a storage implements ---

    def get(self, index: dict[str, int | slice]) -> Tensor:
        """Basic indexing; the dimensions exist and integers are in range."""
        rest = {name: part for name, part in index.items() if name not in self.pattern.dims}
        result = self.with_values(self.values.get(rest)) if rest else self
        sparse = {name: part for name, part in index.items() if name in self.pattern.dims}
        return RULES["select"](result, sparse) if sparse else result

    def dense(self) -> Dense:
        """The same values in one native array, zeros included."""
        dims = self.pattern.dims
        position = self.pattern.position(dims.names, representative(self.values))
        return summed_at(self.values, position, dims)

    def with_shape(self, shape: Shape) -> Tensor:
        """The same values under other names, types and labels, position by position."""
        dims = dict(zip(self.shape.names, shape.dims, strict=True))
        values = self.values.with_shape(
            Shape(*(dims.get(dim.name, dim) for dim in self.values.shape.dims))
        )
        return Sparse(self.pattern.renamed(dims), values)

    def expanded(self, shape: Shape) -> Tensor:
        """The same values in a shape with more dimensions, without copying."""
        merged = merge_shapes(shape, self.shape)
        if merged is self.shape:
            return self
        pattern, sparse = self.pattern, self.pattern.dims
        dims = {name: merged.dim(name) for name in sparse.names}
        if any(dims[dim.name] is not dim for dim in sparse.dims):
            pattern = pattern.renamed(dims)
        return Sparse(pattern, self.values.expanded(merged.without(sparse)))

    def unstacked(self, name: str) -> tuple[Tensor, ...]:
        """Slices along one dimension."""
        return tuple(self.get({name: i}) for i in range(self.shape.get_size(name)))

    def cast(self, dtype: DType) -> Tensor:
        """Elements converted."""
        return self if dtype is self.dtype else self.with_values(self.values.cast(dtype))

    def elementwise(self, operation: Operation, operands: Sequence[Tensor | Number]) -> Tensor:
        """As the facts of the operation say."""
        return RULES["elementwise"](operation, operands)

    # --- protocols of functions ---

    def selected(self, positions: np.ndarray, dim: Dim) -> Tensor:
        """Elements at positions along one dimension."""
        if dim.name in self.pattern.dims:
            return RULES["select_list"](self, positions, dim)
        chosen = tuple(positions.tolist()), dim.labels
        return self.with_values(HOOKS["index_list"](self.values, dim.name, *chosen))

    def joined(self, tensors: Sequence[Tensor], dim: Dim) -> Tensor:
        """Tensors joined along one dimension."""
        return RULES["join"](tensors, dim)

    def reduced(self, reduction: str, dims: DimFilter) -> Tensor:
        """Sum, mean, largest or smallest value along dimensions."""
        return RULES["reduce"](self, reduction, self.shape.resolve(dims).names)

    def contracted(self, names: Sequence[str], other: Tensor, other_names: Sequence[str]) -> Tensor:
        """Product, summed over pairs of dimensions."""
        return RULES["contract"](self, tuple(names), other, tuple(other_names))

    def __reduce__(self) -> tuple[type[Sparse], tuple[Pattern, Tensor]]:
        return Sparse, (self.pattern, self.values)

    def __repr__(self) -> str:
        return format(self, "")

    def __format__(self, spec: str) -> str:
        if spec or not self.available:
            return format_tensor(self.dense() if self.available else self, spec)
        header = f"{self.shape} {self.dtype} {self.pattern.format}, {self.pattern.count} entries"
        if self.shape.volume > PRINTED_VOLUME:
            return f"{header}: {format_tensor(self.values, 'summary').partition(') ')[2]}"
        return f"{header}\n{format_tensor(self.dense(), 'full').partition(chr(10))[2]}"


def at_entries(tensor: Tensor, pattern: Pattern) -> Tensor:
    """Values of a tensor at the entries: along `ENTRIES` instead of its sparse dimensions."""
    dims = Shape(*(dim for dim in pattern.dims.dims if dim.name in tensor.shape))
    if not dims:
        return tensor
    dims = Shape(*(merge_shapes(tensor.shape.only(d.name), Shape(d)).dims[0] for d in dims.dims))
    if isinstance(tensor, Sparse):
        tensor = tensor.dense()
    return take_packed(tensor, pattern.position(dims.names, representative(tensor)), dims)
