"""Evenly spaced numbers along dimensions: ranges, lines and meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.discovery import load
from phimath.context import default_backend
from phimath.convert import convert, to_default
from phimath.create import expand
from phimath.dimension import Dim, DimType, channel, spatial
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dtype import DType, complex_dtype, float_dtype
from phimath.errors import ShapeError, ValueRangeError
from phimath.shape import Shape, merge_shapes
from phimath.tensor import Dense, Tensor, dense_of
from phimath.wrap import stack_expanded, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence


def _from_numpy(array: np.ndarray, shape: Shape, dtype: DType | None = None) -> Dense:
    """Tensor of the default backend on the default device, which gets no wider type than asked."""
    numpy = load("numpy")
    native = array if dtype is None else numpy.cast(array, dtype)
    return dense_of(to_default(native, numpy), default_backend(), shape)


def arange(
    dim: DimSpec, start_or_stop: float | None = None, stop: float | None = None, step: float = 1
) -> Tensor:
    """Numbers from start (0) up to, but without, stop along a new dimension.

    They are 64-bit integers unless a float is given:
    `arange(spatial('x'), 5)`, `arange(spatial('x'), 2, 5)`, `arange(spatial(x=5))`.
    """
    shape = parse_dims(dim)
    single = shape.single
    if start_or_stop is None:
        if not isinstance(single.size, int) or stop is not None:
            raise ShapeError(
                f"arange() needs a stop or the size of {shape}, e.g. arange(spatial(x=5))."
            )
        start_or_stop = single.size
    start, end = (0, start_or_stop) if stop is None else (start_or_stop, stop)
    if step == 0:
        raise ValueRangeError("The step of arange() cannot be 0.")
    array = np.arange(start, end, step)
    array = array.astype(float_dtype().name if array.dtype.kind == "f" else np.int64)
    if single.size not in (None, len(array)):
        raise ShapeError(
            f"arange() from {start} to {end} by {step} has {len(array)} elements, not "
            f"{single.size} as {shape} says. "
            "Leave the size out."
        )
    return _from_numpy(array, shape.with_size(single.name, len(array)))


def range_tensor(*shape: DimSpec) -> Tensor:
    """Row-major linear index of each element of a shape, as 64-bit integers."""
    dims = parse_dims(*shape)
    sizes = dims.int_sizes
    return _from_numpy(np.arange(dims.volume, dtype=np.int64).reshape(sizes), dims)


def linspace(start: Any, stop: Any, dim: DimSpec) -> Tensor:
    """Evenly spaced floats from `start` to `stop`, both included.

    Args:
        start: number, tensor, or tuple of numbers that stands for a vector.
        stop: like start.
        dim: new dimension with its size.  With several, points of a mesh: component i of the
            vectors varies along dimension i.
    """
    shape = parse_dims(dim)
    if None in shape.sizes:
        raise ShapeError(f"linspace() needs the number of points, e.g. spatial(x=5), not {shape}.")
    if shape.rank > 1:
        return _linear_mesh(start, stop, shape)
    size = shape.int_sizes[0]
    if isinstance(start, (int, float, complex)) and isinstance(stop, (int, float, complex)):
        array = np.linspace(start, stop, size)
        dtype = complex_dtype() if array.dtype.kind == "c" else float_dtype()
        return _from_numpy(array, shape, dtype)
    # Weighting both ends hits them exactly.
    fraction = _from_numpy(np.linspace(0, 1, size), shape, float_dtype())
    return wrap(start) * (1 - fraction) + wrap(stop) * fraction


def _linear_mesh(start: Any, stop: Any, shape: Shape) -> Tensor:
    lower, upper = _per_dim(start, shape), _per_dim(stop, shape)
    lines = [linspace(a, b, dim) for a, b, dim in zip(lower, upper, shape, strict=True)]
    return stack_expanded(lines, Dim.make("vector", channel, None, shape.names))


def _per_dim(value: Any, shape: Shape) -> Sequence[Any]:
    if isinstance(value, (tuple, list)):
        if len(value) != shape.rank:
            raise ShapeError(
                f"{len(value)} values don't match the {shape.rank} dimensions {shape}."
            )
        return value
    if not isinstance(value, Tensor) or not value.shape.channel:
        return (value,) * shape.rank
    dim = value.shape.channel.single
    if dim.labels is None and dim.size == shape.rank:
        return value.unstacked(dim.name)
    return [value[{dim.name: name}] for name in shape.names]


def meshgrid(
    dims: DimType | Shape = spatial, stack_dim: Shape | None = channel("vector"), **dimensions: Any
) -> Tensor | tuple[Tensor, ...]:
    """Coordinates of all points of a rectangular mesh.

    `meshgrid(x=3, y=(0, 5))`, `meshgrid(spatial(x=3, y=2))`.

    Args:
        dims: type of the dimensions named below, or a shape whose sizes are used.
        stack_dim: dimension of the components, labelled with the names; `None` for a tuple of
            tensors.
        dimensions: per name the number of points, or their coordinates as tuple, list, array or
            tensor of rank 1.
    """
    if isinstance(dims, Shape):
        dimensions = {**dict(zip(dims.names, dims.int_sizes, strict=True)), **dimensions}
    if not dimensions:
        raise ShapeError("meshgrid() needs dimensions, e.g. meshgrid(x=3, y=(0, 5)).")
    lines: list[Tensor] = []
    for name, spec in dimensions.items():
        shape = (
            dims[name]
            if isinstance(dims, Shape) and name in dims
            else spatial(name)
            if isinstance(dims, Shape)
            else dims(name)
        )
        lines.append(arange(shape, spec) if isinstance(spec, int) else _coordinates(spec, shape))
    return _mesh(lines, tuple(dimensions), stack_dim)


def _coordinates(values: Any, shape: Shape) -> Tensor:
    if isinstance(values, Tensor):
        line = values.with_shape(Shape(shape.dims[0].with_size(values.shape.size)))
    else:
        line = wrap(values, shape)
    return convert(line)


def _mesh(
    lines: Sequence[Tensor], labels: tuple[str, ...], stack_dim: Shape | None
) -> Tensor | tuple[Tensor, ...]:
    shape = merge_shapes(*(line.shape for line in lines))
    if stack_dim is None:
        return tuple(expand(line, shape) for line in lines)
    dim = Dim.make(stack_dim.name, stack_dim.type, None, labels)
    return stack_expanded([expand(line, shape) for line in lines], dim)


__all__ = ["arange", "linspace", "meshgrid", "range_tensor"]
