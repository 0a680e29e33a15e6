"""Exact inverses of matrices that store all entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.backend.discovery import combine
from phimath.broadcast import Signature
from phimath.dimension import Dim, dual
from phimath.dtype import precision_bits, promote
from phimath.elementwise import conjugate
from phimath.shape import Shape, concat_shapes, merge_shapes
from phimath.solve.null_space import Deflated
from phimath.sparse import DenseMatrix, LinearOperator
from phimath.tensor import Dense

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class DenseInverse(LinearOperator):
    """The inverse of a square matrix, by elimination for each right-hand side."""

    operator: DenseMatrix

    @classmethod
    def of(cls, operator: LinearOperator) -> Self | None:
        """For square matrices, and for those with a known null space.

        A null space is filled with what the matrix lacks: A + ‖A‖ ∑ l rᴴ has, for a right-hand side
        without the vectors l, the solution without the vectors r.
        """
        if isinstance(operator, DenseMatrix):
            return cls(operator) if operator.is_square else None
        assert isinstance(operator, Deflated)
        base = operator.operator
        if not isinstance(base, DenseMatrix) or len(operator.left) != len(operator.right):
            return None
        matrix = base.matrix
        for left, right in zip(operator.left, operator.right, strict=True):
            columns = Shape(*(_as_dual(dim, base) for dim in right.shape.dims))
            matrix = matrix + base.norm * left * conjugate(right).with_shape(columns)
        return cls(DenseMatrix(matrix, base.row_dims, base.column_dims))

    def apply(self, x: Tensor) -> Tensor:
        """Solution for the right-hand side x; further dimensions of that are solved for at once."""
        matrix, names = self.operator.matrix, self.operator.rows
        unknowns = self.operator.column_dims
        columns = tuple(f"~{name}" for name in names)
        batch = matrix.shape.without((*names, *columns))
        backend = combine([matrix.backend, x.backend])
        dtype = promote(matrix.dtype, x.dtype, bits=precision_bits())
        shared = merge_shapes(batch, x.shape.only(batch.names))
        others = x.shape.without(names).without(shared)
        left = matrix.cast(dtype).expanded(merge_shapes(matrix.shape, shared)).dense()
        right = x.cast(dtype).expanded(merge_shapes(x.shape, shared)).dense()
        n, front = unknowns.volume, shared.int_sizes
        a = backend.adopt(left.backend, left.stored_in((*shared.names, *names, *columns)))
        b = backend.adopt(right.backend, right.stored_in((*shared.names, *names, *others.names)))
        found = backend.solve(
            backend.reshape(a, (*front, n, n)), backend.reshape(b, (*front, n, others.volume))
        )
        stored = concat_shapes(shared, unknowns, others)
        native = backend.reshape(found, stored.int_sizes)
        return Dense(native, Signature(backend, dtype, stored.sorted_by_type(), stored))

    @property
    def columns(self) -> tuple[str, ...]:
        """As the matrix."""
        return self.operator.columns

    def transposed(self) -> DenseInverse:
        """Inverse of the transposed."""
        return DenseInverse(self.operator.transposed())


def _as_dual(dim: Dim, matrix: DenseMatrix) -> Dim:
    return Dim(f"~{dim.name}", dual, dim.size, dim.labels) if dim.name in matrix.columns else dim
