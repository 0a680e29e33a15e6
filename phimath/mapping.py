"""Calling a Python function once per slice."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from phimath.dimension import batch
from phimath.dims import unpack_dim
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.leaves import require_dims
from phimath.shape import Shape, dim_names, merge_shapes
from phimath.tensor import Tensor
from phimath.tensor_tree import tensors_in, tree_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from phimath.shape import DimFilter


def map(
    function: Callable[..., Any],
    *args: Any,
    dims: DimFilter | None = None,
    range: Callable[[int], Iterable[int]] = builtins.range,
    unwrap_scalars: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a function on slices of its arguments, one by one, and stack the results.

    A Python loop: write whole-tensor operations where you can.

    Args:
        function: Called once per element of `dims`.  Returns a tensor, number or tree, or a tuple
            of such, or `None` (in all calls).
        args: Tensors and trees are sliced along those of `dims` that they have; anything else is
            passed as it is.
        dims: Dimensions to slice; by default all of the arguments.
        range: Counts the calls; `tqdm.trange` shows a progress bar.
        unwrap_scalars: Pass slices without dimensions as Python numbers.  These carry no
            derivatives.
        kwargs: Further arguments by name, sliced as well.

    Returns:
        The results stacked along `dims`; a tuple if `function` returns tuples.

    Raises:
        DimensionError: no argument has one of `dims`.
        ShapeError: there is nothing to slice.
    """
    arguments = (args, kwargs)
    tensors = tensors_in(arguments)
    if tensors and dims is not None:
        require_dims(dims, arguments)
    sliced = merge_shapes(*(_chosen(tensor.shape, dims) for tensor in tensors))
    if not sliced:
        raise ShapeError(
            "There is no dimension to map along. Give at least one tensor that has dimensions"
            f"{'' if dims is None else f' of {dims}'}, or call the function itself."
        )
    indices = list(sliced.indices())
    results = []
    for i in range(len(indices)):
        part_args, part_kwargs = _slice(arguments, indices[i], unwrap_scalars)
        results.append(function(*part_args, **part_kwargs))
    if not results:
        raise ShapeError(f"{sliced} has no element to map. Check the sizes of the arguments.")
    if isinstance(results[0], tuple) and not hasattr(results[0], "_fields"):
        return tuple(_stacked(parts, sliced) for parts in zip(*results, strict=True))
    return _stacked(results, sliced)


def _chosen(shape: Shape, dims: DimFilter | None) -> Shape:
    if dims is None:
        return shape
    names = dim_names(dims, shape)
    return Shape(*(dim for dim in shape.dims if dim.name in names))


def _slice(tree: Any, index: dict[str, int], unwrap: bool) -> Any:
    def part(tensor: Tensor) -> Any:
        present = {name: i for name, i in index.items() if name in tensor.shape}
        result = tensor.get(present) if present else tensor  # type: ignore[arg-type]
        return result.item() if unwrap and present and not result.rank else result

    return tree_map(part, tree)


def _stacked(results: Sequence[Any], dims: Shape) -> Any:
    if all(result is None for result in results):
        return None
    if dims.rank == 1:
        return stack(results, dims)
    return unpack_dim(stack(results, batch("mapped")), "mapped", dims)


__all__ = ["map"]
