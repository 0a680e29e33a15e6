"""Exact and approximate inverses of sparse matrices, kept on the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.solve.host.factors import FACTORS
from phimath.solve.host.kinds import require_pyamg
from phimath.solve.host.matrix import called_on_host, stored_matrix
from phimath.sparse import LinearOperator, SparseMatrix

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class HostInverse(LinearOperator):
    """What SciPy or PyAMG makes of a square matrix, once, for all right-hand sides.

    kind: 'direct', by elimination; 'ilu', by incomplete elimination; 'amg', by algebraic multigrid.
    """

    matrix: SparseMatrix
    kind: str

    @classmethod
    def direct(cls, operator: LinearOperator) -> Self | None:
        """By elimination."""
        return cls._of(operator, "direct")

    @classmethod
    def incomplete(cls, operator: LinearOperator) -> Self | None:
        """By incomplete elimination."""
        return cls._of(operator, "ilu")

    @classmethod
    def multigrid(cls, operator: LinearOperator) -> Self | None:
        """By algebraic multigrid.

        Raises:
            NotSupported: PyAMG is not installed.
        """
        require_pyamg()
        return cls._of(operator, "amg")

    @classmethod
    def _of(cls, operator: LinearOperator, kind: str) -> Self | None:
        matrix = stored_matrix(operator)
        return cls(matrix, kind) if matrix is not None and matrix.is_square else None

    def apply(self, x: Tensor) -> Tensor:
        """A⁻¹ x, or what approximates it; further dimensions of x are solved for at once.

        Of a singular matrix the inverse without its null space, if that is known.
        """
        kind = self.kind

        def solve(
            pattern: CompressedRows, values: NDArray[Any], columns: NDArray[Any]
        ) -> NDArray[Any]:
            return FACTORS.apply(kind, pattern, values, columns)

        if kind != "direct" or not self.matrix.is_singular:
            return called_on_host(self.matrix, x, solve)
        found = called_on_host(self.matrix, self.matrix.project_right(x), solve)
        return self.matrix.project(found)

    @property
    def columns(self) -> tuple[str, ...]:
        """As the matrix."""
        return self.matrix.columns

    @property
    def is_complex(self) -> bool:
        """As the matrix."""
        return self.matrix.is_complex

    def transposed(self) -> HostInverse:
        """Of the transposed."""
        return HostInverse(self.matrix.transposed(), self.kind)

    def adjoint(self) -> HostInverse:
        """Of the adjoint."""
        return HostInverse(self.matrix.adjoint(), self.kind)
