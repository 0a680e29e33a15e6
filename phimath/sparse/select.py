"""Parts of sparse tensors, and tensors joined along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.join import concat_tensors
from phimath.selection import with_index
from phimath.sparse.compressed import Compressed
from phimath.sparse.coordinate import from_components
from phimath.sparse.formats import compress, from_dense
from phimath.sparse.pattern import ENTRIES, ConstantPattern, renamed_shape
from phimath.sparse.patterns import coalesced, constant, entries_like, union
from phimath.sparse.segments import chosen
from phimath.sparse.tensor import RULES, Sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from phimath.dimension import Dim
    from phimath.shape import Shape
    from phimath.tensor import Tensor


def select(tensor: Sparse, index: Mapping[str, int | slice]) -> Sparse:
    """Entries in a part of the sparse dimensions; an integer removes its dimension."""
    pattern = constant(tensor.pattern)
    kept = np.ones(pattern.count, bool)
    places = {name: pattern.host_position((name,)) for name in pattern.dims.names}
    for name, part in index.items():
        place, inside = _places(places[name], pattern.dims.get_size(name), part)
        kept &= inside
        places[name] = place
    entries = np.flatnonzero(kept)
    parts: dict[str, Any] = {
        name: part if isinstance(part, int) else (part.start, part.stop, part.step)
        for name, part in index.items()
    }
    rows, columns = (
        with_index(group, {name: part for name, part in parts.items() if name in group})
        for group in (pattern.rows, pattern.columns)
    )
    return _of_entries(tensor, rows, columns, places, entries)


def _places(
    position: NDArray[np.integer], size: int, part: int | slice
) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    """Positions within the part, and which are inside of it."""
    if isinstance(part, int):
        return position, position == part % size
    inside_of = range(size)[part]
    if not inside_of:
        return position, np.zeros(len(position), bool)
    offset = position.astype(np.int64) - inside_of.start
    place = offset // inside_of.step
    return place, (offset % inside_of.step == 0) & (place >= 0) & (place < len(inside_of))


def select_list(tensor: Sparse, positions: NDArray[np.integer], dim: Dim) -> Sparse:
    """Elements at positions along one sparse dimension, which becomes `dim`."""
    pattern = constant(tensor.pattern)
    order = np.argsort(positions, kind="stable")
    place = pattern.host_position((dim.name,))
    first, behind = (np.searchsorted(positions[order], place, side) for side in ("left", "right"))
    counts = behind - first
    entries = np.repeat(np.arange(pattern.count), counts)
    # The position may be asked for several times, or never.
    number = np.arange(len(entries)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows, columns = (renamed_shape(g, {dim.name: dim}) for g in (pattern.rows, pattern.columns))
    places = {name: pattern.host_position((name,))[entries] for name in pattern.dims.names}
    places[dim.name] = order[first[entries] + number]
    selected = from_components(rows, columns, places, len(entries))
    return _stored_as(pattern, Sparse(selected, chosen(tensor.values, entries)))


def _of_entries(
    tensor: Sparse,
    rows: Shape,
    columns: Shape,
    places: Mapping[str, NDArray[np.integer]],
    entries: NDArray[np.integer],
) -> Sparse:
    kept = {name: place[entries] for name, place in places.items()}
    pattern = from_components(rows, columns, kept, len(entries))
    return _stored_as(tensor.pattern, Sparse(pattern, chosen(tensor.values, entries)))


def _stored_as(pattern: object, tensor: Sparse) -> Sparse:
    """The tensor in the format of a pattern, if it has rows and columns."""
    if isinstance(pattern, Compressed) and tensor.pattern.rows and tensor.pattern.columns:
        return compress(tensor, by_columns=pattern.format == "csc")
    return tensor


def join(tensors: Sequence[Tensor], dim: Dim) -> Sparse:
    """Tensors joined along one dimension, in the format of the first sparse one."""
    parts = [tensor if isinstance(tensor, Sparse) else from_dense(tensor) for tensor in tensors]
    lead = next(tensor for tensor in tensors if isinstance(tensor, Sparse))
    pattern = constant(lead.pattern)
    if dim.name not in pattern.dims:
        return _joined_values([coalesced(part) for part in parts], dim)
    places: dict[str, list[NDArray[np.integer]]] = {name: [] for name in pattern.dims.names}
    start = 0
    for part in parts:
        own = constant(part.pattern)
        for name, arrays in places.items():
            arrays.append(own.host_position((name,)) + (start if name == dim.name else 0))
        start += own.dims.get_size(dim.name)
    rows, columns = (renamed_shape(g, {dim.name: dim}) for g in (pattern.rows, pattern.columns))
    values = concat_tensors([part.values for part in parts], ENTRIES)
    joined = {name: np.concatenate(arrays) for name, arrays in places.items()}
    result = from_components(rows, columns, joined, values.shape.get_size(ENTRIES))
    return _stored_as(pattern, Sparse(result, values))


def _joined_values(parts: Sequence[Sparse], dim: Dim) -> Sparse:
    """Joined along a dimension of values: each matrix gets the entries of all."""
    pattern: ConstantPattern = constant(parts[0].pattern)
    for part in parts[1:]:
        if part.pattern is not pattern:
            pattern = union(pattern, part.pattern)[0]
    like = Sparse(pattern, parts[0].values)
    values = [entries_like(part, like) for part in parts]
    return Sparse(pattern, concat_tensors(values, dim.name))


RULES["select"] = select
RULES["select_list"] = select_list
RULES["join"] = join
