"""Sparse tensors from indices and values, and what is stored in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.arrange import index_components, unravel_index
from phimath.dimension import Dim, batch, channel
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dims import pack_tensor, unpack_tensor
from phimath.errors import DTypeError, LabelError, NotSupported, ShapeError, ValueRangeError
from phimath.join import stack_tensors
from phimath.leaves import as_tensor
from phimath.shape import Shape
from phimath.sparse.coordinate import Coordinates, TracedCoordinates, from_components
from phimath.sparse.formats import to_format
from phimath.sparse.pattern import (
    ENTRIES,
    Pattern,
    entries_dim,
    grouped_dims,
    representative,
)
from phimath.sparse.tensor import Sparse
from phimath.tensor import Dense, Tensor, dense_of
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def sparse_tensor(
    indices: Tensor | None,
    values: Any,
    dense_shape: Shape,
    can_contain_double_entries: bool = True,
    indices_sorted: bool = False,
    format: str | None = None,  # the published name
) -> Tensor:
    """Tensor with values at some positions and zeros elsewhere.

    Args:
        indices: Index vectors: integers along an instance dimension, which lists the entries, and a
            channel dimension, whose labels are the dimensions of `dense_shape` in any order, e.g.
            `channel(index='x,~x')`.  `None` stores nothing.
        values: Numbers along the same instance dimension, or one number for all; batch and channel
            dimensions stay.
        dense_shape: The sparse dimensions with their sizes; dual ones are the columns of a matrix.
        can_contain_double_entries: Whether two indices may be equal; their values are added up.
            Indices that can be read are looked through anyway.
        indices_sorted: A promise that needs no promise: order is looked for.
        format: `'coo'` (if left out), `'csr'`, `'csc'` or `'dense'`.

    Raises:
        ShapeError: indices and values list different numbers of entries.
        LabelError: the labels of the index vectors are not the dimensions of `dense_shape`.
        ValueRangeError: an index lies outside; only checked where they can be read.
        DTypeError: indices aren't integers.
    """
    del indices_sorted
    if indices is not None and indices.shape.batch:
        dim = indices.shape.batch.dims[0]
        parts = zip(indices.unstacked(dim.name), _slices(values, dim), strict=True)
        return stack_tensors(
            [
                sparse_tensor(i, v, dense_shape, can_contain_double_entries, format=format)
                for i, v in parts
            ],
            dim,
        )
    if None in dense_shape.sizes:
        raise ShapeError(f"A sparse tensor needs the sizes of all dimensions, not {dense_shape}.")
    if indices is None:
        return to_format(_without_entries(values, dense_shape), format or "coo")
    if indices.dtype.kind not in ("int", "uint"):
        raise DTypeError(f"Indices must be integers, not {indices.dtype}. Use to_int64(indices).")
    listing, components = _components(indices, dense_shape)
    pattern = pattern_of(components, dense_shape, not can_contain_double_entries)
    stored = _listed(as_tensor(values), listing, pattern.count)
    if clash := [name for name in stored.shape.names if name in dense_shape]:
        raise ShapeError(
            f"The values {stored.shape} have '{clash[0]}', which is indexed. Rename it, or list "
            "the values along the instance dimension of the indices only."
        )
    return to_format(Sparse(pattern, stored), format or "coo")


def _slices(values: Any, dim: Dim) -> Sequence[Any]:
    if isinstance(values, Tensor) and dim.name in values.shape:
        return values.unstacked(dim.name)
    return [values] * Shape(dim).int_sizes[0]


def _without_entries(values: Any, shape: Shape) -> Sparse:
    rows, columns = grouped_dims(shape.names, shape)
    nothing = np.zeros(0, np.int32)
    like = as_tensor(False if values is None else values)
    like = like.get(dict.fromkeys(like.shape.instance.names, slice(0, 0)))
    empty = like.expanded(Shape(entries_dim(1))).get({ENTRIES: slice(0, 0)})
    return Sparse(Coordinates(rows, columns, nothing, nothing), empty)


def _components(indices: Tensor, shape: Shape) -> tuple[Dim, list[Tensor]]:
    """The dimension that lists entries, and positions along each dimension of `shape`."""
    listing = [dim for dim in indices.shape.dims if dim.type is not channel]
    vectors = indices.shape.channel
    if len(listing) != 1 or vectors.rank > 1:
        raise ShapeError(
            f"Indices of shape {indices.shape} don't list entries. Give one instance dimension, "
            "which lists them, and one channel dimension labelled with the sparse dimensions, "
            f"e.g. channel(index='{','.join(shape.names)}')."
        )
    if vectors:
        return listing[0], index_components(indices, shape, vectors.name)
    if shape.rank != 1:
        raise LabelError(
            f"Indices of {shape} need a channel dimension with these labels, but have the shape "
            f"{indices.shape}. Write e.g. channel(index='{','.join(shape.names)}')."
        )
    return listing[0], [indices]


def pattern_of(components: Sequence[Tensor], shape: Shape, is_unique: bool) -> Pattern:
    """Entries at positions along each dimension of a shape.

    Raises:
        ValueRangeError: one lies outside; only checked where positions can be read.
    """
    rows, columns = grouped_dims(shape.names, shape)
    by_name = dict(zip(shape.names, components, strict=True))
    if not all(component.available for component in components):
        row, column = (_traced_position(group, by_name) for group in (rows, columns))
        count = row.shape.volume
        row, column = (_along_entries(part, count) for part in (row, column))
        return TracedCoordinates(rows, columns, row, column, is_unique)
    arrays = {name: _checked(by_name[name], Shape(shape.dim(name))) for name in shape.names}
    count = len(next(iter(arrays.values())))
    return from_components(rows, columns, arrays, count)


def _checked(positions: Tensor, along: Shape) -> NDArray[np.integer]:
    array, size = positions.numpy(), along.int_sizes[0]
    low, high = (int(array.min()), int(array.max())) if len(array) else (0, -1)
    if low < 0 or high >= size:
        raise ValueRangeError(
            f"Index {low if low < 0 else high} is out of range for '{along.name}' of size {size}. "
            f"Use 0 to {size - 1}."
        )
    return array


def _traced_position(group: Shape, components: dict[str, Tensor]) -> Tensor:
    result = next(iter(components.values())) * 0
    for name, size in zip(group.names, group.int_sizes, strict=True):
        result = result * size + components[name]
    return result


def _along_entries(values: Tensor, count: int) -> Dense:
    dense = values.dense()
    native = dense.stored_in(dense.shape.names)
    return dense_of(native, dense.backend, Shape(entries_dim(count)))


def _listed(values: Tensor, listing: Dim, count: int) -> Tensor:
    """Values along `ENTRIES`."""
    new = entries_dim(count)
    if listing.name not in values.shape:
        if instances := values.shape.instance:
            raise ShapeError(
                f"The values {values.shape} are listed along {instances}, the indices along "
                f"'{listing.name}'. Rename one of them."
            )
        return values.expanded(Shape(new))
    if values.shape.get_size(listing.name) != count:
        raise ShapeError(
            f"There are {count} indices, but {values.shape.get_size(listing.name)} values along "
            f"'{listing.name}'. Give one value per index."
        )
    return values.with_shape(values.shape.replace_dim(listing.name, new))


# --- what is stored ---


def stored_values(x: Tensor, list_dim: DimSpec = "entries:i") -> Tensor:
    """Values of the entries of a sparse tensor, along `list_dim`, in the order in which it stores.

    A dense tensor is listed as a whole: its instance, spatial and dual dimensions are packed.
    """
    dim = parse_dims(list_dim).single
    if isinstance(x, Sparse):
        count = x.pattern.count
        new = Dim(dim.name, dim.type, count, None)
        return x.values.with_shape(x.values.shape.replace_dim(ENTRIES, new))
    names = _listed_names(x)
    return pack_tensor(x, names, dim) if names else x.expanded(Shape(dim.with_size(1)))


def stored_indices(
    x: Tensor, list_dim: DimSpec = "entries:i", index_dim: DimSpec = "index:c"
) -> Tensor:
    """Index vectors of the entries of a sparse tensor, in the order of `stored_values`.

    index_dim: gets the sparse dimensions as labels.
    """
    listed, vector = parse_dims(list_dim).single, parse_dims(index_dim).single
    if not isinstance(x, Sparse):
        shape = x.shape.only(_listed_names(x))
        everything = wrap(np.arange(shape.volume), Shape(listed))
        return unravel_index(everything, shape, Shape(vector))
    names = x.pattern.dims.names
    dim = Dim.make(vector.name, vector.type, None, names)
    like = representative(x.values)
    columns = [x.pattern.position((name,), like) for name in names]
    stacked = stack_tensors(columns, dim)
    new = Dim(listed.name, listed.type, x.pattern.count, None)
    return stacked.with_shape(stacked.shape.replace_dim(ENTRIES, new))


def _listed_names(x: Tensor) -> tuple[str, ...]:
    return tuple(dim.name for dim in x.shape.dims if dim.type not in (batch, channel))


def tensor_like(existing_tensor: Tensor, values: Any, value_order: str | None = None) -> Tensor:
    """Tensor of the format, shape and pattern of another one, with other stored values.

    values: numbers, or a tensor along one dimension, in the order of `stored_values`, or along no
        dimension of that kind: one number for all entries.
    value_order: `'original'` or `None`; there is no other order.

    Raises:
        ShapeError: there are more or fewer values than entries.
    """
    if value_order not in (None, "original"):
        raise NotSupported(f"There is no value_order '{value_order}'. Leave it out.")
    values = as_tensor(values)
    if isinstance(existing_tensor, Sparse):
        listing = [d for d in values.shape.dims if d.type not in (batch, channel)]
        dim = listing[0] if len(listing) == 1 else entries_dim(0)
        return existing_tensor.with_values(_listed(values, dim, existing_tensor.pattern.count))
    listed = existing_tensor.shape.only(_listed_names(existing_tensor))
    instances = [d for d in values.shape.dims if d.type not in (batch, channel)]
    if len(instances) == 1 and instances[0].name not in listed:
        return unpack_tensor(values, instances[0].name, listed)
    return values.expanded(existing_tensor.shape)
