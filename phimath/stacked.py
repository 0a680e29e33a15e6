"""Lazily stacked tensors.

Components kept apart along one dimension, of equal or of different sizes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast, final

from phimath.backend.discovery import combine
from phimath.dimension import Dim, Varying
from phimath.dtype import precision_bits, promote
from phimath.errors import ShapeError
from phimath.merge import merge_dims
from phimath.selection import with_index
from phimath.shape import Shape, merge_shapes
from phimath.tensor import Composed, Dense, Tensor, apply, dense_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.dtype import DType
    from phimath.table import Operation
    from phimath.tensor import Number

MOST_APART: Final = 4
"""Vectors of up to this many components are kept apart: formulas fuse without moving memory."""


class StackHead(NamedTuple):
    """What a stack is without its components."""

    dim: Dim

    def __call__(self, components: Sequence[Tensor]) -> Tensor:
        """The stack of components."""
        return Stacked(components, self.dim)

    def __str__(self) -> str:
        return f"a stack along {self.dim.name}"


@final
class Stacked(Composed):
    """Components along the dimension `along`; sizes that differ between them become `Varying`."""

    __slots__ = ("along", "components", "shape")

    priority = 1
    along: str

    def __init__(self, components: Sequence[Tensor], along: Dim) -> None:
        """Stack components that have the same dimensions, but for sizes."""
        self.components = tuple(components)
        self.along = along.name
        self.shape = stacked_shape([component.shape for component in components], along)

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        """Common element type of the components."""
        first = self.components[0].dtype
        if all(component.dtype is first for component in self.components):
            return first
        return promote(*(component.dtype for component in self.components), bits=precision_bits())

    @property
    def backend(self) -> Backend[Any]:  # type: ignore[override]
        """Common backend of the components."""
        return combine([component.backend for component in self.components])

    @property
    def device(self) -> str:
        """Name of the device that holds the first component."""
        return self.components[0].device

    @property
    def available(self) -> bool:
        """Whether the values of all components can be read now."""
        return all(component.available for component in self.components)

    @property
    def head(self) -> StackHead:
        """The stack without its components."""
        return StackHead(self.dim)

    @property
    def dim(self) -> Dim:
        """The dimension along which the components are stacked."""
        return self.shape.dim(self.along)

    def elementwise(self, operation: Operation, operands: Sequence[Tensor | Number]) -> Tensor:
        """Run on each component."""
        # Checks the other operands' sizes and labels once, before any component runs.
        shape = merge_shapes(*(o.shape for o in operands if isinstance(o, Tensor)))
        count = len(self.components)
        slices = [_slices(operand, self.along, count) for operand in operands]
        results = [apply(operation, *(s[i] for s in slices)) for i in range(count)]
        return Stacked(results, shape.dim(self.along))

    def get(self, index: dict[str, int | slice]) -> Tensor:
        """Basic indexing; the dimensions exist and integers are in range."""
        rest = dict(index)
        part = rest.pop(self.along, slice(None))
        if isinstance(part, int):
            component = self.components[part]
            return component.get(rest) if rest else component
        components = self.components[part]
        dim = with_index(Shape(self.dim), {self.along: (part.start, part.stop, part.step)}).dims[0]
        if not components:
            empty = self.components[0].get(rest) if rest else self.components[0]
            return empty.expanded(Shape(dim.with_size(1))).get({self.along: slice(0, 0)})
        return Stacked([c.get(rest) if rest else c for c in components], dim)

    def dense(self) -> Dense:
        """The same values in one native array; an error for non-uniform tensors."""
        if not self.shape.is_uniform:
            raise ShapeError(
                f"The sizes of {self.shape} vary, so that there is no single native array of it. "
                f"Use its components (t.{self.along}[0]), pack the varying dimensions into one, or "
                f"pad_to_uniform(t)."
            )
        backend = self.backend
        dtype = self.dtype
        names = [name for name in self.shape.names if name != self.along]
        stored = [n for n in names if any(n in _stored(c) for c in self.components)]
        natives = []
        for component in self.components:
            component_dense = component.cast(dtype).dense()
            native = component_dense.stored_in(stored)
            natives.append(backend.adopt(component_dense.backend, native))
        position = [n for n in self.shape.names if n in stored or n == self.along].index(self.along)
        axes = [*stored[:position], self.along, *stored[position:]]
        native = backend.stack(natives, position)
        result = dense_of(native, backend, Shape(*(self.shape.dim(n) for n in axes)))
        return result if len(axes) == self.rank else result.expanded(self.shape).dense()

    def with_shape(self, shape: Shape) -> Tensor:
        """The same values under other names, types and labels, position by position."""
        names = dict(zip(self.shape.names, shape.dims, strict=True))
        components = []
        for component in self.components:
            dims = [
                names[dim.name].with_size(dim.size)
                if names[dim.name].size != dim.size
                else names[dim.name]
                for dim in component.shape.dims
            ]
            components.append(component.with_shape(Shape(*dims)))
        along = names[self.along]
        return Stacked(components, along)

    def expanded(self, shape: Shape) -> Tensor:
        """The same values in a shape with more dimensions, without copying."""
        merged = merge_shapes(shape, self.shape)
        if merged is self.shape:
            return self
        components = [
            component.expanded(merged.at({self.along: i}))
            for i, component in enumerate(self.components)
        ]
        return Stacked(components, merged.dim(self.along))

    def unstacked(self, name: str) -> tuple[Tensor, ...]:
        """Slices along one dimension."""
        if name == self.along:
            return self.components
        self.shape.position(name)
        slices = [component.unstacked(name) for component in self.components]
        return tuple(Stacked(parts, self.dim) for parts in zip(*slices, strict=True))

    def cast(self, dtype: DType) -> Tensor:
        """Elements converted."""
        return self.map(lambda component: component.cast(dtype))

    def __reduce__(self) -> tuple[type[Stacked], tuple[tuple[Tensor, ...], Dim]]:
        return Stacked, (self.components, self.dim)

    def map(self, function: Callable[[Tensor], Tensor]) -> Stacked:
        """Apply a function to each component."""
        return Stacked([function(component) for component in self.components], self.dim)


def components_apart(tensor: Tensor) -> Tensor:
    """A vector of a few stored components as a lazy stack of these, any other tensor as it is."""
    if not isinstance(tensor, Dense):
        return tensor
    channels = tensor.shape.channel
    if channels.rank != 1 or channels.names[0] not in tensor.signature.stored:
        return tensor
    (dim,) = channels.dims
    if not isinstance(dim.size, int) or not 1 < dim.size <= MOST_APART:
        return tensor
    return Stacked(tensor.unstacked(dim.name), dim)


def _stored(tensor: Tensor) -> Shape:
    return tensor.signature.stored if isinstance(tensor, Dense) else tensor.shape


def _slices(operand: Tensor | Number, name: str, count: int) -> Sequence[Tensor | Number]:
    if isinstance(operand, Stacked) and operand.along == name:
        return operand.components
    if isinstance(operand, Tensor) and name in operand.shape:
        return operand.unstacked(name)
    return (operand,) * count


def stacked_shape(shapes: Sequence[Shape], along: Dim) -> Shape:
    """Shape of components stacked along a new dimension."""
    return _stacked_shape(along, *shapes)


def _common_dim(dims: Sequence[Dim]) -> Dim:
    """The dimension with the labels that some have; an error if types or labels contradict."""
    same_size = dims[0].size
    merged: Dim = dims[0]
    for dim in dims[1:]:
        # Sizes may differ, so that they are left to the caller.
        fitting = dim if dim.size == same_size else Dim(dim.name, dim.type, None, None)
        merged = merge_dims([merged], [fitting])[0]
    return merged


@lru_cache(maxsize=4096)
def _stacked_shape(along: Dim, *shapes: Shape) -> Shape:
    first = shapes[0]
    dim = Dim(along.name, along.type, len(shapes), along.labels)
    for shape in shapes:
        if set(shape.names) != set(first.names) or dim.name in first:
            raise ShapeError(
                f"Cannot stack {first} and {shape} along '{dim.name}': they need the same "
                f"dimensions, without '{dim.name}'. Expand or rename them first."
            )
    if all(shape is first for shape in shapes):
        return merge_shapes(Shape(dim), first)
    merged: list[Dim] = []
    for name in first.names:
        others = [shape.dim(name) for shape in shapes]
        sizes = tuple(other.size for other in others)
        candidate = _common_dim(others)
        if len(set(sizes)) == 1:
            merged.append(candidate)
            continue
        if any(isinstance(size, Varying) for size in sizes):
            raise ShapeError(
                f"Cannot stack along '{along.name}': the size of '{candidate.name}' would vary "
                f"along two dimensions. "
                "Stack all in one dimension, or pack the varying one first."
            )
        varying = Varying(along.name, cast("tuple[int, ...]", sizes))
        merged.append(Dim(candidate.name, candidate.type, varying, None))
    return merge_shapes(Shape(dim), Shape(*merged))
