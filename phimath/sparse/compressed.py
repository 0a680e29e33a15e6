"""The formats `csr` and `csc`: entries row by row, or column by column, each position once."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from phimath.sparse.pattern import ConstantPattern, renamed_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows
    from phimath.dimension import Dim
    from phimath.shape import Shape


@final
class Compressed(ConstantPattern):
    """Entries sorted by rows, and by columns in each row.

    matrix: the positions.  Its rows are dual dimensions in the format `csc`.
    """

    def __init__(self, rows: Shape, columns: Shape, matrix: CompressedRows) -> None:
        super().__init__(rows, columns)
        self.matrix = matrix

    @property
    def format(self) -> str:
        """Which group of dimensions is sorted by."""
        return "csc" if self.rows and all(name[0] == "~" for name in self.rows.names) else "csr"

    @property
    def is_unique(self) -> bool:
        """Always."""
        return True

    @property
    def row(self) -> NDArray[np.integer]:
        """Row of each entry; (entries)."""
        return self.matrix.row_of_entry

    @property
    def column(self) -> NDArray[np.integer]:
        """Column of each entry; (entries)."""
        return self.matrix.indices

    @property
    def count(self) -> int:
        """Number of entries."""
        return self.matrix.entries

    def renamed(self, dims: Mapping[str, Dim]) -> Compressed:
        """The same positions with other dimensions: rows renamed to columns turn csr into csc."""
        return Compressed(
            renamed_shape(self.rows, dims), renamed_shape(self.columns, dims), self.matrix
        )

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Compressed)
            and (self.rows, self.columns) == (other.rows, other.columns)
            and self.matrix == other.matrix
        )

    def __hash__(self) -> int:
        return hash((self.rows, self.columns, self.matrix))

    def __reduce__(self) -> tuple[type[Compressed], tuple[object, ...]]:
        return Compressed, (self.rows, self.columns, self.matrix)
