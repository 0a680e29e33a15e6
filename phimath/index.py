"""Reading at positions that tensors hold: index vectors, lists of positions, boolean masks.

An index vector has a channel dimension whose labels name the dimensions that it indexes, in any
order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from phimath.arrange import index_components
from phimath.dimension import Dim, channel, instance, spatial
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dims import pack_tensor
from phimath.dtype import BOOL
from phimath.elementwise import clip, where
from phimath.errors import DimensionError, DTypeError, LabelError, ShapeError, ValueRangeError
from phimath.filters import non_batch
from phimath.join import stack_tensors
from phimath.leaves import as_tensor, map_tensors, shapes_in
from phimath.reduce import any as any_of
from phimath.reduce import max as largest
from phimath.reduce import min as smallest
from phimath.shape import DimFilter, Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.take import native_on, take_packed
from phimath.tensor import HOOKS, Dense, Tensor, dense_of

if TYPE_CHECKING:
    from phimath.broadcast import Signature


def gather(values: Any, indices: Tensor, dims: DimFilter = None) -> Any:
    """Values of a tensor or tree at integer positions; negative ones count from the end.

    Dimensions that both have, other than those indexed, are matched; further ones of `indices`
    list the results.

    indices: index vectors, or plain positions if a single dimension is indexed.
    dims: those indexed.  Default: the labels of the index vectors, or the only instance or spatial
        dimension.

    Raises:
        DTypeError: positions aren't integers.
        LabelError: the labels of the index vectors are not the dimensions indexed.
        ValueRangeError: a position lies outside.  Where values can't be read, e.g. compiled, the
            closest one is taken.
    """
    shape = merge_shapes(*shapes_in(values))
    indexed, components = index_vectors(indices, shape, dims)
    position = _linear(
        [in_range(c, Shape(d)) for c, d in zip(components, indexed.dims, strict=True)], indexed
    )
    return map_tensors(lambda tensor: take_packed(tensor, position, indexed), values)


def index_vectors(indices: Tensor, shape: Shape, dims: DimFilter) -> tuple[Shape, list[Tensor]]:
    """Dimensions of `shape` that are indexed, and the positions along each."""
    if indices.dtype.kind not in ("int", "uint"):
        raise DTypeError(
            f"Positions must be integers, not {indices.dtype}. Round and cast them, e.g. "
            "to_int64(round(x)), "
            "or interpolate with grid_sample."
        )
    name = _vector_dim(indices.shape, shape, dims)
    if name is None:
        return _only_indexed(indices.shape, shape, dims), [indices]
    labels = indices.shape.get_labels(name)
    indexed = shape.only(shape.resolve(labels if dims is None else dims))
    return indexed, index_components(indices, indexed, name)


@lru_cache(maxsize=1024)
def _labelled_by(indices: Shape, names: frozenset[str], exactly: bool) -> tuple[str, ...]:
    return tuple(
        dim.name
        for dim in indices.channel.dims
        if dim.labels
        and (frozenset(dim.labels) == names if exactly else names.issuperset(dim.labels))
    )


def _vector_dim(indices: Shape, shape: Shape, dims: DimFilter) -> str | None:
    """Channel dimension of index vectors, `None` for plain positions."""
    given = None if dims is None else shape.resolve(dims)
    names = frozenset((shape if given is None else given).names)
    found = _labelled_by(indices, names, exactly=given is not None)
    if len(found) > 1:
        found = tuple(name for name in found if name in ("index", "vector"))[:1] or found
    if len(found) > 1:
        raise LabelError(
            f"It is not clear which dimension of the indices {indices} holds index vectors: "
            f"{' or '.join(found)}. Name one of them 'index'."
        )
    if found:
        return found[0]
    if given is not None and given.rank > 1:
        raise LabelError(
            f"Positions along {','.join(given.names)} need a channel dimension with these labels, "
            "but the "
            f"indices have the shape {indices}. Write e.g. "
            f"channel(index='{','.join(given.names)}')."
        )
    return None


def _only_indexed(indices: Shape, shape: Shape, dims: DimFilter) -> Shape:
    found = shape.of_type(instance, spatial) if dims is None else shape.resolve(dims)
    if found.rank != 1:
        raise DimensionError(
            f"It is not clear which dimension of {shape} the indices {indices} stand for. Label "
            "index "
            f"vectors with its dimensions, e.g. channel(index='{','.join(found.names) or 'x'}'), "
            "or pass dims."
        )
    return found


def in_range(position: Tensor, along: Shape) -> Tensor:
    """Non-negative positions along a dimension; checked if they can be read, else clipped."""
    size = along.int_sizes[0]
    if not position.available:
        return clip(where(position < 0, position + size, position), 0, size - 1)
    if 0 in position.shape.sizes:
        return position
    low, high = int(smallest(position, None)), int(largest(position, None))
    if low < -size or high >= size:
        raise ValueRangeError(
            f"Position {low if low < -size else high} is out of range for '{along.name}' of size "
            f"{size}. "
            f"Use {-size} to {size - 1}, e.g. by clip(indices, 0, {size - 1})."
        )
    return where(position < 0, position + size, position) if low < 0 else position


def _linear(components: list[Tensor], indexed: Shape) -> Tensor:
    """Row-major positions within `indexed`."""
    result = components[0]
    for component, size in zip(components[1:], indexed.int_sizes[1:], strict=True):
        result = result * size + component
    return result


# --- masks ---


def boolean_mask(x: Any, dim: DimFilter, mask: Tensor, list_dim: DimSpec = "nonzero:i") -> Any:
    """Elements of a tensor or tree where the mask is true.

    One dimension stays, shortened; several are packed into `list_dim`.  Other dimensions of the
    mask give results
    of varying size.

    Raises:
        DTypeError: the mask is not boolean.
    """
    if mask.dtype is not BOOL:
        raise DTypeError(f"A mask is boolean, not {mask.dtype}. Compare first, e.g. mask > 0.")
    names = mask.shape.resolve(dim).names
    if not names:
        raise ShapeError(f"The mask of shape {mask.shape} must have a dimension to select along.")
    return map_tensors(lambda tensor: _masked(tensor, names, mask, parse_dims(list_dim).single), x)


def _masked(tensor: Tensor, names: tuple[str, ...], mask: Tensor, new: Dim) -> Tensor:
    tensor = tensor.expanded(mask.shape)
    others = [name for name in mask.shape.names if name not in names]
    if others:
        dim = mask.shape.dim(others[0])
        pairs = zip(tensor.unstacked(dim.name), mask.unstacked(dim.name), strict=True)
        return stack_tensors([_masked(t, names, m, new) for t, m in pairs], dim)
    if len(names) > 1:
        tensor, mask = pack_tensor(tensor, names, new), pack_tensor(mask, names, new)
    return _masked_along(tensor, mask.dense(), mask.shape.name)


def _masked_along(tensor: Tensor, mask: Dense, name: str) -> Tensor:
    if isinstance(tensor, Stacked) and tensor.along != name:
        return tensor.map(lambda component: _masked_along(component, mask, name))
    dense = tensor.dense()
    stored = dense.signature.stored
    names = stored.names if name in stored else (*stored.names, name)
    backend, axis = dense.backend, names.index(name)
    native = backend.boolean_mask(
        dense.stored_in(names), native_on(backend, mask, mask.shape), axis
    )
    dim = dense.shape.dim(name)
    labels = dim.labels and tuple(
        label for label, kept in zip(dim.labels, mask.numpy(), strict=True) if kept
    )
    new = Dim(name, dim.type, backend.sizes(native)[axis], labels or None)
    shape = dense.shape.replace_dim(name, new)
    result = dense_of(native, backend, Shape(*(shape.dim(n) for n in names)))
    return Dense(native, result.signature.replace(shape=shape))


def nonzero(
    value: Tensor,
    list_dim: DimSpec = "nonzero:i",
    index_dim: DimSpec = "vector:c",
    element_dims: DimFilter = channel,
    list_dims: DimFilter = non_batch,
) -> Tensor:
    """Index vectors of the elements that are not 0 or false, in row-major order.

    list_dim: lists the elements found; index_dim: gets the dimensions searched as labels.
    element_dims: vectors count as one element, which is found if any component is not 0.
    list_dims: dimensions searched; other ones give results of varying size.
    """
    value = as_tensor(value)
    mask = value if value.dtype is BOOL else value != 0
    mask = any_of(mask, mask.shape.only(element_dims))
    searched = mask.shape.only(list_dims).names
    return _nonzero(mask, searched, parse_dims(list_dim).single, parse_dims(index_dim).single)


def _nonzero(mask: Tensor, searched: tuple[str, ...], listed: Dim, vector: Dim) -> Tensor:
    others = [name for name in mask.shape.names if name not in searched]
    if others:
        dim = mask.shape.dim(others[0])
        parts = [_nonzero(part, searched, listed, vector) for part in mask.unstacked(dim.name)]
        return stack_tensors(parts, dim)
    if not searched:
        raise DimensionError(
            "nonzero() needs a dimension to search, but a scalar was given. Use value != 0."
        )
    dense = mask.dense()
    native = dense.backend.nonzero(dense.stored_in(searched))
    count = dense.backend.sizes(native)[0]
    shape = Shape(
        Dim(listed.name, listed.type, count, None),
        Dim.make(vector.name, vector.type, None, searched),
    )
    return dense_of(native, dense.backend, shape)


# --- what stands in brackets ---


def _index(tensor: Tensor, selection: Tensor) -> Tensor:
    """`t[index_vectors]` and `t[mask]`."""
    if selection.dtype is BOOL:
        return boolean_mask(tensor, selection.shape.non_batch, selection)
    return gather(tensor, selection)


@runtime_checkable
class Selectable(Protocol):
    """A storage that brings its own selection of elements along one dimension."""

    def selected(self, positions: np.ndarray, dim: Dim) -> Tensor:
        """Elements at non-negative positions, along the dimension, which gets another size."""
        ...


def _index_dim(tensor: Tensor, name: str, selection: Tensor) -> Tensor:
    """`t.x[positions]` and `t.x[mask]`."""
    if selection.dtype is BOOL:
        return boolean_mask(tensor, name, selection)
    if selection.dtype.is_floating:
        index_vectors(selection, tensor.shape, name)  # raises
    along = Shape(tensor.shape.dim(name))
    return take_packed(tensor, in_range(selection, along), along)


def _index_list(
    tensor: Tensor, name: str, positions: tuple[int, ...], labels: tuple[str, ...] | None
) -> Tensor:
    """`t.x[[1, 0, 1]]` and `t.vector['y,x']`; the positions exist."""
    if isinstance(tensor, Stacked) and tensor.along != name:
        return tensor.map(lambda component: _index_list(component, name, positions, labels))
    if isinstance(tensor, Stacked) and positions:
        dim = Dim(name, tensor.dim.type, len(positions), labels)
        return Stacked([tensor.components[position] for position in positions], dim)
    if isinstance(tensor, Selectable):
        size, old = tensor.shape.get_size(name), tensor.shape.dim(name)
        places = np.asarray([position % size for position in positions], np.int64)
        return tensor.selected(places, Dim(name, old.type, len(positions), labels))
    dense = tensor.dense()
    part, indices, result = _list_plan(dense.signature, name, positions, labels)
    native, backend = dense.stored_native, dense.backend
    if part is not None:
        native = backend.get(native, part)
    elif indices is not None:
        native = backend.take(native, backend.from_numpy(indices), result.stored.position(name))
    return Dense(native, result)


@lru_cache(maxsize=4096)
def _list_plan(
    signature: Signature, name: str, positions: tuple[int, ...], labels: tuple[str, ...] | None
) -> tuple[tuple[slice, ...] | None, np.ndarray | None, Signature]:
    """Slices if positions are evenly spaced, else an index array; neither if nothing is stored."""
    size = signature.shape.get_size(name)
    positive = [position % size for position in positions]
    dim = Dim(name, signature.shape.get_type(name), len(positions), labels)
    shape = signature.shape.replace_dim(name, dim)
    if name not in signature.stored:
        return None, None, signature.replace(shape=shape)
    result = signature.replace(shape=shape, stored=signature.stored.replace_dim(name, dim))
    part = _evenly_spaced(positive)
    if part is None:
        return None, np.asarray(positive, dtype=np.int64), result
    axis = signature.stored.position(name)
    return (
        (*(slice(None),) * axis, part, *(slice(None),) * (signature.stored.rank - axis - 1)),
        None,
        result,
    )


def _evenly_spaced(positions: list[int]) -> slice | None:
    if not positions:
        return slice(0, 0)
    step = positions[1] - positions[0] if len(positions) > 1 else 1
    stop = positions[0] + step * len(positions)
    if step == 0 or positions != list(range(positions[0], stop, step)):
        return None
    return slice(positions[0], stop if stop >= 0 else None, step)


HOOKS["index"] = _index
HOOKS["index_dim"] = _index_dim
HOOKS["index_list"] = _index_list

__all__ = ["boolean_mask", "gather", "nonzero"]
