"""The pattern of a linear function: which unknowns each of its results depends on, by one trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from phimath.backend.pattern import CompressedRows, index_type
from phimath.broadcast import Signature
from phimath.tensor import Dense, Tensor
from phimath.transform.natives import materialized, transform_backend
from phimath.transform.tracer import tracing
from phimath.transform.tracer.dependence import DependenceBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from phimath.shape import Shape
    from phimath.transform.tracer.dependence.layers import Block, Layers
    from phimath.transform.tracer.dependence.parts import DependenceParts


class LinearPattern(NamedTuple):
    """Where a function has entries, and its values for zero.

    rows: The dimensions of its result, without batch dimensions.
    bias: The result for zero.
    """

    matrix: CompressedRows
    rows: Shape
    bias: Tensor


def linear_pattern(function: Callable[[Tensor], Tensor], zero: Dense) -> LinearPattern:
    """Pattern of a function of one tensor by running it once, on arrays that know their variables.

    zero: An argument of zeros that stores all dimensions, batch dimensions first.

    Raises:
        NotLinear: the function does what no linear function does.
        NotTraced: it does what isn't followed.
    """
    backend = transform_backend([zero.signature])
    # What comes of zeros nobody looks at, if it isn't linear.
    with tracing(DependenceBackend, backend) as tracer, np.errstate(all="ignore"):
        tracer.has_complex_variables = zero.dtype.kind == "complex"
        return _traced(function, zero, tracer)


def _traced(
    function: Callable[[Tensor], Tensor], zero: Dense, tracer: DependenceParts
) -> LinearPattern:
    shape, unknowns = zero.shape, zero.shape.non_batch
    count = unknowns.volume
    numbers = np.arange(count, dtype=index_type(count)).reshape(unknowns.int_sizes)
    native = tracer.inner.adopt(zero.backend, zero.stored_native)
    box = tracer.linear(native, (np.broadcast_to(numbers, (1, *shape.int_sizes)),))
    result = materialized(function(Dense(box, Signature(tracer, zero.dtype, shape)))).dense()
    names = (*result.shape.batch.names, *result.shape.non_batch.names)
    rows = result.shape.non_batch
    if result.backend is not tracer:  # nothing depends on the unknowns
        return LinearPattern(_compressed([], rows.volume, count), rows, result)
    box = result.stored_in(names)
    bias = tracer.inner, box.primal
    ordered = (*result.shape.batch.dims, *rows.dims)
    signature = Signature(bias[0], result.dtype, result.shape, type(rows)(*ordered))
    columns = _columns(box.layers or (), result.shape.batch.rank, rows.volume)
    return LinearPattern(_compressed(columns, rows.volume, count), rows, Dense(bias[1], signature))


def _columns(layers: Layers, batches: int, rows: int) -> list[NDArray[np.integer]]:
    """Layers of the unknowns of each row; (rows).  Those of all batch entries."""
    found: list[NDArray[np.integer]] = []
    for block in layers:
        found.extend(_flat(block, batches, rows))
    return found


def _flat(block: Block, batches: int, rows: int) -> Sequence[NDArray[np.integer]]:
    strides = block.strides[1 : batches + 1]
    # Along a batch, most functions do the same.
    first = tuple(slice(0, 1) if stride == 0 else slice(None) for stride in strides)
    return list(np.ascontiguousarray(block[(slice(None), *first)]).reshape(-1, rows))


def _compressed(layers: Sequence[NDArray[np.integer]], rows: int, columns: int) -> CompressedRows:
    dtype = index_type(columns)
    if not layers or not rows:
        return CompressedRows(columns, np.zeros(rows + 1, dtype), np.zeros(0, dtype))
    counts = np.zeros(rows, np.int64)
    for layer in layers:
        counts += layer >= 0
    layers = _in_likely_order(layers, int(np.argmax(counts)))
    table = np.stack(layers, 1)
    wrong = _rows_out_of_order(layers)
    if len(wrong):
        part = np.sort(table[wrong], axis=1)
        part[:, 1:][part[:, 1:] == part[:, :-1]] = -1
        table[wrong], counts[wrong] = part, (part >= 0).sum(1)
    pointers = np.zeros(rows + 1, np.int64)
    np.cumsum(counts, out=pointers[1:])
    return CompressedRows(columns, pointers, table[table >= 0])


def _in_likely_order(layers: Sequence[NDArray[np.integer]], row: int) -> list[NDArray[np.integer]]:
    """Layers in the order of their unknowns in a row that has most of them."""
    return sorted(layers, key=lambda layer: int(layer[row]))


def _rows_out_of_order(layers: Sequence[NDArray[np.integer]]) -> NDArray[np.integer]:
    """Rows whose unknowns don't ascend."""
    largest = layers[0].copy()
    is_wrong = np.zeros(len(largest), bool)
    for layer in layers[1:]:
        is_wrong |= (layer <= largest) & (layer >= 0)
        np.maximum(largest, layer, out=largest)
    return np.flatnonzero(is_wrong)
