"""Functions called with dimensions of other types; with batch dimensions, on many examples."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from phimath.dimension import DimType, batch, dual
from phimath.dims import rename_dims
from phimath.errors import ShapeError
from phimath.leaves import require_dims
from phimath.shape import DimFilter, Shape, dim_names
from phimath.tensor import Tensor
from phimath.tensor_tree import tensors_in, tree_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.dimension import Dim


def vectorize(function: Callable[..., Any], dims: DimFilter) -> Callable[..., Any]:
    """Function that treats some dimensions as examples, whatever their type.

    All tensors of the arguments get `dims` as batch dimensions, the function is called once, and
    its outputs get them back as they were.  What doesn't depend on them comes without them.

    Args:
        function: Takes and returns trees of tensors; works on batches, as all of this library's
            functions do: they reduce, pad, transform … no batch dimensions unless told to.
        dims: Names, such as `'x,y'`, or types.  Of the tensors, at least one must have each that
            is named.

    Raises:
        DimensionError: none of the arguments has one of the dimensions.
        ShapeError: a dimension has two types, or there is a batch dimension of its name already.
    """
    return map_types(function, dims, batch)


def map_types(
    function: Callable[..., Any], dims: DimFilter, dim_type: DimType
) -> Callable[..., Any]:
    """Function that is called with some dimensions as ones of another type.

    All tensors of the arguments get `dims` as dimensions of this type; in the outputs they have the
    types and labels that they had before.

    Args:
        function: Takes and returns trees of tensors.
        dims: Names, such as `'x,y'`, or types.  Of the tensors, at least one must have each that
            is named.
        dim_type: `batch`, `dual`, `instance`, `spatial` or `channel`.

    Raises:
        DimensionError: none of the arguments has one of the dimensions.
        ShapeError: a dimension has two types, or there is one of the type and name already.
    """

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        arguments = (args, kwargs)
        require_dims(dims, arguments)
        retyped = _found(dims, arguments)
        args, kwargs = tree_map(lambda tensor: _retyped(tensor, retyped, dim_type), arguments)
        output = function(*args, **kwargs)
        return tree_map(lambda tensor: _restored(tensor, retyped, dim_type), output)

    return evaluate


def _found(dims: DimFilter, arguments: Any) -> dict[str, Dim]:
    """The dimensions to retype, by name."""
    found: dict[str, Dim] = {}
    for tensor in tensors_in(arguments):
        for name in dim_names(dims, tensor.shape):
            if name in tensor.shape:
                dim = tensor.shape.dim(name)
                if found.setdefault(name, dim).type is not dim.type:
                    raise ShapeError(
                        f"'{name}' is a {found[name].type.name} dimension of one argument and a "
                        f"{dim.type.name} dimension of another. Rename or retype one of them."
                    )
    return found


def _name_as(name: str, dim_type: DimType) -> str:
    plain = name.removeprefix("~")
    return f"~{plain}" if dim_type is dual else plain


def _retyped(tensor: Tensor, retyped: dict[str, Dim], dim_type: DimType) -> Tensor:
    names = [name for name in retyped if name in tensor.shape]
    for name in names:
        new = _name_as(name, dim_type)
        if new != name and new in tensor.shape:
            raise ShapeError(
                f"'{name}' of {tensor.shape} would become a {dim_type.name} dimension '{new}', of "
                "which there is one already. Rename one of them."
            )
    return rename_dims(tensor, names, dim_type) if names else tensor


def _restored(tensor: Tensor, retyped: dict[str, Dim], dim_type: DimType) -> Tensor:
    names = {_name_as(dim.name, dim_type): dim for dim in retyped.values()}
    present = [n for n in names if n in tensor.shape and tensor.shape.get_type(n) is dim_type]
    if not present:
        return tensor
    # The size may be another one: elements can be selected.
    return rename_dims(tensor, present, Shape(*(names[n].with_size(None) for n in present)))
