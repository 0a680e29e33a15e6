"""Sparse matrices as linear operators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from phimath.create import expand
from phimath.dimension import dual
from phimath.dtype import float_dtype
from phimath.elementwise import abs as magnitude
from phimath.elementwise import conjugate, where
from phimath.linear_algebra import contract
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of
from phimath.shape import Shape
from phimath.sparse.compressed import Compressed
from phimath.sparse.coordinate import Coordinates
from phimath.sparse.diagonal import diagonal
from phimath.sparse.facts import UNKNOWN, Facts, constant_rooms, facts_of
from phimath.sparse.formats import compress
from phimath.sparse.matrix import Matrix
from phimath.sparse.matrix_dims import exchanged, matrix_dims
from phimath.sparse.pattern import ENTRIES, ConstantPattern
from phimath.sparse.rooms import Rooms
from phimath.sparse.tensor import Sparse
from phimath.tensor import Dense
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.backend.pattern import CompressedRows
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class SparseMatrix(Matrix[Sparse]):
    """A matrix (…, rows…, ~columns…) that stores some entries.

    Made by `SparseMatrix.of`.

    matrix: In the format `csr`, if its pattern is known.
    row_dims, column_dims: Dimensions of A x and of x.  Those of square matrices have equal names.
    facts: What is known of the entries.
    rooms: Where a constant has no effect; `None` for nowhere.
    left_rooms: The same of the transposed.
    """

    matrix: Sparse
    row_dims: Shape
    column_dims: Shape
    facts: Facts = UNKNOWN
    rooms: Rooms | None = None
    left_rooms: Rooms | None = None

    @classmethod
    def of(
        cls, matrix: Sparse, unknowns: Shape | None = None, facts: Facts | None = None
    ) -> SparseMatrix:
        """Operator of a tensor whose columns are its dual dimensions.

        Args:
            matrix: Symmetry, definiteness and constant null vectors are found in its values, unless
                these are traced.
            unknowns: Has the types of the dimensions of x, if it is known.
            facts: What is known anyway.

        Raises:
            ShapeError: the tensor has no dual dimensions, or no others to list the rows.
        """
        rows, columns = matrix_dims(matrix.shape, matrix.pattern.dims.without(dual), unknowns)
        if isinstance(matrix.pattern, ConstantPattern):
            matrix = _ordered(matrix, matrix.pattern, rows.names, columns.names)
        operator = cls(matrix, rows, columns, facts or UNKNOWN)
        is_known = isinstance(matrix.pattern, Compressed) and matrix.dtype.is_floating
        if not operator.is_square or not is_known:
            return operator
        values = _stopped(matrix.values)
        if values.available:
            return operator._examined(_flat(values, operator.others), values, facts)
        return operator._with_possible_rooms(values)

    def _examined(self, values: np.ndarray, like: Dense, facts: Facts | None) -> SparseMatrix:
        facts = facts_of(self.pattern, values) if facts is None else facts
        rooms = left = Rooms.of(constant_rooms(self.pattern, values), self.column_dims, like)
        if not facts.is_symmetric:
            transposed, order = self.pattern.transposed
            found = constant_rooms(transposed, values[:, order])
            left = Rooms.of(found, self.row_dims, like)
        return replace(self, facts=facts, rooms=rooms, left_rooms=left)

    def _with_possible_rooms(self, values: Dense) -> SparseMatrix:
        """Whether constants have no effect is found when the program runs."""
        fixed = replace(self, matrix=self.matrix.with_values(values))
        parts = Rooms.of(self.pattern.parts[1], self.column_dims, values)
        if parts is None:  # there are no unknowns
            return self
        rooms, left_rooms = (
            parts.where_balanced(matrix.matrix, self.dual_names)
            for matrix in (fixed, fixed.transposed())
        )
        return replace(self, rooms=rooms, left_rooms=left_rooms)

    @property
    def pattern(self) -> CompressedRows:
        """Positions of the entries, row by row."""
        pattern = self.matrix.pattern
        assert isinstance(pattern, Compressed)
        return pattern.matrix

    @property
    def values(self) -> Dense:
        """Values of the entries (batch…, _entries)."""
        return self.matrix.values.dense()

    @property
    def others(self) -> Shape:
        """Dimensions of which each entry has a matrix of its own."""
        return self.matrix.shape.without(self.matrix.pattern.dims)

    @property
    def norm(self) -> Tensor:
        """Largest sum of absolute values in a row.

        As a product, on PyTorch at 256² in 4 ms, where sums by `index_add` take 20.
        """
        sizes = self.matrix.with_values(magnitude(self.matrix.values))
        ones = expand(wrap(1.0).cast(float_dtype()), self.column_dims)
        return max_of(contract(sizes, self.dual_names, ones, self.columns), self.rows)

    @property
    def is_symmetric(self) -> bool:
        """Whether the matrix is known to equal its conjugate transposed."""
        return self.facts.is_symmetric

    @property
    def is_positive(self) -> bool:
        """Whether it is known to be positive semi-definite."""
        return self.facts.sign > 0

    @property
    def is_definite(self) -> bool:
        """Whether it or its negative is known to be positive semi-definite."""
        return self.facts.sign != 0

    @property
    def diagonal(self) -> Tensor | None:
        """Its diagonal, if no element of that is known to be zero; 1 where a traced one is."""
        if not self.is_square:
            return None
        found = diagonal(self.matrix)
        if not found.available:
            return where(found == 0, 1.0, found) if self._stores_diagonal else None
        return None if bool(any_of(found == 0, found.shape)) else found

    @property
    def _stores_diagonal(self) -> bool:
        if not self.matrix.pattern.is_constant:
            return False
        return len(self.pattern.diagonal) == self.pattern.rows

    def transposed(self) -> SparseMatrix:
        """Rows as columns."""
        rows, columns = self.row_dims, self.column_dims
        new = [exchanged(dim, rows, columns) for dim in self.matrix.shape.dims]
        matrix = self.matrix.with_shape(Shape(*new))
        assert isinstance(matrix, Sparse)
        if matrix.pattern.is_constant:
            matrix = compress(matrix)
        return SparseMatrix(matrix, columns, rows, self.facts, self.left_rooms, self.rooms)

    def adjoint(self) -> SparseMatrix:
        """Rows as columns, conjugated."""
        found = self.transposed()
        if not self.is_complex:
            return found
        return replace(found, matrix=found.matrix.with_values(conjugate(found.matrix.values)))

    @property
    def knows_null_space(self) -> bool:
        """Where constants have no effect; other null vectors are not looked for."""
        return self.rooms is not None

    @property
    def is_singular(self) -> bool:
        """Whether a constant, maybe in a part of the unknowns, has no effect."""
        return self.rooms is not None

    def project(self, x: Tensor) -> Tensor:
        """Mean values of the rooms removed."""
        return x if self.rooms is None else self.rooms.project(x)


def _stopped(values: Tensor) -> Dense:
    """The values as constants of differentiation, which some frameworks can read then."""
    dense = values.dense()
    if (
        dense.available
    ):  # while a compiler traces, constants stay so only if nothing is done to them
        return dense
    return Dense(dense.backend.stop_gradient(dense.stored_native), dense.signature)


def _flat(values: Dense, others: Shape) -> np.ndarray:
    """Values of the entries; (batch, entries)."""
    count = values.shape.get_size(ENTRIES)
    return np.reshape(values.numpy((*others.names, ENTRIES)), (-1, count))


def _ordered(
    matrix: Sparse, pattern: ConstantPattern, rows: tuple[str, ...], columns: tuple[str, ...]
) -> Sparse:
    """The matrix in the format `csr` with rows and columns in this order."""
    duals = tuple(f"~{name}" for name in columns)
    if (pattern.rows.names, pattern.columns.names) in ((rows, duals), (duals, rows)):
        return compress(matrix)
    dims = pattern.dims
    row, column = pattern.host_position(rows), pattern.host_position(duals)
    first, second = (Shape(*(dims.dim(name) for name in names)) for names in (rows, duals))
    return compress(Sparse(Coordinates(first, second, row, column), matrix.values))
