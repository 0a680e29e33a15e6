"""Patterns compared and combined: which entries two have in common, and where they are in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from phimath.backend.pattern import CompressedRows, compressed, index_type
from phimath.errors import NotSupported
from phimath.shape import Shape, merge_shapes
from phimath.sparse.compressed import Compressed
from phimath.sparse.coordinate import Coordinates, coordinates_of_keys
from phimath.sparse.pattern import (
    ConstantPattern,
    Pattern,
    entries_dim,
    integers_like,
    representative,
)
from phimath.sparse.segments import chosen, summed_at, zero_appended
from phimath.sparse.tensor import Sparse, at_entries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phimath.tensor import Tensor


class Located(NamedTuple):
    """Entries of a pattern by number, one for each entry of another; `count` where it has none."""

    entries: NDArray[np.integer]
    is_complete: bool

    def values_of(self, values: Tensor) -> Tensor:
        """Their values, zero where there is no entry."""
        return chosen(values if self.is_complete else zero_appended(values), self.entries)


def aligned(pattern: Pattern, like: Pattern) -> Pattern:
    """The pattern with rows and columns as another one has them, and the labels of both."""
    merged = merge_shapes(like.shape, pattern.shape)
    rows, columns = (
        Shape(*(merged.dim(name) for name in group.names)) for group in (like.rows, like.columns)
    )
    if pattern.rows.names == rows.names and pattern.columns.names == columns.names:
        dims = {dim.name: dim for dim in merged.dims}
        unchanged = all(dims[dim.name] is dim for dim in pattern.dims.dims)
        return pattern if unchanged else pattern.renamed(dims)
    known = constant(pattern)
    row, column = known.host_position(rows.names), known.host_position(columns.names)
    return Coordinates(rows, columns, row, column)


def constant(pattern: Pattern) -> ConstantPattern:
    """The pattern, which must be known on the host.

    Raises:
        NotSupported: it is known only when the program runs.
    """
    if isinstance(pattern, ConstantPattern):
        return pattern
    raise NotSupported(
        "This needs to know where a sparse tensor has entries, but its indices are traced by "
        "jit_compile. Create it outside of the compiled function, or use dense(x)."
    )


def same_pattern(a: Pattern, b: Pattern) -> bool:
    """Whether the entries of both are at the same positions, in the same order."""
    if a is b:
        return True
    if isinstance(a, ConstantPattern) or isinstance(b, ConstantPattern):
        return a.count == b.count and a == b
    return (a.rows, a.columns) == (b.rows, b.columns) and a.row is b.row and a.column is b.column  # type: ignore[attr-defined]


def keys(pattern: ConstantPattern) -> NDArray[np.int64]:
    """One number for each entry that orders them by rows, then by columns."""
    return pattern.row.astype(np.int64) * pattern.columns.volume + pattern.column


def by_rows(pattern: ConstantPattern) -> tuple[CompressedRows, NDArray[np.integer] | None]:
    """Matrix of a pattern without two entries at one place, and the entry of each of its places.

    `None` if they are in this order already.
    """
    if isinstance(pattern, Compressed):
        return pattern.matrix, None
    assert isinstance(pattern, Coordinates)
    return pattern.matrix, _order(pattern)


def _order(pattern: ConstantPattern) -> NDArray[np.integer] | None:
    if isinstance(pattern, Compressed):
        return None
    assert isinstance(pattern, Coordinates)
    order = pattern.ordered.order
    assert order is not None, "coalesced before"
    return order


def located(pattern: Pattern, at: Pattern) -> Located:
    """Where a pattern has the entries of another one."""
    return _located(constant(aligned(pattern, at)), keys(constant(at)))


def _located(pattern: ConstantPattern, wanted: NDArray[np.int64]) -> Located:
    order = _order(pattern)
    present = keys(pattern) if order is None else keys(pattern)[order]
    place = np.searchsorted(present, wanted)
    inside = np.minimum(place, max(len(present) - 1, 0))
    found = present[inside] == wanted if len(present) else np.zeros(len(wanted), bool)
    entries = inside if order is None else order[inside] if len(order) else inside
    entries = np.where(found, entries, pattern.count).astype(index_type(pattern.count))
    return Located(entries, bool(found.all()))


def _of_keys(
    ordered: NDArray[np.int64], like: ConstantPattern, is_compressed: bool
) -> ConstantPattern:
    """Pattern of sorted keys without repetitions."""
    columns = like.columns.volume
    if is_compressed:
        matrix = compressed(like.rows.volume, columns, ordered)
        return Compressed(like.rows, like.columns, matrix)
    return coordinates_of_keys(like.rows, like.columns, ordered)


def union(a: Pattern, b: Pattern) -> tuple[ConstantPattern, Located, Located]:
    """All entries of two patterns, and where they are in each."""
    return _combined(a, b, is_union=True)


def common(a: Pattern, b: Pattern) -> tuple[ConstantPattern, Located, Located]:
    """Entries that both patterns have, and where they are in each."""
    return _combined(a, b, is_union=False)


def _combined(
    a: Pattern, b: Pattern, *, is_union: bool
) -> tuple[ConstantPattern, Located, Located]:
    second = constant(aligned(b, a))
    first = constant(aligned(a, second))
    wanted = (np.union1d if is_union else np.intersect1d)(keys(first), keys(second))
    is_compressed = isinstance(a, Compressed) or isinstance(b, Compressed)
    pattern = _of_keys(wanted, first, is_compressed)
    return pattern, _located(first, wanted), _located(second, wanted)


def coalesced(tensor: Sparse) -> Sparse:
    """The same tensor with entries at one position added up.

    Raises:
        NotSupported: where they are is known only when the program runs.
    """
    pattern = tensor.pattern
    if pattern.is_unique:
        return tensor
    if not isinstance(pattern, Coordinates):
        raise NotSupported(
            "This sparse tensor may hold several entries at one position, which this operation "
            "would have to add up first, but its indices are traced by jit_compile. Pass "
            "can_contain_double_entries=False to sparse_tensor() if it doesn't, or use dense(x)."
        )
    found, places, _ = pattern.ordered
    position = integers_like(places, representative(tensor.values))
    values = summed_at(tensor.values, position, Shape(entries_dim(len(found))))
    return Sparse(coordinates_of_keys(pattern.rows, pattern.columns, found), values)


def entries_like(tensor: Tensor, like: Sparse) -> Tensor:
    """Values of a tensor at the entries of a sparse one, zero where it stores nothing."""
    if not isinstance(tensor, Sparse):
        return at_entries(tensor.expanded(like.pattern.shape), like.pattern)
    if same_pattern(tensor.pattern, like.pattern):
        return tensor.values
    unique = coalesced(tensor)
    return located(unique.pattern, like.pattern).values_of(unique.values)
