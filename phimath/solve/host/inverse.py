"""Exact and approximate inverses of sparse matrices, kept on the host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, cast, final

import numpy as np

from phimath.solve.host.factors import FACTORS
from phimath.solve.host.kinds import Recipe, require_pyamg
from phimath.solve.host.matrix import called_on_host, stored_matrix
from phimath.solve.null_space import Deflated
from phimath.sparse import LinearOperator, SparseMatrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class HostInverse(LinearOperator):
    """What SciPy or PyAMG makes of a square matrix, once, for all right-hand sides.

    recipe: Of kind 'direct', by elimination; 'ilu', by incomplete elimination; 'amg', by algebraic
        multigrid.
    singular: Of elimination, what knows the null space.
    """

    matrix: SparseMatrix
    recipe: Recipe
    singular: LinearOperator | None = None

    @classmethod
    def direct(cls, operator: LinearOperator) -> Self | None:
        """By elimination; of a matrix with a null space the inverse without that."""
        found = cls._of(operator, "direct")
        if found is None or not operator.is_singular:
            return found
        vectors = operator.right if isinstance(operator, Deflated) else ()
        recipe = Recipe("direct", _pinned(vectors, found.matrix))
        return replace(found, recipe=recipe, singular=operator)

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
        return cls(matrix, Recipe(kind)) if matrix is not None and matrix.is_square else None

    def apply(self, x: Tensor) -> Tensor:
        """A⁻¹ x, or what approximates it; further dimensions of x are solved for at once."""
        recipe, singular = self.recipe, self.singular

        def solve(
            pattern: CompressedRows, values: NDArray[Any], columns: NDArray[Any]
        ) -> NDArray[Any]:
            return FACTORS.apply(recipe, pattern, values, columns)

        if singular is None:
            return called_on_host(self.matrix, x, solve)
        return singular.project(called_on_host(self.matrix, singular.project_right(x), solve))

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
        singular = None if self.singular is None else self.singular.transposed()
        return HostInverse(self.matrix.transposed(), self.recipe, singular)

    def adjoint(self) -> HostInverse:
        """Of the adjoint."""
        singular = None if self.singular is None else self.singular.adjoint()
        return HostInverse(self.matrix.adjoint(), self.recipe, singular)


def _pinned(vectors: tuple[Tensor, ...], matrix: SparseMatrix) -> tuple[int, ...]:
    """Unknowns by which the vectors can be told from each other; none if they can't be read."""
    from scipy.linalg import qr

    names = matrix.columns
    if not vectors or not all(v.available and not v.shape.without(names) for v in vectors):
        return ()
    rows = np.stack([v.expanded(matrix.column_dims).numpy(names).ravel() for v in vectors])
    _, order, *_ = cast("tuple[Any, ...]", qr(rows, mode="r", pivoting=True))
    return tuple(int(i) for i in order[: len(vectors)])
