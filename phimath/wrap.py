"""Tensors around existing data: `wrap`, and what stands beside a tensor in an operation.

Axes are matched to dimensions in the order given, and every size and label is checked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from phimath.backend.discovery import backend_of, load
from phimath.dimension import Dim, channel
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dtype import DType, complex_dtype, float_dtype
from phimath.errors import BackendError, DTypeError, ShapeError
from phimath.shape import EMPTY_SHAPE, Shape, concat_shapes, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import HOOKS, Dense, Tensor, dense_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract import Backend

# A list names axes one by one; an entry with several dimensions unpacks one axis.
AxisSpec: TypeAlias = "DimSpec | Sequence[DimSpec | Sequence[DimSpec]]"
Axes: TypeAlias = tuple[Shape, ...]

_PYTHON_NUMBERS = (bool, int, float, complex)


def wrap(data: Any, *dims: AxisSpec) -> Tensor:
    """Tensor around `data`, sharing its memory.

    Arrays keep backend, device and element type.  Python numbers and nested tuples or lists of them
    become NumPy tensors of 64-bit integers, or of floats with the context's precision.  Tuples and
    lists that contain tensors are stacked.  Sparse arrays of SciPy (any format), PyTorch (COO, CSR,
    CSC), JAX (BCOO, BCSR) and TensorFlow become sparse tensors of their format; `native_matrix` is
    the way back.

    Args:
        data: native array of any backend, Python number, nested tuple or list, or tensor.
        dims: the dimensions of the axes of `data`, as shapes or as text like
            `'x:s,vector:c=(x,y)'`.  In a list, each entry is one axis, and one with several
            dimensions unpacks it: `wrap(a, [spatial(x=2, y=3), 'v:c'])`.  Dual ones are columns of
            a matrix: `wrap(m, spatial('x'), dual('x'))`.  May be left out for numbers, and for flat
            tuples and lists, which get the channel dimension `vector`.

    Raises:
        ShapeError: number, sizes or labels of the axes differ from the dimensions, or dimensions
            are missing.
        DTypeError: `data` is not numeric.
    """
    if isinstance(data, Tensor):
        return _matching(data, dims)
    axes = parse_axes(dims)
    if isinstance(data, (tuple, list)):
        return _wrap_sequence(data, axes)
    native = numpy_of(data) if isinstance(data, _PYTHON_NUMBERS) else data
    backend = _owner(native)
    if backend.is_sparse(native):
        return HOOKS["wrap_sparse"](native, backend, axes)
    return wrap_native(native, backend, axes)


def _owner(data: Any) -> Backend[Any]:
    try:
        return backend_of(data)
    except BackendError as error:
        raise DTypeError(
            f"A {type(data).__module__}.{type(data).__qualname__} is no tensor data. Expected a "
            "number, an array, "
            "or a tuple or list of these."
        ) from error


def parse_axes(dims: Sequence[AxisSpec]) -> Axes:
    """Dimensions of each axis.

    Shapes and text name one axis per dimension, lists one axis per entry.
    """
    return _parse_axes(tuple(_hashable(spec) for spec in dims))


def _hashable(spec: Any) -> Any:
    return tuple(map(_hashable, spec)) if isinstance(spec, (tuple, list)) else spec


@lru_cache(maxsize=1024)
def _parse_axes(dims: tuple[Any, ...]) -> Axes:
    axes: list[Shape] = []
    for spec in dims:
        if isinstance(spec, tuple):
            axes += (parse_dims(*p) if isinstance(p, tuple) else parse_dims(p) for p in spec)
        else:
            axes += parse_dims(spec)
    return tuple(axes)


def wrap_native(native: Any, backend: Backend[Any], axes: Axes) -> Dense:
    """Tensor around a native array with these axes."""
    sizes = backend.sizes(native)
    _check_named(sizes, axes)
    shape, packed = _named(sizes, axes)
    if packed:
        native = backend.reshape(native, tuple(shape.int_sizes))
    return dense_of(native, backend, shape)


def _check_named(sizes: tuple[int, ...], axes: Axes) -> None:
    if not axes and sizes:
        raise ShapeError(
            f"The axes of an array of sizes {sizes} have no names. Say which dimensions they are, "
            f"e.g. wrap(array, {_suggestion(len(sizes))})."
        )


def _suggestion(rank: int) -> str:
    return repr(
        ",".join(f"{name}:s" for name in "xyz"[:rank]) if rank <= 3 else "b:b,x:s,y:s,vector:c"
    )


@lru_cache(maxsize=4096)
def _named(sizes: tuple[int, ...], axes: Axes) -> tuple[Shape, bool]:
    """Dimensions with sizes filled in, and whether an axis must be unpacked."""
    named = named_axes(sizes, axes)
    return concat_shapes(*named), any(axis.rank != 1 for axis in named)


def named_axes(sizes: tuple[int, ...], axes: Axes) -> Axes:
    """Dimensions of each axis with sizes filled in."""
    if len(sizes) != len(axes):
        raise ShapeError(
            f"Data with {len(sizes)} axes of sizes {sizes} cannot have the {len(axes)} dimensions "
            f"{concat_shapes(*axes)}. Name each axis once, in order"
            + (
                ". To repeat a number along dimensions use expand(value, dims)."
                if not sizes
                else "."
            )
        )
    return tuple(_fill(axis, size, sizes) for axis, size in zip(axes, sizes, strict=True))


def _fill(axis: Shape, size: int, sizes: tuple[int, ...]) -> Shape:
    unknown = [dim for dim in axis.dims if dim.size is None]
    if len(unknown) > 1:
        raise ShapeError(
            f"An axis of size {size} cannot be unpacked to {axis}: give all sizes but one."
        )
    known = Shape(*(dim for dim in axis.dims if dim.size is not None)).volume
    if unknown and known and size % known == 0:
        return axis.with_size(unknown[0].name, size // known)
    if unknown or known != size:
        labels = "".join(f" (labels {','.join(dim.labels)})" for dim in axis.dims if dim.labels)
        raise ShapeError(
            f"An axis of size {size} cannot be {axis}{labels}: {known} elements were expected. "
            f"The sizes of the data are {sizes}. Check the order of the dimensions."
        )
    return axis


def _matching(value: Tensor, dims: Sequence[AxisSpec]) -> Tensor:
    expected = concat_shapes(*parse_axes(dims))
    if expected is EMPTY_SHAPE:
        return value
    agrees = set(expected.names) == set(value.shape.names) and all(
        dim.type is value.shape.dim(dim.name).type
        and dim.size in (None, value.shape.dim(dim.name).size)
        and dim.labels in (None, value.shape.dim(dim.name).labels)
        for dim in expected.dims
    )
    if not agrees:
        raise ShapeError(
            f"A tensor of shape {value.shape} was given where {expected} is expected. "
            "Rename, slice or expand it first, or leave the dimensions out."
        )
    return value


# --- Python data ---


def numpy_of(data: Any) -> np.ndarray:
    """NumPy array of Python numbers: 64-bit integers, floats of the context's precision."""
    try:
        array = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"The nested tuples or lists don't form an array: {error}. "
            "Give equal lengths, or wrap the rows and stack them."
        ) from error
    if array.dtype.kind not in "biufc":
        raise DTypeError(
            f"Data of type {array.dtype} is not numeric: {str(data)[:60]}. Give numbers, or keep "
            "such objects in "
            "tuples, dicts and dataclasses."
        )
    return array.astype(_python_dtype(array, data).name, copy=False)


