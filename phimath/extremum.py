"""Where the largest and smallest values are, and what else is there."""

from __future__ import annotations

from typing import Any, Literal

from phimath.arrange import unravel_index
from phimath.dimension_spec import DimSpec
from phimath.errors import DTypeError, ShapeError
from phimath.filters import non_batch
from phimath.leaves import as_tensor, grouped, map_tensors, ungrouped
from phimath.shape import DimFilter, Shape
from phimath.take import take_packed
from phimath.tensor import Tensor

Which = Literal["argmax", "argmin"]


def argmax(x: Tensor, dim: DimFilter, index_dim: DimSpec = "index:c") -> Tensor:
    """Position of the first largest value: index vectors labelled with the dimensions searched.

    The result fits `gather`, e.g. `x[argmax(x, 'x,y')]`.
    """
    return _index_vectors("argmax", x, dim, index_dim)


def argmin(x: Tensor, dim: DimFilter, index_dim: DimSpec = "index:c") -> Tensor:
    """Position of the first smallest value: index vectors labelled with the dimensions searched.

    The result fits `gather`, e.g. `x[argmin(x, 'x,y')]`.
    """
    return _index_vectors("argmin", x, dim, index_dim)


def at_max(value: Any, key: Tensor, dim: DimFilter = non_batch) -> Any:
    """Tensor or tree of tensors at the first position along dimensions where `key` is largest.

    Raises:
        DimensionError: `key` lacks one of the dimensions.
    """
    return _at("argmax", value, key, dim)


def at_min(value: Any, key: Tensor, dim: DimFilter = non_batch) -> Any:
    """Tensor or tree of tensors at the first position along dimensions where `key` is smallest.

    Raises:
        DimensionError: `key` lacks one of the dimensions.
    """
    return _at("argmin", value, key, dim)


def _index_vectors(which: Which, x: Tensor, dim: DimFilter, index_dim: DimSpec) -> Tensor:
    x = as_tensor(x)
    searched = x.shape.resolve(dim)
    return unravel_index(position(which, x, searched), searched, index_dim)


def position(which: Which, x: Tensor, searched: Shape) -> Tensor:
    """Row-major position within `searched` of the extreme value."""
    if x.dtype.kind == "complex":
        raise DTypeError(f"{which}() is not defined for complex numbers. Use abs(x).")
    if not searched or 0 in searched.sizes:
        raise ShapeError(
            f"{which}() needs elements to choose from, but there are none along {searched} of "
            f"{x.shape}."
        )
    dense = x.dense()
    kept = dense.shape.without(searched)
    native = grouped(dense, kept, searched)
    backend = dense.backend
    return ungrouped(getattr(backend, which)(native, 1), backend, kept)


def _at(which: Which, value: Any, key: Tensor, dim: DimFilter) -> Any:
    searched = key.shape.resolve(dim)
    found = position(which, key, searched)
    return map_tensors(lambda tensor: take_packed(tensor, found, searched), value)


__all__ = ["argmax", "argmin", "at_max", "at_min"]
