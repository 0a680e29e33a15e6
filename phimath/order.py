"""What depends on the order of values: sorting, quantiles, running sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.dimension import Dim, instance
from phimath.dimension_spec import parse_dims
from phimath.dims import pack_tensor
from phimath.dtype import INT64, precision_bits
from phimath.elementwise import floor, minimum, where
from phimath.errors import ShapeError, ValueRangeError
from phimath.filters import non_batch
from phimath.leaves import as_tensor, map_tensors, require_dims
from phimath.reduce import reduced_dtype
from phimath.shape import DimFilter, Shape
from phimath.stacked import Stacked
from phimath.take import take_packed
from phimath.tensor import Dense, Tensor, dense_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.broadcast import Native


def sort(value: Any, dim: DimFilter = non_batch, key: Tensor | None = None) -> Any:
    """Tensor or tree of tensors in ascending order along one dimension, whose labels are dropped.

    key: sort by these values instead; equal ones keep their order.

    Raises:
        ShapeError: `dim` selects no or several dimensions.
    """
    if key is not None:
        along = Shape(_only(key.shape, dim))
        position = _along(
            key, along.name, lambda dense, axis: dense.backend.argsort(dense.stored_native, axis)
        )
        return map_tensors(lambda tensor: take_packed(tensor, position, along), value)
    require_dims(dim, value)
    return map_tensors(lambda tensor: _sorted(tensor, dim), value)


def _sorted(tensor: Tensor, dim: DimFilter) -> Tensor:
    name = _only(tensor.shape, dim).name
    if isinstance(tensor, Dense) and name not in tensor.signature.stored:
        return tensor.with_shape(tensor.shape.with_labels(name, None))
    return _along(tensor, name, lambda dense, axis: dense.backend.sort(dense.stored_native, axis))


def _only(shape: Shape, dim: DimFilter) -> Dim:
    dims = shape.resolve(dim)
    if dims.rank != 1:
        raise ShapeError(
            f"Expected exactly one dimension of {shape} but got {dims}. Name it, or pack the "
            "dimensions into one first."
        )
    return dims.single


def _along(tensor: Tensor, name: str, function: Callable[[Dense, int], Native]) -> Tensor:
    """Apply a native function that keeps the sizes along a dimension, whose labels are dropped."""
    if isinstance(tensor, Stacked) and tensor.along != name:
        return tensor.map(lambda component: _along(component, name, function))
    dense = tensor.dense()
    stored = dense.signature.stored
    if name not in stored:
        stored = Shape(*stored.dims, dense.shape.dim(name))
        dense = Dense(dense.stored_in(stored.names), dense.signature.replace(stored=stored))
    native = function(dense, stored.position(name))
    bare = stored.with_labels(name, None)
    shape = dense.shape.with_labels(name, None)
    return Dense(native, dense_of(native, dense.backend, bare).signature.replace(shape=shape))


# --- quantiles ---


def quantile(value: Tensor, quantiles: Any, dim: DimFilter = non_batch) -> Tensor:
    """Values below which fractions of the elements lie, linearly interpolated between elements.

    quantiles: fractions between 0 and 1: a number, a tensor with dimensions of its own, or a tuple
        or list, listed along
        the instance dimension `quantiles`.

    Raises:
        ValueRangeError: a fraction lies outside of 0 to 1.
    """
    value = as_tensor(value)
    names = value.shape.resolve(dim).names
    fractions = _fractions(quantiles)
    value = value.cast(reduced_dtype("mean", value.dtype, precision_bits()))
    if isinstance(value, Stacked) and value.along not in names:
        return value.map(lambda component: quantile(component, fractions, names))
    if not names:
        return value + 0 * fractions
    return _interpolated(value, fractions, names)


def _fractions(quantiles: Any) -> Tensor:
    if isinstance(quantiles, Tensor):
        return quantiles
    for fraction in quantiles if isinstance(quantiles, (tuple, list)) else (quantiles,):
        if not 0 <= fraction <= 1:
            raise ValueRangeError(
                f"A quantile lies between 0 and 1, not at {fraction}. Divide percentages by 100."
            )
    if isinstance(quantiles, (tuple, list)):
        return as_tensor([float(q) for q in quantiles]).with_shape(
            instance(quantiles=len(quantiles))
        )
    return as_tensor(float(quantiles))


def _interpolated(value: Tensor, fractions: Tensor, names: tuple[str, ...]) -> Tensor:
    if isinstance(value, Stacked):  # the order within the packed dimension is irrelevant
        names = (value.along, *(name for name in names if name != value.along))
    packed = parse_dims("_sorted:i").single
    ordered = _sorted(pack_tensor(value, names, packed), packed.name)
    along = Shape(ordered.shape.dim(packed.name))
    size = along.int_sizes[0]
    if size == 0:
        raise ShapeError(f"There are no elements along {', '.join(names)} of {value.shape}.")
    position = fractions * (size - 1.0)
    lower = floor(position).cast(INT64)
    below = take_packed(ordered, lower, along)
    above = take_packed(ordered, minimum(lower + 1, size - 1), along)
    weight = position - lower
    return where(weight > 0, below + weight * (above - below), below)


def median(value: Tensor, dim: DimFilter = non_batch) -> Tensor:
    """Value in the middle of the elements along dimensions; of two, their mean."""
    return quantile(value, 0.5, dim)


# --- running sums ---


def cumulative_sum(
    x: Any, dim: DimFilter, include_0: bool = False, include_sum: bool = True
) -> Any:
    """Running sums of a tensor, or of each tensor of a tree, along one dimension.

    include_0: begin with 0, before the first element; include_sum: end with the sum of all
        elements.
    """
    require_dims(dim, x)

    def running(tensor: Tensor) -> Tensor:
        along = tensor.shape.only(dim)
        if not along:
            return tensor
        name = _only(tensor.shape, along).name
        tensor = tensor.cast(reduced_dtype("sum", tensor.dtype, precision_bits()))
        return _running(tensor, name, include_0, include_sum)

    return map_tensors(running, x)


def _running(tensor: Tensor, name: str, include_0: bool, include_sum: bool) -> Tensor:
    if isinstance(tensor, Stacked) and tensor.along != name:
        return tensor.map(lambda component: _running(component, name, include_0, include_sum))
    labels = tensor.shape.get_labels(name)
    result = _along(
        tensor, name, lambda dense, axis: dense.backend.cumulative_sum(dense.stored_native, axis)
    )
    if include_0:
        result = _with_0(result.dense(), name)
    if not include_sum:
        return result.get({name: slice(0, result.shape.get_size(name) - 1)})
    return result if include_0 else result.with_shape(result.shape.with_labels(name, labels))


def _with_0(dense: Dense, name: str) -> Dense:
    signature = dense.signature
    widths = [(int(other == name), 0) for other in signature.stored.names]
    native = dense.backend.pad(dense.stored_native, widths, 0)
    longer = dense.shape.get_size(name) + 1
    return Dense(
        native,
        signature.replace(
            shape=signature.shape.with_size(name, longer),
            stored=signature.stored.with_size(name, longer),
        ),
    )


__all__ = ["cumulative_sum", "median", "quantile", "sort"]