def _python_dtype(array: np.ndarray, data: Any) -> DType:
    kind = array.dtype.kind
    if array.size == 0 and isinstance(data, (tuple, list)):
        return float_dtype()
    if kind in "iu":
        return DType("int64")
    return float_dtype() if kind == "f" else complex_dtype() if kind == "c" else DType("bool")


def _wrap_sequence(data: Sequence[Any], axes: Axes) -> Tensor:
    if _has_tensor(data):
        return _stack(data, axes)
    array = numpy_of(data)
    if not axes and array.ndim == 1:
        axes = (channel("vector"),)
    return wrap_native(array, load("numpy"), axes)


def _has_tensor(data: Any) -> bool:
    if isinstance(data, (tuple, list)):
        return any(map(_has_tensor, data))
    return hasattr(data, "elementwise") or (
        hasattr(data, "__dlpack__") and not isinstance(data, (np.ndarray, np.generic))
    )


def _stack(data: Sequence[Any], axes: Axes) -> Tensor:
    """Tensor of a tuple or list that contains tensors; the first axis is the new dimension."""
    axes = axes or (channel("vector"),)
    if axes[0].rank != 1:
        raise ShapeError(f"Tensors are stacked along one dimension, not along {axes[0]}.")
    dim = axes[0].single
    if dim.size is not None and dim.size != len(data):
        raise ShapeError(
            f"{len(data)} values cannot be stacked along {axes[0]}: {dim.size} were expected."
        )
    parts = [part if isinstance(part, Tensor) else wrap(part, list(axes[1:])) for part in data]
    return stack_expanded(parts, dim)


