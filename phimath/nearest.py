"""Which point is closest."""

from __future__ import annotations

from typing import Literal

import numpy as np

from phimath.arrange import unravel_index
from phimath.dimension import channel
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.dims import pack_tensor
from phimath.errors import NotSupported, ShapeError
from phimath.extremum import position
from phimath.leaves import grouped, ungrouped
from phimath.norm import squared_norm
from phimath.shape import Shape, merge_shapes
from phimath.tensor import Dense, Tensor

Method = Literal["kd", "dense"]


def find_closest(
    vectors: Tensor, query: Tensor, /, method: Method = "kd", index_dim: DimSpec = "index:c"
) -> Tensor:
    """Index vectors of the point among `vectors` that is closest to each point of `query`.

    Batch dimensions are matched.  The result fits `gather`, e.g. `vectors[find_closest(vectors,
    query)]`.

    vectors, query: points, whose components lie along the channel dimensions.
    method: `kd` builds a k-d tree on the host where the points are NumPy arrays, and compares all
        with all elsewhere,
        as `dense` does everywhere.

    Raises:
        ShapeError: there are no points to choose from.
    """
    if method not in ("kd", "dense"):
        raise NotSupported(f"There is no method {method!r} to find points. Use 'kd' or 'dense'.")
    listed = vectors.shape.non_batch.non_channel
    if not listed or 0 in listed.sizes:
        raise ShapeError(
            f"There are no points to choose from in {vectors.shape}. "
            "List them along a dimension, e.g. instance('points')."
        )
    packed = pack_tensor(vectors, listed.names, parse_dims("_points:i").single)
    on_host = vectors.backend.name == query.backend.name == "numpy"
    if method == "kd" and on_host and vectors.shape.channel.rank == 1:
        found = _by_tree(packed.dense(), query.dense())
    else:
        found = position(
            "argmin", squared_norm(packed - query, channel), Shape(packed.shape.dim("_points"))
        )
    return unravel_index(found, listed, index_dim)


def _by_tree(points: Dense, query: Dense) -> Tensor:
    """Position along `_points` of the closest of them, one tree per batch entry."""
    from scipy.spatial import KDTree  # loaded on use

    batches = merge_shapes(points.shape.batch, query.shape.batch)
    components = merge_shapes(points.shape.channel, query.shape.channel)
    listed = query.shape.non_batch.non_channel
    all_points = points.expanded(batches).dense()
    all_queries = query.expanded(batches).dense()
    trees = grouped(all_points, batches, Shape(points.shape.dim("_points")), components)
    queries = grouped(all_queries, batches, listed, components)
    found = [KDTree(p).query(q)[1] for p, q in zip(trees, queries, strict=True)]
    return ungrouped(np.asarray(found, dtype=np.int64), query.backend, batches, listed)


__all__ = ["find_closest"]
