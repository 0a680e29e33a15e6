"""Matrices that store all entries, as linear operators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from phimath.broadcast import Signature
from phimath.dimension import dual
from phimath.elementwise import conjugate
from phimath.shape import Shape
from phimath.sparse.matrix import Matrix
from phimath.sparse.matrix_dims import exchanged, matrix_dims
from phimath.tensor import Dense

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class DenseMatrix(Matrix["Tensor"]):
    """A matrix (batch…, rows…, ~columns…) with all entries.

    row_dims, column_dims: Dimensions of A x and of x.  Those of square matrices have equal names.
    """

    matrix: Tensor
    row_dims: Shape
    column_dims: Shape

    @classmethod
    def of(cls, matrix: Tensor, unknowns: Shape | None = None) -> DenseMatrix:
        """Operator of a tensor whose columns are its dual dimensions.

        unknowns: has the types of the dimensions of x, if it is known.

        Raises:
            ShapeError: the tensor has no dual dimensions, or no others to list the rows.
        """
        rows = matrix.shape.without(dual).non_batch
        rows, columns = matrix_dims(matrix.shape, rows, unknowns)
        return cls(matrix, rows, columns)

    @property
    def knows_null_space(self) -> bool:
        """No."""
        return False

    def transposed(self) -> DenseMatrix:
        """Rows as columns."""
        new = [exchanged(dim, self.row_dims, self.column_dims) for dim in self.matrix.shape.dims]
        stored = [
            exchanged(dim, self.row_dims, self.column_dims)
            for dim in self.matrix.dense().signature.stored.dims
        ]
        dense = self.matrix.dense()
        shape = Shape(*new).sorted_by_type()
        signature = Signature(dense.backend, dense.dtype, shape, Shape(*stored))
        matrix = Dense(dense.stored_native, signature)
        return DenseMatrix(matrix, self.column_dims, self.row_dims)

    def adjoint(self) -> DenseMatrix:
        """Rows as columns, conjugated."""
        found = self.transposed()
        return replace(found, matrix=conjugate(found.matrix)) if self.is_complex else found
