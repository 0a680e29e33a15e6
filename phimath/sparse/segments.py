"""Sums over the entries at each position, and values read at the entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.discovery import combine
from phimath.broadcast import Signature
from phimath.dtype import BOOL, INT32
from phimath.shape import Shape, merge_shapes
from phimath.sparse.pattern import ENTRIES, entries_dim
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode
    from phimath.broadcast import Native


def summed_at(
    values: Tensor, position: Dense, dims: Shape, mode: ScatterMode = "add", start: Any = 0
) -> Dense:
    """Values (ENTRIES, …) added up at row-major positions within new dimensions; (dims, …).

    mode: how values at one position combine; start: what stands where there are none.
    """
    if values.dtype is BOOL:
        count = summed_at(values.cast(INT32), position, dims)
        return (count > 0).dense()
    dense = values.dense()
    stored = Shape(*(dim for dim in dense.signature.stored.dims if dim.name != ENTRIES))
    backend = combine([dense.backend, position.backend])
    native = entries_first(dense, stored)
    native = backend.reshape(native, (1, position.shape.volume, stored.volume))
    device = backend.device(native)
    native = backend.adopt(dense.backend, native)
    base = backend.full((1, dims.volume, stored.volume), start, dense.dtype, device)
    indices = backend.adopt(position.backend, position.stored_in((ENTRIES,)))
    indices = backend.reshape(indices, (1, position.shape.volume))
    result = backend.scatter(base, indices, native, mode)
    shape = Shape(*dims.dims, *stored.dims)
    whole = merge_shapes(dims, values.shape.without(ENTRIES))
    signature = Signature(backend, dense.dtype, whole, shape)
    return Dense(backend.reshape(result, shape.int_sizes), signature)


def entries_first(values: Dense, stored: Shape) -> Native:
    """Native array with the entries as first axis, then `stored`."""
    return values.stored_in((ENTRIES, *stored.names))


def chosen(values: Tensor, entries: np.ndarray) -> Tensor:
    """Some of the entries, by number, in this order."""
    if not isinstance(values, Dense):
        return values.map(lambda part: chosen(part, entries))  # type: ignore[attr-defined]
    signature, backend = values.signature, values.backend
    new = entries_dim(len(entries))
    shape = signature.shape.replace_dim(ENTRIES, new)
    if ENTRIES not in signature.stored:
        return Dense(values.stored_native, signature.replace(shape=shape))
    device = backend.device(values.stored_native)
    native = backend.from_numpy(np.ascontiguousarray(entries), device)
    native = backend.take(values.stored_native, native, signature.stored.position(ENTRIES))
    stored = signature.stored.replace_dim(ENTRIES, new)
    return Dense(native, signature.replace(shape=shape, stored=stored))


def zero_appended(values: Tensor) -> Dense:
    """One more entry, which is zero."""
    dense = values.dense()
    names = (ENTRIES, *(n for n in dense.signature.stored.names if n != ENTRIES))
    native = dense.stored_in(names)
    value = False if dense.dtype is BOOL else 0
    native = dense.backend.pad(native, [(0, 1), *[(0, 0)] * (len(names) - 1)], value)
    dim = entries_dim(dense.shape.get_size(ENTRIES) + 1)
    shape = dense.shape.replace_dim(ENTRIES, dim)
    stored = Shape(*(shape.dim(name) for name in names))
    return Dense(native, dense.signature.replace(shape=shape, stored=stored))
