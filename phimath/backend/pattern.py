"""Where a matrix has entries, as numbers of the host that backends derive their layouts from."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.backend.contract import Backend

INT32_LIMIT = 2**31
# Rows of about equal length are padded to that of the longest: sums of few columns need no scatter.
PADDED_WIDTH = 32
PADDED_RATIO = 2


def index_type(largest: int) -> type[np.signedinteger[Any]]:
    """Integer type of positions up to `largest`: 32 bit if that suffices."""
    return np.int32 if largest < INT32_LIMIT else np.int64


@final
class Constants:
    """Arrays of the host on the backends and devices that used them, made once for each.

    What a compiler traces is not kept: there, they are constants of the program.
    """

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}

    def native(
        self,
        backend: Backend[Any],
        device: str,
        name: object,
        make: Callable[[], NDArray[Any]],
    ) -> Any:
        """The array of this name, made on first use."""
        if backend.inner is not None:
            return backend.adopt(backend.inner, self.native(backend.inner, device, name, make))
        key = (backend, device, name)
        found = self._made.get(key)
        if found is None:
            found = backend.from_numpy(make(), device)
            if backend.is_available(found):
                self._made[key] = found
        return found


@final
class CompressedRows:
    """Positions of the entries of a matrix, row by row.  Immutable; equal by content.

    pointers: where each row begins among the entries, and where the last one ends; (rows + 1).
    indices: column of each entry, ascending in each row; (entries).
    """

    def __init__(
        self, columns: int, pointers: NDArray[np.integer], indices: NDArray[np.integer]
    ) -> None:
        """Trusts that the arrays fit together, and keeps them."""
        self.rows = len(pointers) - 1
        self.columns = columns
        self.entries = len(indices)
        dtype = index_type(max(columns, self.entries))
        self.pointers = pointers.astype(dtype, copy=False)
        self.indices = indices.astype(dtype, copy=False)
        for array in (self.pointers, self.indices):
            array.flags.writeable = False
        self.constants = Constants()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, CompressedRows)
            and (self.rows, self.columns) == (other.rows, other.columns)
            and np.array_equal(self.pointers, other.pointers)
            and np.array_equal(self.indices, other.indices)
        )

    @cached_property
    def _digest(self) -> int:
        content = blake2b(np.ascontiguousarray(self.pointers).data, digest_size=8)
        content.update(np.ascontiguousarray(self.indices).data)
        return hash((self.rows, self.columns, content.digest()))

    def __hash__(self) -> int:
        return self._digest

    def __reduce__(self) -> tuple[type[CompressedRows], tuple[Any, ...]]:
        return CompressedRows, (self.columns, self.pointers, self.indices)

    @cached_property
    def row_of_entry(self) -> NDArray[np.integer]:
        """Row of each entry; (entries)."""
        rows = np.arange(self.rows, dtype=index_type(self.rows))
        return np.repeat(rows, np.diff(self.pointers))

    @cached_property
    def transposed(self) -> tuple[CompressedRows, NDArray[np.integer]]:
        """The transposed matrix, and which entry of this one each of its entries is."""
        by_columns = self.scipy(np.arange(self.entries, dtype=index_type(self.entries))).tocsc()
        pattern = CompressedRows(self.rows, by_columns.indptr, by_columns.indices)
        return pattern, by_columns.data

    @cached_property
    def mirrored(self) -> NDArray[np.integer] | None:
        """For each entry the one at the mirrored position; `None` if one has none."""
        if self.rows != self.columns:
            return None
        pattern, order = self.transposed
        return order if pattern == self else None

    @cached_property
    def diagonal(self) -> NDArray[np.integer]:
        """Entries at positions (i, i)."""
        return np.flatnonzero(self.row_of_entry == self.indices)

    @cached_property
    def parts(self) -> tuple[int, NDArray[np.integer]]:
        """How many sets of rows are not coupled with each other, and the set of each row."""
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(self.entries, np.int8)
        count, part = connected_components(self.scipy(ones), directed=False)
        return int(count), part

    def scipy(self, values: NDArray[Any]) -> Any:
        """SciPy's matrix of these values of the entries."""
        from scipy.sparse import csr_array

        return csr_array((values, self.indices, self.pointers), (self.rows, self.columns))

    @cached_property
    def width(self) -> int:
        """Number of entries in the longest row."""
        return int(np.diff(self.pointers).max(initial=0))

    @property
    def is_even(self) -> bool:
        """Whether padding all rows to the longest costs little."""
        return self.width <= PADDED_WIDTH and self.width * self.rows <= PADDED_RATIO * self.entries

    @cached_property
    def padded(self) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Entries and their columns with all rows of the same length; both (width, rows).

        Where a row is shorter, the entry is one behind the last, and the column its last one.
        """
        entries = np.full((self.width, self.rows), self.entries, index_type(self.entries))
        # What is multiplied by zero is a number that the row contains anyway, maybe infinite.
        last = np.maximum(self.pointers[1:], 1) - 1
        columns = np.repeat(self.indices[None, last], self.width, 0)
        number = np.arange(self.entries, dtype=entries.dtype)
        place = number - self.pointers[self.row_of_entry], self.row_of_entry
        entries[place] = number
        columns[place] = self.indices
        return entries, columns


class Ordered(NamedTuple):
    """Entries in the order of their positions.

    keys: row × number of columns + column of each position that has entries, ascending.
    places: for each entry, which of these it is.
    order: for each position its only entry; `None` if several share one.
    """

    keys: NDArray[np.int64]
    places: NDArray[np.integer]
    order: NDArray[np.integer] | None


def ordered(columns: int, row: NDArray[np.integer], column: NDArray[np.integer]) -> Ordered:
    """Entries in the order of their rows, then of their columns."""
    keys = row.astype(np.int64) * columns + column
    count = len(keys)
    if bool((keys[1:] > keys[:-1]).all()):
        same = np.arange(count, dtype=index_type(count))
        return Ordered(keys, same, same)
    order = np.argsort(keys, kind="stable")
    ascending = keys[order]
    is_new = np.concatenate([np.ones(1, bool), ascending[1:] != ascending[:-1]])
    places = np.empty(count, index_type(count))
    places[order] = np.cumsum(is_new) - 1
    unique = ascending[is_new]
    is_unique = len(unique) == count
    return Ordered(unique, places, order.astype(index_type(count)) if is_unique else None)


def compressed(rows: int, columns: int, keys: NDArray[np.int64]) -> CompressedRows:
    """Pattern of ascending keys, as of `ordered`."""
    pointers = np.searchsorted(keys, np.arange(rows + 1, dtype=np.int64) * columns)
    indices = keys % columns if columns else keys
    return CompressedRows(columns, pointers, indices)
