"""What movements of elements share: from numbers and trees to the tensors in them, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.errors import DimensionError
from phimath.shape import DimFilter, Shape, dim_names
from phimath.tensor import Dense, Tensor, dense_of
from phimath.tensor_tree import tensors_in, tree_map
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native


def as_tensor(value: Any) -> Tensor:
    """`value` itself if it is a tensor; numbers, tuples and native scalars are wrapped."""
    return value if isinstance(value, Tensor) else wrap(value)


def map_tensors(function: Callable[[Tensor], Any], tree: Any) -> Any:
    """Apply to a tensor, to each tensor of a tree, or to a wrapped number."""
    if isinstance(tree, Tensor):
        return function(tree)
    return tree_map(function, tree) if tensors_in(tree) else function(as_tensor(tree))


def shapes_in(tree: Any) -> list[Shape]:
    """Shapes of the tensors of a tree, or of a wrapped number."""
    return [tensor.shape for tensor in tensors_in(tree) or [as_tensor(tree)]]


def require_dims(dims: DimFilter, tree: Any) -> None:
    """Check that each dimension given by name exists in at least one tensor of the tree."""
    shapes = shapes_in(tree)
    for name in dim_names(dims, shapes[0]):
        if not any(name in shape for shape in shapes):
            if len(shapes) == 1:
                shapes[0].position(name)  # raises, listing what there is
            raise DimensionError(
                f"There is no dimension '{name}' in any of the {len(shapes)} tensors of "
                f"{type(tree).__name__}. Their shapes are {', '.join(map(str, shapes))}."
            )


# --- native arrays whose axes are groups of dimensions ---


def grouped(tensor: Dense, *groups: Shape) -> Native:
    """Native array with one axis per group of dimensions, each in row-major order.

    The groups must list all dimensions of the tensor.
    """
    names = tuple(name for group in groups for name in group.names)
    native = tensor.stored_in(names)
    sizes = tuple(group.volume for group in groups)
    return native if all(g.rank == 1 for g in groups) else tensor.backend.reshape(native, sizes)


def ungrouped(native: Native, backend: Backend[Any], *groups: Shape) -> Dense:
    """Inverse of `grouped`."""
    shape = Shape(*(dim for group in groups for dim in group.dims))
    if not all(group.rank == 1 for group in groups):
        native = backend.reshape(native, shape.int_sizes)
    return dense_of(native, backend, shape)
