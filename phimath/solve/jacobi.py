"""The Jacobi preconditioner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.elementwise import abs as magnitude
from phimath.elementwise import real, sign, where
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve.system import extent
from phimath.sparse import LinearOperator

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class Jacobi(LinearOperator):
    """The inverse of the diagonal of an operator."""

    operator: LinearOperator
    inverse_diagonal: Tensor

    @classmethod
    def of(cls, operator: LinearOperator) -> Self | None:
        """For operators with a known diagonal."""
        diagonal = operator.diagonal
        if diagonal is None:
            return None
        # Methods for symmetric operators, negative ones too, take positive preconditioners.
        if operator.is_symmetric:
            return cls(operator, 1 / magnitude(diagonal))
        signs = sign(real(diagonal))
        # No other method minds the sign of all.
        total = sum_of(signs, extent(signs, operator.columns))
        return cls(operator, where(total < 0, -1.0, 1.0) / diagonal)

    def apply(self, x: Tensor) -> Tensor:
        """Entries divided by those of the diagonal."""
        return self.inverse_diagonal * x

    @property
    def norm(self) -> Tensor:
        """Largest entry."""
        entries = magnitude(self.inverse_diagonal)
        return max_of(entries, extent(entries, self.columns))

    @property
    def columns(self) -> tuple[str, ...] | None:
        """As the operator."""
        return self.operator.columns

    def transposed(self) -> LinearOperator:
        """Itself."""
        return self
