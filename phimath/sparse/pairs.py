"""Functions of all pairs of elements that a sparse tensor connects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.dimension import dual
from phimath.dims import rename_dims
from phimath.errors import ShapeError
from phimath.leaves import as_tensor
from phimath.sparse.create import tensor_like
from phimath.sparse.diagonal import square_dims
from phimath.sparse.pattern import representative
from phimath.sparse.tensor import Sparse
from phimath.take import take_packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor


def map_pairs(
    map_function: Callable[[Tensor, Tensor], Any], values: Tensor, connections: Tensor
) -> Tensor:
    """Call a function once, with the values at both ends of all connections.

    Args:
        map_function: `map_function(origins, targets)` takes the values of the elements along the
            rows and of those along the columns, and returns numbers, one for each pair.  Pairs are
            listed along one instance dimension; those of dense connections are along (points,
            ~points).
        values: (points…, …), without dual dimensions.
        connections: Sparse tensor (points…, ~points…) that stores an entry for each pair; or a
            dense one, which connects all pairs.

    Returns:
        The results where the connections are: of the pattern and format of `connections`, with all
        further dimensions that the function returned.

    Raises:
        ShapeError: the values lack the dimensions that the connections pair.
    """
    rows, columns = square_dims(connections.shape)
    missing = [name for name in rows.names if name not in values.shape]
    if missing or values.shape.dual:
        what = f"no '{missing[0]}'" if missing else f"the dual dimensions {values.shape.dual}"
        raise ShapeError(
            f"Values of shape {values.shape} have {what}. They need the dimensions {rows}, which "
            "the connections pair, and no dual ones."
        )
    if not isinstance(connections, Sparse):
        others = rename_dims(values, rows, dual)
        return as_tensor(map_function(values, others)).expanded(connections.shape)
    pattern, like = connections.pattern, representative(connections.values)
    origins = take_packed(values, pattern.position(rows.names, like), rows)
    targets = take_packed(values, pattern.position(columns.names, like), rows)
    return tensor_like(connections, map_function(origins, targets))
