"""Reading at positions given as one number: the native part of gathering."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.backend.discovery import combine
from phimath.leaves import grouped
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor, dense_of

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native, Signature


class _Groups(NamedTuple):
    """Dimensions shared by values and positions, of positions only, and of values only."""

    shared: Shape
    listed: Shape
    kept: Shape
    result: Shape


def take_packed(value: Tensor, position: Tensor, gathered: Shape) -> Tensor:
    """Values at row-major positions within the dimensions `gathered`, which must be in range.

    Other dimensions that both have are matched; those of `position` alone list the results.
    """
    value = value.expanded(gathered)
    if isinstance(value, Stacked) and value.along not in gathered:
        if value.along not in position.shape:
            return value.map(lambda component: take_packed(component, position, gathered))
        pairs = zip(value.components, position.unstacked(value.along), strict=True)
        return Stacked([take_packed(v, p, gathered) for v, p in pairs], value.dim)
    if isinstance(position, Stacked) and not position.shape.is_uniform:
        parts = position.components
        values = (
            value.unstacked(position.along)
            if position.along in value.shape
            else [value] * len(parts)
        )
        taken = [take_packed(v, p, gathered) for v, p in zip(values, parts, strict=True)]
        return Stacked(taken, position.dim)
    return _take_dense(value.dense(), position.dense(), gathered)


def _take_dense(value: Dense, position: Dense, gathered: Shape) -> Tensor:
    groups = _groups(value.signature, position.shape, gathered)
    backend = combine([value.backend, position.backend])
    present = _with_stored_only(value, groups, gathered)
    points = native_on(backend, present, groups.shared, gathered, groups.kept)
    indices = native_on(backend, position, groups.shared, groups.listed)
    if groups.shared:
        native = backend.gather(points, indices)
    else:
        native = backend.reshape(indices, (groups.listed.volume,))
        native = backend.take(backend.reshape(points, backend.sizes(points)[1:]), native, 0)
    shape = Shape(*groups.shared.dims, *groups.listed.dims, *groups.kept.dims)
    return dense_of(backend.reshape(native, shape.int_sizes), backend, shape).expanded(
        groups.result
    )


def native_on(backend: Backend[Any], tensor: Dense, *groups: Shape) -> Native:
    """Native array of `backend` with one axis per group of dimensions; NumPy arrays move there."""
    return backend.adopt(tensor.backend, grouped(tensor, *groups))


@lru_cache(maxsize=4096)
def _groups(value: Signature, position: Shape, gathered: Shape) -> _Groups:
    rest = value.shape.without(gathered)
    # Along what values don't store, they are the same: only the positions count there.
    shared = Shape(*(d for d in rest.dims if d.name in position and d.name in value.stored))
    kept = Shape(*(d for d in rest.dims if d.name not in position and d.name in value.stored))
    result = merge_shapes(rest, position)
    listed = Shape(*(result.dim(name) for name in position.names if name not in shared))
    return _Groups(Shape(*(result.dim(n) for n in shared.names)), listed, kept, result)


def _with_stored_only(value: Dense, groups: _Groups, gathered: Shape) -> Dense:
    """The same values without the dimensions along which they are expanded lazily and stay so."""
    signature = value.signature
    kept = (*groups.shared.names, *groups.kept.names, *gathered.names)
    drop = [name for name in signature.shape.names if name not in kept]
    return Dense(value.stored_native, signature.replace(shape=signature.shape.without(drop)))
