"""Joining tensors and trees along a new dimension (`stack`) or an existing one (`concat`)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from phimath.backend.discovery import combine
from phimath.broadcast import Signature
from phimath.dimension import Dim, Varying, batch, channel
from phimath.dimension_spec import parse_dims
from phimath.dtype import precision_bits, promote
from phimath.errors import LabelError, ShapeError
from phimath.leaves import as_tensor
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import is_tree, tree_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phimath.dimension_spec import DimSpec

# Vectors of up to this many components are kept apart: their operations need no slicing.
LAZY_COMPONENTS = 4


def stack(
    values: Sequence[Any] | Mapping[str, Any], dim: DimSpec, expand_values: bool = False
) -> Any:
    """Tensor or tree with the values along a new dimension.

    Tensors whose sizes differ give a non-uniform tensor.  Short vectors are kept as components.

    values: tensors, numbers, or trees of equal structure; the keys of a dict become the labels.
    dim: one dimension, e.g. `batch('b')` or `channel(vector='x,y')`.
    expand_values: repeat values along non-batch dimensions that they lack and others have.

    Raises:
        ShapeError: dimensions are missing or have different types, or `dim` exists already.
        LabelError: the labels of a dimension differ between values.
    """
    new = parse_dims(dim).single
    if isinstance(values, dict):
        labels, values = tuple(values), tuple(values.values())
        if new.labels not in (None, labels):
            raise LabelError(
                f"The keys {','.join(labels)} don't match the labels of {dim}. Give them in one "
                "place."
            )
        new = Dim.make(new.name, new.type, None, labels)
    if not values:
        raise ShapeError(f"There is nothing to stack along {dim}. Give at least one value.")
    sized = _sized(new, len(values))
    return _leafwise(lambda tensors: stack_tensors(tensors, sized, expand_values), tuple(values))


def concat(values: Sequence[Any], dim: str | Shape, expand_values: bool = False) -> Any:
    """Tensor or tree with the values, and labels, one after the other along an existing dimension.

    values: tensors, or trees of equal structure; tensors of a tree without `dim` must be equal.
    expand_values: repeat values along non-batch dimensions that they lack and others have.

    Raises:
        ShapeError: other dimensions differ, or `dim` is missing.
        LabelError: a label would appear twice.
    """
    if not values:
        raise ShapeError(f"There is nothing to join along {dim}. Give at least one value.")
    name = dim if isinstance(dim, str) else dim.name
    return _leafwise(lambda tensors: concat_tensors(tensors, name, expand_values), tuple(values))


def _sized(dim: Dim, count: int) -> Dim:
    if dim.size not in (None, count):
        raise ShapeError(
            f"{count} values can't be stacked along '{dim.name}' of size {dim.size}. "
            "Leave the size away, or give as many values."
        )
    return Dim(dim.name, dim.type, count, dim.labels)


def _leafwise(join: Callable[[Sequence[Tensor]], Tensor], values: tuple[Any, ...]) -> Any:
    if all(isinstance(value, Tensor) for value in values):
        return join(values)
    if all(is_tree(value) for value in values):
        return tree_map(lambda *tensors: join(tensors), *values)
    return join([as_tensor(value) for value in values])


# --- stack ---


def stack_tensors(tensors: Sequence[Tensor], dim: Dim, expand_values: bool = False) -> Tensor:
    """Stack tensors along a new dimension of the right size."""
    first = tensors[0]
    keep_apart = dim.type is channel and len(tensors) <= LAZY_COMPONENTS
    if isinstance(first, Dense) and not keep_apart:
        signature = first.signature
        natives = [
            t.stored_native for t in tensors if isinstance(t, Dense) and t.signature is signature
        ]
        if len(natives) == len(tensors):
            axis, result = stack_plan(signature, dim)
            return Dense(signature.backend.stack(natives, axis), result)
    for tensor in tensors:
        if dim.name in tensor.shape:
            raise _exists_already(dim, tensor.shape)
    stacked = Stacked(_same_type(unified(tensors, dim.name, expand_values)), dim)
    is_plain = all(isinstance(t, Dense | Stacked) for t in tensors)
    return (
        stacked if keep_apart or not is_plain or not stacked.shape.is_uniform else stacked.dense()
    )


def _exists_already(dim: Dim, shape: Shape) -> ShapeError:
    return ShapeError(
        f"Cannot stack along '{dim.name}': {shape} has it already. "
        f"Use concat(values, '{dim.name}') or another name."
    )


@lru_cache(maxsize=4096)
def stack_plan(signature: Signature, dim: Dim) -> tuple[int, Signature]:
    """Axis of the new dimension, and the result: the dimension is stored where its type puts it."""
    if dim.name in signature.shape:
        raise _exists_already(dim, signature.shape)
    shape = merge_shapes(Shape(dim), signature.shape)
    dims = signature.stored.dims
    axis = sum(d.type.order < dim.type.order for d in dims)
    stored = Shape(*dims[:axis], dim, *dims[axis:])
    return axis, signature.replace(shape=shape, stored=stored)


def _same_type(tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    dtypes = {tensor.dtype for tensor in tensors}
    if len(dtypes) == 1:
        return tensors
    common = promote(*dtypes, bits=precision_bits())
    return [tensor.cast(common) for tensor in tensors]


def unified(tensors: Sequence[Tensor], along: str, expand_values: bool) -> Sequence[Tensor]:
    """Tensors of the same dimensions, types and labels, but for size and labels of `along`.

    Batch dimensions that a tensor lacks are expanded lazily, others only if `expand_values`.
    """
    dims = _unified_dims(along, *(tensor.shape for tensor in tensors))
    if dims is None:
        return tensors
    return [_with_dims(tensor, dims, expand_values, along) for tensor in tensors]


@lru_cache(maxsize=4096)
def _unified_dims(along: str, *shapes: Shape) -> dict[str, Dim] | None:
    """Dimensions that all shall have; `None` if all have them already."""
    dims: dict[str, Dim] = {}
    for shape in shapes:
        for dim in shape.dims:
            if dim.name != along:
                known = dims.setdefault(dim.name, dim)
                dims[dim.name] = known if known is dim else _agreed(known, dim, along)
    agree = all(
        {*shape.names, along} == {*dims, along}
        and all(_relabelled(dim, dims) is dim for dim in shape.dims)
        for shape in shapes
    )
    return None if agree else dims


def _agreed(a: Dim, b: Dim, along: str) -> Dim:
    if a.type is not b.type:
        raise ShapeError(
            f"Cannot join along '{along}': '{a.name}' has type {a.type} in one value and {b.type} "
            "in "
            "another. Rename or retype one of them first."
        )
    if a.labels and b.labels and a.labels != b.labels and a.size == b.size:
        raise LabelError(
            f"Cannot join along '{along}': '{a.name}' is labelled {','.join(a.labels)} in one "
            "value and "
            f"{','.join(b.labels)} in another. Reorder one, e.g. t['{','.join(a.labels)}'], or "
            "rename labels."
        )
    return b if a.labels is None and a.size == b.size else a


def _with_dims(tensor: Tensor, dims: dict[str, Dim], expand_values: bool, along: str) -> Tensor:
    missing = [dim for name, dim in dims.items() if name not in tensor.shape]
    for dim in missing:
        if dim.type is not batch and not expand_values:
            raise ShapeError(
                f"Cannot join {tensor.shape} along '{along}' with values that have "
                f"{Shape(dim)}. Pass expand_values=True to repeat it, or expand it before."
            )
        if isinstance(dim.size, Varying):
            raise ShapeError(
                f"Cannot repeat {tensor.shape} along {Shape(dim)}, whose size varies. Expand it "
                "before."
            )
    if missing:
        tensor = tensor.expanded(Shape(*missing))
    labelled = Shape(*(_relabelled(dim, dims) for dim in tensor.shape.dims))
    return tensor if labelled is tensor.shape else tensor.with_shape(labelled)


def _relabelled(dim: Dim, dims: dict[str, Dim]) -> Dim:
    known = dims.get(dim.name)
    return dim if known is None or known == dim or known.size != dim.size else known


# --- concat ---


@runtime_checkable
class Joinable(Protocol):
    """A storage that brings its own way to be joined."""

    def joined(self, tensors: Sequence[Tensor], dim: Dim) -> Tensor:
        """Tensors of equal other dimensions, of which this is one, joined along one."""
        ...


def concat_tensors(tensors: Sequence[Tensor], name: str, expand_values: bool = False) -> Tensor:
    """Join tensors along an existing dimension."""
    if all(tensor.__class__ is Dense for tensor in tensors):
        return _concat_dense(tensors, name, expand_values)  # type: ignore[arg-type]
    for tensor in tensors:
        tensor.shape.position(name)
    if len(tensors) == 1:
        return tensors[0]
    tensors = _same_type(unified(tensors, name, expand_values))
    dim = _joined([tensor.shape.dim(name) for tensor in tensors])
    for tensor in tensors:
        if isinstance(tensor, Joinable):
            return tensor.joined(tensors, dim)
    apart = _apart(tensors, name, dim)
    if apart == name:
        return Stacked([part for tensor in tensors for part in tensor.unstacked(name)], dim)
    if apart is not None:
        slices = zip(*(tensor.unstacked(apart) for tensor in tensors), strict=True)
        parts = [concat_tensors(part, name) for part in slices]
        return Stacked(parts, tensors[0].shape.dim(apart))
    return _concat_dense([tensor.dense() for tensor in tensors], name, expand_values)


def _apart(tensors: Sequence[Tensor], name: str, dim: Dim) -> str | None:
    """Dimension whose slices are joined one by one, if any: that of lazy or non-uniform stacks."""
    stacked = [tensor for tensor in tensors if isinstance(tensor, Stacked)]
    if not stacked:
        return None
    others = [tensor.along for tensor in stacked if tensor.along != name]
    if others and (len(others) == len(tensors) or not all(t.shape.is_uniform for t in stacked)):
        return others[0] if len(set(others)) == 1 else None
    short = dim.type is channel and dim.size in range(LAZY_COMPONENTS + 1)
    return name if short or not all(t.shape.is_uniform for t in stacked) else None


def _joined(dims: Sequence[Dim]) -> Dim:
    first = dims[0]
    if any(isinstance(dim.size, Varying) for dim in dims):
        along = {d.size.along for d in dims if isinstance(d.size, Varying)}
        if len(along) > 1:
            raise ShapeError(
                f"Cannot join along '{first.name}': its size varies along {' and '.join(along)}. "
                "Pack or slice one of them first."
            )
        return Dim(first.name, first.type, None, None)
    labels = [dim.labels for dim in dims]
    size = sum(dim.size for dim in dims)  # type: ignore[misc]
    if None in labels:
        return Dim(first.name, first.type, size, None)
    joined = tuple(label for part in labels if part for label in part)
    if len(set(joined)) != len(joined):
        twice = next(label for label in joined if joined.count(label) > 1)
        raise LabelError(
            f"Cannot join along '{first.name}': the label '{twice}' would appear twice in "
            f"{','.join(joined)}. "
            f"Relabel one of the values first, e.g. t['{twice}->other']."
        )
    return Dim(first.name, first.type, size, joined)


def _require_equal_sizes(a: Shape, b: Shape, name: str) -> None:
    for dim in a.dims:
        if dim.name != name and b.dim(dim.name).size != dim.size:
            raise ShapeError(
                f"Cannot join {a} and {b} along '{name}': '{dim.name}' has size {dim.size} and "
                f"{b.dim(dim.name).size}. Slice, pad or resample one of them first."
            )


class _ConcatPlan(NamedTuple):
    """Names worked out to positions: the operands are cast, and stored as `names`."""

    operands: tuple[Signature, ...]
    names: tuple[str, ...]
    axis: int
    result: Signature


def _concat_dense(tensors: Sequence[Dense], name: str, expand_values: bool) -> Tensor:
    signatures = [tensor.signature for tensor in tensors]
    plan = _concat_plan(name, expand_values, precision_bits(), *signatures)
    if len(tensors) == 1:
        return tensors[0]
    backend, dtype = plan.result.backend, plan.result.dtype
    natives = []
    for tensor, signature in zip(tensors, plan.operands, strict=True):
        native = Dense(tensor.stored_native, signature).cast(dtype).dense().stored_in(plan.names)
        natives.append(backend.adopt(signature.backend, native))
    return Dense(backend.concat(natives, plan.axis), plan.result)


@lru_cache(maxsize=4096)
def _concat_plan(name: str, expand_values: bool, bits: int, *signatures: Signature) -> _ConcatPlan:
    for signature in signatures:
        signature.shape.position(name)
    # No values are needed to unify shapes.
    shells = unified([Dense(None, signature) for signature in signatures], name, expand_values)
    operands = tuple(shell.dense().signature for shell in shells)
    first = operands[0]
    for signature in operands:
        _require_equal_sizes(first.shape, signature.shape, name)
    dtypes = {signature.dtype for signature in operands}
    dtype = first.dtype if len(dtypes) == 1 else promote(*dtypes, bits=bits)
    names = first.stored.names
    if name not in first.stored or any(s.stored.names != names for s in operands):
        used = {name, *(stored for s in operands for stored in s.stored.names)}
        names = tuple(known for known in first.shape.names if known in used)
    dim = _joined([signature.shape.dim(name) for signature in operands])
    shape = first.shape.replace_dim(name, dim)
    stored = Shape(*(shape.dim(known) for known in names))
    backend = combine([signature.backend for signature in operands])
    return _ConcatPlan(operands, names, names.index(name), Signature(backend, dtype, shape, stored))


__all__ = ["concat", "stack"]
