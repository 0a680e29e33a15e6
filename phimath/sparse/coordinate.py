"""The format `coo`: a row and a column for each entry, in any order."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, final

import numpy as np

from phimath.backend.pattern import CompressedRows, Ordered, compressed, index_type, ordered
from phimath.sparse.pattern import ConstantPattern, Pattern, renamed_shape
from phimath.tensor import Dense

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from phimath.dimension import Dim
    from phimath.shape import Shape


@final
class Coordinates(ConstantPattern):
    """Entries on the host; two may share a position, and count as their sum."""

    @property
    def format(self) -> str:
        """As coordinates."""
        return "coo"

    def __init__(
        self, rows: Shape, columns: Shape, row: NDArray[np.integer], column: NDArray[np.integer]
    ) -> None:
        """Trusts that the positions exist."""
        super().__init__(rows, columns)
        self._row = row
        self._column = column

    @property
    def row(self) -> NDArray[np.integer]:
        """Row of each entry; (entries)."""
        return self._row

    @property
    def column(self) -> NDArray[np.integer]:
        """Column of each entry; (entries)."""
        return self._column

    @property
    def count(self) -> int:
        """Number of entries."""
        return len(self._row)

    @cached_property
    def ordered(self) -> Ordered:
        """Entries by rows, then by columns."""
        return ordered(self.columns.volume, self._row, self._column)

    @cached_property
    def matrix(self) -> CompressedRows:
        """Positions in this order."""
        return compressed(self.rows.volume, self.columns.volume, self.ordered.keys)

    @property
    def is_unique(self) -> bool:
        """Whether all positions differ."""
        return self.ordered.order is not None

    def renamed(self, dims: Mapping[str, Dim]) -> Coordinates:
        """The same positions with other dimensions."""
        rows, columns = renamed_shape(self.rows, dims), renamed_shape(self.columns, dims)
        return Coordinates(rows, columns, self._row, self._column)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Coordinates)
            and (self.rows, self.columns) == (other.rows, other.columns)
            and np.array_equal(self._row, other.row)
            and np.array_equal(self._column, other.column)
        )

    @cached_property
    def _digest(self) -> int:
        return hash((self.rows, self.columns, self._row.tobytes(), self._column.tobytes()))

    def __hash__(self) -> int:
        return self._digest

    def __reduce__(self) -> tuple[type[Coordinates], tuple[object, ...]]:
        return Coordinates, (self.rows, self.columns, self._row, self._column)


def from_components(
    rows: Shape, columns: Shape, components: Mapping[str, NDArray[np.integer]], count: int
) -> Coordinates:
    """Entries at positions along each dimension."""
    row, column = (_row_major(group, components, count) for group in (rows, columns))
    return Coordinates(rows, columns, row, column)


def coordinates_of_keys(rows: Shape, columns: Shape, keys: NDArray[np.int64]) -> Coordinates:
    """Entries by row × number of columns + column."""
    width = max(columns.volume, 1)
    row = (keys // width).astype(index_type(rows.volume))
    return Coordinates(rows, columns, row, (keys % width).astype(index_type(columns.volume)))


def _row_major(
    group: Shape, components: Mapping[str, NDArray[np.integer]], count: int
) -> NDArray[np.integer]:
    result = np.zeros(count, np.int64)
    for name, size in zip(group.names, group.int_sizes, strict=True):
        result = result * size + components[name]
    return result.astype(index_type(group.volume))


@final
class TracedCoordinates(Pattern):
    """Entries at positions that are known when the program runs.

    row, column: along `ENTRIES`, on the backend that traces.
    """

    is_constant = False

    @property
    def format(self) -> str:
        """As coordinates."""
        return "coo"

    def __init__(
        self, rows: Shape, columns: Shape, row: Dense, column: Dense, is_unique: bool
    ) -> None:
        self.rows = rows
        self.columns = columns
        self.row = row
        self.column = column
        self._is_unique = is_unique

    @property
    def count(self) -> int:
        """Number of entries."""
        return self.row.shape.int_sizes[0]

    @property
    def is_unique(self) -> bool:
        """Whether the user said so."""
        return self._is_unique

    def renamed(self, dims: Mapping[str, Dim]) -> TracedCoordinates:
        """The same positions with other dimensions."""
        rows, columns = renamed_shape(self.rows, dims), renamed_shape(self.columns, dims)
        return TracedCoordinates(rows, columns, self.row, self.column, self._is_unique)

    def position(self, names: tuple[str, ...], like: Dense) -> Dense:
        """Computed when the program runs."""
        del like
        if names == self.rows.names and names:
            return self.row
        if names == self.columns.names and names:
            return self.column
        result = self.row * 0
        for name in names:
            result = result * self.dims.get_size(name) + self._component(name)
        return result.dense()

    def _component(self, name: str) -> Dense:
        in_rows = name in self.rows
        group, position = (self.rows, self.row) if in_rows else (self.columns, self.column)
        place = group.position(name)
        below = prod(group.int_sizes[place + 1 :])
        return (position // below % group.int_sizes[place]).dense()
