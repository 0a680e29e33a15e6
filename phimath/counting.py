"""How often values occur: in bins, exactly, or at all."""

from __future__ import annotations

from typing import Final

from phimath.dimension import Dim, channel, dual, instance
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dims import pack_tensor, rename_dims
from phimath.dtype import INT64
from phimath.elementwise import clip, floor, maximum, where
from phimath.errors import ShapeError
from phimath.join import stack_tensors
from phimath.leaves import as_tensor
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.reduce import max as largest
from phimath.reduce import min as smallest
from phimath.reduce import sum as total
from phimath.scatter import scatter
from phimath.shape import DimFilter, Shape
from phimath.tensor import Number, Tensor

_SMALLEST_WIDTH: Final = 1e-30


def histogram(
    values: Tensor,
    bins: DimSpec = "bins:s=30",
    weights: Tensor | Number = 1,
    same_bins: DimFilter = (),
) -> tuple[Tensor, Tensor, Tensor]:
    """Sums of weights of the values in equal bins between the smallest and the largest value.

    All but batch dimensions are counted together.

    bins: the new dimension; its size is the number of bins.
    same_bins: batch dimensions along which the bins are the same.

    Returns:
        Histogram, edges of the bins (one more), centers as vectors with one component.

    Raises:
        ShapeError: the values have the dimension of the bins already.
    """
    values = as_tensor(values)
    dim = parse_dims(bins).single
    count = Shape(dim).int_sizes[0]
    if dim.name in values.shape:
        raise ShapeError(f"The values {values.shape} have '{dim.name}' already. Rename the bins.")
    searched = (*values.shape.non_batch.names, *values.shape.only(same_bins).batch.names)
    low = smallest(values, searched)
    width = (largest(values, searched) - low) / count
    # If all values are equal, the bins have no width; all lie in the first one.
    index = floor((values - low) / maximum(width, _SMALLEST_WIDTH)).cast(INT64)
    counts = scatter(Shape(dim), clip(index, 0, count - 1), weights, "add")
    edges = _counted(dim, count + 1) * width + low
    centers = (_counted(dim, count) + 0.5) * width + low
    vector = Dim.make("vector", channel, None, (dim.name,))
    return counts, edges, stack_tensors([centers], vector)


def _counted(dim: Dim, count: int) -> Tensor:
    return as_tensor(list(range(count))).with_shape(Shape(dim.with_size(count)))


def count_occurrences(values: Tensor, query: Tensor, feature_dims: DimFilter = channel) -> Tensor:
    """How many elements of `values` equal each element of `query`, by comparing all with all.

    feature_dims: vectors along these dimensions are equal if all components are.
    """
    listed, same = _comparison(values, query, feature_dims)
    return total(same, listed)


def contains(values: Tensor, query: Tensor, feature_dims: DimFilter = channel) -> Tensor:
    """Whether any element of `values` equals each element of `query`, by comparing all with all.

    feature_dims: vectors along these dimensions are equal if all components are.
    """
    listed, same = _comparison(values, query, feature_dims)
    return any_of(same, listed)


def count_intersections(
    values: Tensor,
    arg_dims: DimFilter,
    list_dims: DimFilter = instance,
    feature_dims: DimFilter = channel,
) -> Tensor:
    """How many elements each two lists have in common; 0 for a list and itself.

    values: lists of elements; the result has `arg_dims` twice, as they are and as dual dimensions.
    arg_dims: enumerate the lists; list_dims: enumerate the elements of a list.
    feature_dims: vectors along these dimensions are equal if all components are.
    """
    lists = values.shape.resolve(arg_dims)
    listed = values.shape.resolve(list_dims).names
    elements = parse_dims("_elements:i").single
    packed = pack_tensor(values, listed, elements)
    others = rename_dims(packed, (*lists.names, elements.name), (*lists.as_dual(), "_others"))
    same = all_of(packed == others, values.shape.only(feature_dims))
    counts = total(any_of(same, "_others"), elements.name)
    return where(_is_pair(lists), counts, 0)


def _is_pair(lists: Shape) -> Tensor:
    """Whether lists, and those along the dual dimensions, differ."""
    result: Tensor | None = None
    for dim in lists.dims:
        index = _counted(dim, Shape(dim).int_sizes[0])
        differs = index != rename_dims(index, dim.name, dual)
        result = differs if result is None else result | differs
    assert result is not None
    return result


def _comparison(
    values: Tensor, query: Tensor, feature_dims: DimFilter
) -> tuple[tuple[str, ...], Tensor]:
    """Dimension that lists the values, and whether each equals each element of the query."""
    values, query = as_tensor(values), as_tensor(query)
    names = values.shape.non_batch.without(values.shape.only(feature_dims)).names
    listed = parse_dims("_values:i").single
    if names:  # under a name of its own, because the query may list its elements by the same one
        values = pack_tensor(values, names, listed)
    same = values == query
    same = all_of(same, same.shape.only(feature_dims))
    return ((listed.name,) if names else ()), same


__all__ = ["contains", "count_intersections", "count_occurrences", "histogram"]
