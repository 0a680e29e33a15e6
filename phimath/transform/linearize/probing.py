"""Entries of linear functions by evaluating these: on probes, and backwards for full rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from phimath.backend.pattern import compressed, index_type
from phimath.backend.support import supports
from phimath.broadcast import Signature
from phimath.dimension import Dim, instance
from phimath.dims import pack_tensor, unpack_tensor
from phimath.elementwise import conjugate
from phimath.errors import NotSupported
from phimath.join import concat_tensors, stack_tensors
from phimath.shape import Shape
from phimath.sparse.coloring import column_colors
from phimath.sparse.pattern import integers_like
from phimath.take import take_packed
from phimath.tensor import Dense, Tensor
from phimath.transform.reverse import vjp

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows
    from phimath.transform.linearize.pattern import LinearPattern

PROBES: Final = 4096
"""Evaluations that the entries of a matrix may cost."""
FULL: Final = 256
"""Entries from which a row counts as full: evaluated backwards, if there are few of them."""
FULL_ROWS: Final = 64

_CELLS = "_cells"


def entries_of(function: Callable[[Tensor], Tensor], zero: Dense, pattern: LinearPattern) -> Tensor:
    """Values of the entries of a linear function, along the entries of its pattern.

    Raises:
        NotSupported: some rows have too many entries.
    """
    full = _full_rows(pattern.matrix, zero)
    values, colors = _probed(function, zero, pattern, full)
    matrix = pattern.matrix
    kind = index_type(values.shape.get_size(_CELLS))
    position = (colors.astype(kind) * kind(matrix.rows)).take(matrix.indices)
    position += matrix.row_of_entry
    if len(full):
        start = values.shape.get_size(_CELLS)
        number = np.full(matrix.rows, -1, np.int64)
        number[full] = np.arange(len(full))
        of_entry = number[matrix.row_of_entry]
        backwards = start + of_entry * matrix.columns + matrix.indices
        position = np.where(of_entry >= 0, backwards, position)
        rows = _evaluated_backwards(function, zero, pattern, full)
        values = concat_tensors([values, *rows], _CELLS, expand_values=True)
    cells = Shape(values.shape.dim(_CELLS))
    like = values.dense()
    places = position.astype(index_type(cells.volume), copy=False)
    return take_packed(like, integers_like(places, like), cells)


def _full_rows(matrix: CompressedRows, zero: Dense) -> NDArray[np.integer]:
    lengths = np.diff(matrix.pointers)
    full = np.flatnonzero(lengths > FULL)
    if len(full) <= FULL_ROWS and supports(zero.backend, "vjp"):
        return full
    return full[:0]


def _probed(
    function: Callable[[Tensor], Tensor],
    zero: Dense,
    pattern: LinearPattern,
    full: NDArray[np.integer],
) -> tuple[Tensor, NDArray[np.integer]]:
    """Results for one probe after the other, without bias, along cells; the colour of columns."""
    matrix = _without_rows(pattern.matrix, full)
    # Columns of one row have different colours, whose number takes long to find if it is large.
    colors, count = np.zeros(0, np.uint8), matrix.width
    if count <= PROBES:
        colors, count = column_colors(matrix, _grid(zero.shape))
    if count > PROBES:
        raise NotSupported(
            f"Some of the results depend on {matrix.width} unknowns, so that finding the entries "
            f"takes at least {count} evaluations. Solve without a matrix, by a method such as "
            "'GMRES', or use a framework with automatic differentiation."
        )
    results = [
        _flat(function(probe(zero, colors == color)) - pattern.bias, pattern.rows)
        for color in range(max(count, 1))
    ]
    if len(results) == 1:
        return results[0], colors
    stacked = stack_tensors(results, Dim("_probes", instance, len(results), None))
    return pack_tensor(stacked, ("_probes", _CELLS), Dim(_CELLS, instance, None, None)), colors


def _grid(shape: Shape) -> tuple[int, ...]:
    sizes = shape.non_batch.int_sizes
    return sizes if len(sizes) <= 3 else (shape.non_batch.volume,)


def _without_rows(matrix: CompressedRows, full: NDArray[np.integer]) -> CompressedRows:
    if not len(full):
        return matrix
    kept = ~np.isin(matrix.row_of_entry, full)
    keys = matrix.row_of_entry[kept].astype(np.int64) * matrix.columns + matrix.indices[kept]
    return compressed(matrix.rows, matrix.columns, keys)


def probe(zero: Dense, mask: NDArray[np.bool_]) -> Dense:
    """One in some of the unknowns, zero in the others."""
    unknowns = zero.shape.non_batch
    array = mask.reshape(unknowns.int_sizes).astype(zero.dtype.name)
    device = zero.backend.device(zero.stored_native)
    native = zero.backend.from_numpy(array, device)
    probe = Dense(native, Signature(zero.backend, zero.dtype, unknowns)).expanded(zero.shape)
    assert isinstance(probe, Dense)
    names = zero.signature.stored.names
    return Dense(probe.stored_in(names), zero.signature)


def _flat(result: Tensor, rows: Shape) -> Tensor:
    """Along cells instead of rows."""
    result = result.expanded(rows)
    if not rows:
        return result.expanded(Shape(Dim(_CELLS, instance, 1, None)))
    return pack_tensor(result.dense(), rows.names, Dim(_CELLS, instance, None, None))


def _evaluated_backwards(
    function: Callable[[Tensor], Tensor],
    zero: Dense,
    pattern: LinearPattern,
    full: NDArray[np.integer],
) -> list[Tensor]:
    """All entries of some rows, by the adjoint, each along cells."""
    output, pullback = vjp(function, zero)
    return [
        conjugate(_flat(pullback(unit)[0], zero.shape.non_batch))
        for unit in (_unit(zero, pattern.rows, output, int(row)) for row in full)
    ]


def _unit(zero: Dense, rows: Shape, output: Tensor, row: int) -> Tensor:
    """One in this row, zero in the others, like the output."""
    one = np.zeros(rows.volume, output.dtype.name)
    one[row] = 1
    native = zero.backend.from_numpy(one, zero.backend.device(zero.stored_native))
    listing = Shape(Dim(_CELLS, instance, len(one), None))
    unit: Tensor = Dense(native, Signature(zero.backend, output.dtype, listing))
    shaped = unpack_tensor(unit, _CELLS, rows) if rows else unit.get({_CELLS: 0})
    return shaped.expanded(output.shape)
