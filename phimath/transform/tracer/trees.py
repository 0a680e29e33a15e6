"""Trees of tensors: into the boxes of a tracer, and out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.discovery import load
from phimath.broadcast import Signature
from phimath.convert import map_dense
from phimath.create import zeros_like
from phimath.shape import EMPTY_SHAPE, Shape
from phimath.sparse import Sparse
from phimath.sparse.patterns import entries_like
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import tree_map
from phimath.transform.tracer.dual import DualBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.transform.tracer.base import Tracer


def unboxed(tree: Any, tracer: Tracer[Any]) -> Any:
    """The tree with tensors of the inner backend instead of the tracer's."""

    def taken_out(dense: Dense) -> Dense:
        if dense.backend is not tracer:
            return dense
        return Dense(dense.stored_native.primal, dense.signature.replace(backend=tracer.inner))

    return _map_dense(taken_out, tree)


def stopped(tree: Any) -> Any:
    """The tree as constants of differentiation, out of the boxes of all forward modes."""

    def constant(dense: Dense) -> Dense:
        native, backend = dense.stored_native, dense.backend
        while isinstance(backend, DualBackend):
            native, backend = native.primal, backend.inner
        return Dense(backend.stop_gradient(native), dense.signature.replace(backend=backend))

    return _map_dense(constant, tree)


def paired(tree: Any, tangents: Any, tracer: DualBackend) -> Any:
    """Dual tensors of a tree and its tangents; those with zero tangents are left as they are."""
    return tree_map(lambda tensor, tangent: _paired(tensor, tangent, tracer), tree, tangents)


def tangents_of(tree: Any, tracer: DualBackend, zero: Callable[[Tensor], Tensor]) -> Any:
    """Tangents of dual tensors, and `zero` of those that don't depend on what is followed."""

    def tangent(dense: Dense) -> Tensor:
        plain = unboxed(dense, tracer)
        if dense.backend is not tracer or dense.stored_native.tangent is None:
            return zero(plain)
        return Dense(dense.stored_native.tangent, plain.signature)

    def of_values(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, Sparse):
            return map_dense(tangent, tensor)
        values = map_dense(tangent, tensor.values)
        return unboxed(tensor, tracer).with_values(values)  # at the same positions

    return tree_map(of_values, tree)


def host_zero(tensor: Tensor) -> Tensor:
    """Zeros that are known to be zero: one number on the host.  Integers stay, which don't vary."""
    if not tensor.dtype.is_floating:
        return tensor
    signature = Signature(load("numpy"), tensor.dtype, tensor.shape, EMPTY_SHAPE)
    return Dense(np.zeros((), tensor.dtype.name), signature)


def plain_zero(tensor: Tensor) -> Tensor:
    """Zeros on the backend and device of the tensor."""
    return zeros_like(tensor)


def _map_dense(function: Callable[[Dense], Tensor], tree: Any) -> Any:
    return tree_map(lambda tensor: map_dense(function, tensor), tree)


def _paired(tensor: Tensor, tangent: Tensor, tracer: DualBackend) -> Tensor:
    if isinstance(tensor, Sparse):
        change = host_zero(tensor.values)
        if not _is_known_to_be_zero(tangent):
            change = entries_like(tangent, tensor)
        return tensor.with_values(_paired(tensor.values, change, tracer))
    if isinstance(tensor, Stacked):
        parts = tangent.expanded(tensor.shape).unstacked(tensor.along)
        pairs = zip(tensor.components, parts, strict=True)
        return Stacked([_paired(component, part, tracer) for component, part in pairs], tensor.dim)
    inner, dense = tracer.inner, tensor.dense()
    if not dense.dtype.is_floating or _is_known_to_be_zero(tangent):
        native = inner.adopt(dense.backend, dense.stored_native)
        return Dense(native, dense.signature.replace(backend=inner))
    change = tangent.cast(dense.dtype).expanded(dense.shape).dense()
    stored = [
        dim
        for dim in dense.shape.dims
        if dim.name in dense.signature.stored or dim.name in change.signature.stored
    ]
    names = [dim.name for dim in stored]
    native = tracer.dual(
        inner.adopt(dense.backend, dense.stored_in(names)),
        inner.adopt(change.backend, change.stored_in(names)),
    )
    return Dense(native, Signature(tracer, dense.dtype, dense.shape, Shape(*stored)))


def _is_known_to_be_zero(tangent: Tensor) -> bool:
    return (
        isinstance(tangent, Dense)
        and tangent.backend.name == "numpy"
        and not tangent.signature.stored
        and not tangent.stored_native
    )
