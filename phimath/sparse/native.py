"""Sparse tensors from and to the sparse arrays of SciPy and of the frameworks."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dimension import Dim, batch
from phimath.errors import ShapeError
from phimath.shape import Shape, concat_shapes
from phimath.sparse.coordinate import Coordinates
from phimath.sparse.create import pattern_of
from phimath.sparse.formats import from_dense, to_format
from phimath.sparse.pattern import ENTRIES, entries_dim, representative
from phimath.sparse.patterns import constant
from phimath.sparse.tensor import Sparse
from phimath.tensor import HOOKS, Tensor
from phimath.wrap import named_axes, wrap_native

if TYPE_CHECKING:
    from phimath.backend.contract import Backend

_EXCHANGED: Final = {"coo": "coo", "csr": "csc", "csc": "csr"}


def from_native(native: Any, backend: Backend[Any], axes: tuple[Shape, ...]) -> Tensor:
    """Sparse tensor of a sparse array with these axes.

    Compressed formats stay so for matrices, with rows along one axis and columns, which are dual,
    along the other; two entries at one place are added up then.
    """
    format, sizes, indices, values = backend.sparse_parts(native)
    if not axes:
        raise ShapeError(
            f"The axes of a sparse array of sizes {sizes} have no names. Say which dimensions they "
            "are, e.g. wrap(matrix, spatial('x'), dual('x')); dual ones are the columns."
        )
    named = named_axes(sizes, axes)
    count, rank = backend.sizes(indices)
    listing = Shape(entries_dim(count))
    positions = wrap_native(indices, backend, (listing, Shape(Dim("axis", batch, rank, None))))
    components = [
        part
        for axis, position in zip(named, positions.unstacked("axis"), strict=False)
        for part in _components(position, axis)
    ]
    pattern = pattern_of(components, concat_shapes(*named[:rank]), is_unique=False)
    result = Sparse(pattern, wrap_native(values, backend, (listing, *named[rank:])))
    if not pattern.rows or not pattern.columns:
        return result
    is_by_columns = named[0].names[0] in pattern.columns
    return to_format(result, _EXCHANGED[format] if is_by_columns else format)


def _components(position: Tensor, axis: Shape) -> list[Tensor]:
    """Along each of the dimensions of which an axis is packed."""
    if axis.rank == 1:
        return [position]
    below = [prod(axis.int_sizes[i + 1 :]) for i in range(axis.rank)]
    return [position // n % size for n, size in zip(below, axis.int_sizes, strict=True)]


def native_matrix(x: Tensor) -> Any:  # sparse arrays share no type
    """Sparse array with the entries of a sparse tensor, in the tensor's own framework.

    SciPy's `csr_array`, `csc_array` or `coo_array` of NumPy tensors, PyTorch's tensors of these
    layouts, BCSR or BCOO of JAX, `tf.SparseTensor`; of other backends SciPy's.  Other frameworks'
    by `native_matrix(convert(x, 'numpy'))`.  Element types stay.

    Returns:
        A matrix: rows are the ordinary dimensions, columns the dual ones, both row-major in the
        order of `x.shape`.  A tensor without dual dimensions has one axis for each dimension.

    Raises:
        ShapeError: there are dimensions, such as batch dimensions, that are not sparse.
        NotSupported: where `x` has entries is known only when a program runs.
    """
    tensor = x if isinstance(x, Sparse) else from_dense(x)
    pattern = constant(tensor.pattern)
    if others := tensor.shape.without(pattern.dims):
        raise ShapeError(
            f"A tensor of shape {x.shape} is more than one matrix: each entry has values along "
            f"{others}. Convert one after the other, e.g. those of unstack(x, '{others.names[0]}')."
        )
    names = [name for name in tensor.shape.names if name in pattern.dims]
    columns = tuple(name for name in names if name.startswith("~"))
    rows = tuple(name for name in names if name not in columns)
    if rows and columns:
        tensor = _in_order(tensor, rows, columns)
    pattern = constant(tensor.pattern)
    groups = (rows, columns) if rows and columns else tuple((name,) for name in names)
    positions = np.stack([pattern.host_position(group) for group in groups], -1, dtype=np.int64)
    sizes = tuple(prod(tensor.shape.get_size(name) for name in group) for group in groups)
    like = representative(tensor.values)
    indices = like.backend.from_numpy(positions, like.backend.device(like.stored_native))
    return like.backend.sparse_native(
        pattern.format, sizes, indices, tensor.values.native((ENTRIES,))
    )


def _in_order(tensor: Sparse, rows: tuple[str, ...], columns: tuple[str, ...]) -> Sparse:
    """The tensor with rows and columns, and so its entries, in the order of these dimensions."""
    pattern = constant(tensor.pattern)
    if {pattern.rows.names, pattern.columns.names} == {rows, columns}:
        return tensor
    first, second = (Shape(*(pattern.dims.dim(name) for name in g)) for g in (rows, columns))
    ordered = Coordinates(
        first, second, pattern.host_position(rows), pattern.host_position(columns)
    )
    return to_format(Sparse(ordered, tensor.values), pattern.format)


HOOKS["wrap_sparse"] = from_native
