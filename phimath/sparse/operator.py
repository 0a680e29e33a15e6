"""Linear functions as solvers see them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from phimath.elementwise import conjugate
from phimath.errors import NotSupported

if TYPE_CHECKING:
    from phimath.tensor import Tensor


class LinearOperator(ABC):
    """A linear function A of a tensor.

    Implementations are frozen dataclasses whose fields hold all tensors that `apply` uses: a solve
    differentiates by these, and the adjoint solve gets its own copies of them.
    """

    @abstractmethod
    def apply(self, x: Tensor) -> Tensor:
        """The function itself."""

    @property
    def norm(self) -> Tensor:
        """Upper bound of ‖A‖∞, the largest sum of absolute values in a row; (batch).

        Raises:
            NotSupported: the operator does not bring it.
        """
        raise NotSupported(
            f"{type(self).__name__} does not know its norm, without which a solve can't tell what "
            "rounding leaves. Define `norm`, an upper bound of the sums of absolute values in rows."
        )

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the dimensions of x that belong to one system; others list independent ones.

        `None`: all but batch dimensions.
        """
        return None

    @property
    def rows(self) -> tuple[str, ...] | None:
        """The same for A x."""
        return self.columns

    @property
    def is_square(self) -> bool:
        """Whether there are as many equations as unknowns; if not, solves are least squares."""
        return True

    def transposed(self) -> LinearOperator:
        """Aᵀ.

        Raises:
            NotSupported: the operator does not bring it.
        """
        raise NotSupported(
            f"{type(self).__name__} has no transposed, which derivatives and some methods need. "
            "Choose another method, or solve with a matrix."
        )

    @property
    def is_complex(self) -> bool:
        """Whether A has complex entries."""
        return False

    def adjoint(self) -> LinearOperator:
        """Aᴴ, the transposed of a real operator."""
        return Conjugated(self.transposed()) if self.is_complex else self.transposed()

    @property
    def is_symmetric(self) -> bool:
        """Whether A = Aᴴ."""
        return False

    @property
    def is_positive(self) -> bool:
        """Whether A = Aᴴ is positive semi-definite."""
        return False

    @property
    def is_definite(self) -> bool:
        """Whether A = Aᴴ or its negative is positive semi-definite."""
        return self.is_positive

    @property
    def diagonal(self) -> Tensor | None:
        """Diagonal of its matrix, nowhere zero; `None` if it is not known."""
        return None

    @property
    def is_singular(self) -> bool:
        """Whether there is a null space, which `project` removes."""
        return False

    @property
    def knows_null_space(self) -> bool:
        """Whether `is_singular` can be relied on."""
        return True

    def project(self, x: Tensor) -> Tensor:
        """The part of `x` that is orthogonal to the null space."""
        return x

    def project_right(self, b: Tensor) -> Tensor:
        """The part of `b` for which A x = b has a solution."""
        if not self.is_singular:
            return b
        return self.project(b) if self.is_symmetric else self.adjoint().project(b)


class SymmetricOperator(LinearOperator):
    """A real symmetric positive semi-definite operator."""

    def transposed(self) -> LinearOperator:
        """Itself."""
        return self

    @property
    def is_symmetric(self) -> bool:
        """Yes."""
        return True

    @property
    def is_positive(self) -> bool:
        """Yes."""
        return True


class WrappedOperator(LinearOperator):
    """An operator with the structure of another one, `operator`."""

    operator: LinearOperator

    @property
    def norm(self) -> Tensor:
        """As the operator within."""
        return self.operator.norm

    @property
    def columns(self) -> tuple[str, ...] | None:
        """As the operator within."""
        return self.operator.columns

    @property
    def rows(self) -> tuple[str, ...] | None:
        """As the operator within."""
        return self.operator.rows

    @property
    def is_square(self) -> bool:
        """As the operator within."""
        return self.operator.is_square

    @property
    def is_complex(self) -> bool:
        """As the operator within."""
        return self.operator.is_complex

    @property
    def is_symmetric(self) -> bool:
        """As the operator within."""
        return self.operator.is_symmetric

    @property
    def is_positive(self) -> bool:
        """As the operator within."""
        return self.operator.is_positive

    @property
    def is_definite(self) -> bool:
        """As the operator within."""
        return self.operator.is_definite


@final
@dataclass(frozen=True, eq=False)
class Conjugated(WrappedOperator):
    """The operator whose matrix has the complex conjugated entries."""

    operator: LinearOperator

    def apply(self, x: Tensor) -> Tensor:
        """The conjugated result for the conjugated argument."""
        return conjugate(self.operator.apply(conjugate(x)))

    def transposed(self) -> LinearOperator:
        """The transposed, conjugated."""
        return Conjugated(self.operator.transposed())