def stack_expanded(parts: Sequence[Tensor], dim: Dim) -> Tensor:
    """Tensors stacked along a new dimension; one is repeated along dimensions that it lacks."""
    if any(set(part.shape.names) != set(parts[0].shape.names) for part in parts):
        shape = merge_shapes(*(part.shape for part in parts))
        parts = [part.expanded(shape) for part in parts]
    stacked = Stacked(parts, dim)
    # One native array is faster in all that follows; other storages know best how to join.
    return (
        stacked.dense()
        if stacked.shape.is_uniform and all(isinstance(p, Dense) for p in parts)
        else stacked
    )


# --- beside a tensor ---


def operand(value: Any, partner: Tensor) -> Tensor:
    """What stands beside a tensor, as a tensor: a tuple is a vector, arrays must be scalars."""
    if isinstance(value, (tuple, list)):
        return wrap(value, Shape(_vector_dim(len(value), partner.shape)))
    try:
        native = numpy_of(value) if isinstance(value, _PYTHON_NUMBERS) else value
        backend = backend_of(native)
    except BackendError as error:
        raise DTypeError(
            f"A tensor of shape {partner.shape} cannot be combined with {value!r} of type "
            f"{type(value).__name__}. Expected a tensor, a number, or a tuple of numbers."
        ) from error
    sizes = backend.sizes(native)
    if sizes:
        raise ShapeError(
            f"An array of sizes {sizes} has no dimension names, so that it cannot be combined "
            f"with {partner.shape}. "
            f"Name its axes first: wrap(array, {_suggestion(len(sizes))})."
        )
    return dense_of(native, backend, EMPTY_SHAPE)


@lru_cache(maxsize=1024)
def _vector_dim(count: int, shape: Shape) -> Dim:
    """Dimension of a tuple of numbers beside a tensor of this shape."""
    channels = shape.channel
    if channels.rank == 1 or "vector" in channels:
        dim = channels.dims[0] if channels.rank == 1 else shape.dim("vector")
        if dim.size != count:
            raise ShapeError(
                f"{count} values cannot be matched to '{dim.name}' of {shape}, which has "
                f"{dim.size}. "
                "Give one value per element, or wrap the values with their own dimension."
            )
        return dim
    if channels.rank == 0 and shape.spatial_rank == count:
        return Dim.make("vector", channel, None, shape.spatial.names)
    why = "no channel dimension" if channels.rank == 0 else f"{channels.rank} channel dimensions"
    raise ShapeError(
        f"It is not clear which dimension {count} values stand for beside {shape}, which has "
        f"{why} and "
        f"{shape.spatial_rank} spatial ones. Say so, e.g. wrap(values, channel('vector'))."
    )


HOOKS["wrap"] = wrap
HOOKS["operand"] = operand

__all__ = ["wrap"]
