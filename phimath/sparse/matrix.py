"""What matrices have in common, however many of their entries they store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from phimath.elementwise import abs as magnitude
from phimath.linear_algebra import contract
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.sparse.operator import LinearOperator

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.tensor import Tensor

T = TypeVar("T", bound="Tensor")


class Matrix(LinearOperator, Generic[T]):
    """A tensor (…, rows…, ~columns…) as a linear operator.

    row_dims, column_dims: Dimensions of A x and of x.  Those of square matrices have equal names.
    """

    matrix: T
    row_dims: Shape
    column_dims: Shape

    def apply(self, x: Tensor) -> Tensor:
        """The product with a vector (…, columns)."""
        return contract(self.matrix, self.dual_names, x, self.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Dimensions that list the columns, without tilde."""
        return self.column_dims.names

    @property
    def rows(self) -> tuple[str, ...]:
        """Dimensions that list the rows."""
        return self.row_dims.names

    @property
    def dual_names(self) -> tuple[str, ...]:
        """Dimensions that list the columns, as the matrix has them."""
        return tuple(f"~{name}" for name in self.columns)

    @property
    def is_square(self) -> bool:
        """Whether rows and columns have equal dimensions."""
        return self.row_dims == self.column_dims

    @property
    def norm(self) -> Tensor:
        """Largest sum of absolute values in a row."""
        return max_of(sum_of(magnitude(self.matrix), self.dual_names), self.rows)

    @property
    def is_complex(self) -> bool:
        """Whether entries are complex."""
        return self.matrix.dtype.kind == "complex"
