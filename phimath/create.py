"""New tensors: copies of data, constants, vectors, and lazily repeated values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from phimath.backend.discovery import destination
from phimath.context import default
from phimath.convert import map_dense, to_default
from phimath.dimension import Dim, Varying, channel, instance, spatial
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dtype import DType
from phimath.errors import ShapeError
from phimath.shape import DimFilter, Shape, dim_names, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import is_tree, tree_map
from phimath.wrap import AxisSpec, stack_expanded, wrap, wrap_native

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.backend.contract import Backend

T = TypeVar("T")

PI: Final = float(np.pi)
INF: Final = float("inf")
NAN: Final = float("nan")


def tensor(data: Any, *dims: AxisSpec) -> Tensor:
    """Copy of `data` as a tensor of the default backend on the default device.

    Floats get the context's precision, unless `data` is an array or tensor of the default backend
    already: that is copied as it is.

    Args:
        data: as in `wrap`: native array of any backend, number, nested tuple or list, or tensor.
        dims: as in `wrap`: the dimensions of the axes.
    """
    wrapped = wrap(data, *dims)
    is_own = not isinstance(
        data, (tuple, list, bool, int, float, complex)
    ) and wrapped.backend is destination(wrapped.backend, default().backend)
    if not is_own and wrapped.dtype.is_floating:
        wrapped = wrapped.cast(DType(wrapped.dtype.kind))
    return map_dense(_copied_to_default, wrapped)


def _copied_to_default(dense: Dense) -> Dense:
    backend = destination(dense.backend, default().backend)
    native = to_default(dense.stored_native, dense.backend)
    return Dense(backend.copy(native), dense.signature.replace(backend=backend))


def copy(value: T) -> T:
    """Tensor or tree whose arrays have memory of their own; expanded dimensions stay lazy."""

    def copied(dense: Dense) -> Tensor:
        return Dense(dense.backend.copy(dense.stored_native), dense.signature)

    return tree_map(lambda t: map_dense(copied, t), value)


# --- constants ---


def _constant(value: int, dims: tuple[DimSpec, ...], dtype: DType | type | str) -> Tensor:
    shape = merge_shapes(parse_dims(*dims))
    unknown = [dim.name for dim in shape.dims if dim.size is None]
    if unknown:
        raise ShapeError(
            f"The size of {', '.join(map(repr, unknown))} is missing in {shape}. "
            f"Give it, e.g. spatial({unknown[0].removeprefix('~')}=4)."
        )
    backend, device = default()
    return _filled(value, DType(dtype), shape, backend, device)


def _filled(
    value: int, dtype: DType, shape: Shape, backend: Backend[Any], device: str | None
) -> Tensor:
    number = bool(value) if dtype.kind == "bool" else value
    native = backend.full((), number, dtype, device)
    return _expand(wrap_native(native, backend, ()), shape)


def zeros(*shape: DimSpec, dtype: DType | type | str = float) -> Tensor:
    """Tensor of zeros: `zeros(spatial(x=4), channel(vector='x,y'))`; one number in memory."""
    return _constant(0, shape, dtype)


def ones(*shape: DimSpec, dtype: DType | type | str = float) -> Tensor:
    """Tensor of ones: `ones(spatial(x=4), channel(vector='x,y'))`; one number in memory."""
    return _constant(1, shape, dtype)


def zeros_like(obj: T) -> T:
    """Zeros of the shape, type, backend and device of a tensor, or of each tensor in a tree."""
    return tree_map(lambda t: _constant_like(t, 0), _as_tensors(obj))


def ones_like(obj: T) -> T:
    """Ones of the shape, type, backend and device of a tensor, or of each tensor in a tree."""
    return tree_map(lambda t: _constant_like(t, 1), _as_tensors(obj))


def _as_tensors(obj: Any) -> Any:
    return obj if isinstance(obj, Tensor) or is_tree(obj) else wrap(obj)


def _constant_like(value: Tensor, number: int) -> Tensor:
    device = value.device if value.available else None
    return _filled(number, value.dtype, value.shape, value.backend, device)


# --- repeating ---


def expand(value: T, *dims: DimSpec) -> T:
    """Tensor or tree with more dimensions, along which values are repeated without a copy.

    Dimensions that a tensor has already must agree in size, type and labels.
    """
    shape = merge_shapes(parse_dims(*dims))
    if isinstance(value, Tensor):
        return _expand(value, shape)  # type: ignore[return-value]
    return tree_map(lambda t: _expand(t, shape), _as_tensors(value))


def _expand(value: Tensor, shape: Shape) -> Tensor:
    missing = None in shape.sizes and shape.without(value.shape)
    if missing and None in missing.sizes:
        raise ShapeError(
            f"Expanding {value.shape} needs the sizes of {missing}. Give them, e.g. spatial(x=4)."
        )
    if shape.is_uniform:
        return value.expanded(shape)
    along = next(dim.size.along for dim in shape.dims if isinstance(dim.size, Varying))
    merged = merge_shapes(shape, value.shape)
    dim = merged.dim(along)
    parts = value.unstacked(along) if along in value.shape else (value,) * shape.get_size(along)
    rest = [merged.at({along: i}) for i in range(len(parts))]
    return Stacked([_expand(part, s) for part, s in zip(parts, rest, strict=True)], dim)


# --- vectors ---


def vec(
    name: str | Shape = "vector",
    /,
    *,
    tuple_dim: Shape = spatial("sequence"),
    list_dim: Shape = instance("sequence"),
    **components: Any,
) -> Tensor:
    """Vector with labelled components: `vec(x=1, y=2)`, `vec('size', x=..., y=...)`.

    Args:
        name: name of the channel dimension, or a dimension without size and labels.
        tuple_dim: dimension of components given as tuples.
        list_dim: dimension of components given as lists.
        components: tensors, numbers, tuples or lists; dimensions that one lacks are expanded.
    """
    parts = {
        label: wrap(c, tuple_dim)
        if isinstance(c, tuple)
        else wrap(c, list_dim)
        if isinstance(c, list)
        else c
        for label, c in components.items()
    }
    return vector_of(parts, name)


def vector_of(components: Mapping[str, Any], name: str | Shape = "vector") -> Tensor:
    """Vector with the keys of a dictionary as labels; like `vec`, for labels known at run time."""
    if not components:
        raise ShapeError("A vector needs components, e.g. vec(x=1, y=2).")
    dim = Dim.make(name, channel, None, None) if isinstance(name, str) else name.single
    if dim.size is not None and dim.labels != tuple(components):
        raise ShapeError(
            f"The components {', '.join(components)} don't match the dimension {name}. "
            "Leave its size and labels out: they are the names of the components."
        )
    parts = [wrap(c) for c in components.values()]
    return stack_expanded(parts, Dim.make(dim.name, dim.type, None, tuple(components)))


def dim_mask(all_dims: Shape, dims: DimFilter, mask_dim: Shape = channel("vector")) -> Tensor:
    """Which of `all_dims` are in `dims`, as booleans along `mask_dim` with the names as labels."""
    chosen = dim_names(dims, all_dims)
    all_dims.resolve(chosen)
    labelled = Dim.make(mask_dim.name, mask_dim.type, None, all_dims.names)
    return wrap([name in chosen for name in all_dims.names], Shape(labelled))


__all__ = [
    "INF",
    "NAN",
    "PI",
    "copy",
    "dim_mask",
    "expand",
    "ones",
    "ones_like",
    "tensor",
    "vec",
    "zeros",
    "zeros_like",
]
