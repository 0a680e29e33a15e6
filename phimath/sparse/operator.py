"""Linear functions as solvers see them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from phimath.errors import NotSupported

if TYPE_CHECKING:
    from phimath.tensor import Tensor


class LinearOperator(ABC):
    """A linear function A of a tensor; batch dimensions are independent systems.

    Implementations are frozen dataclasses whose fields hold all tensors that `apply` uses: a solve
    differentiates by these, and the adjoint solve gets its own copies of them.
    """

    @abstractmethod
    def apply(self, x: Tensor) -> Tensor:
        """The function itself."""

    @property
    @abstractmethod
    def norm(self) -> Tensor:
        """Upper bound of ‖A‖∞, the largest sum of absolute values in a row; (batch)."""

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
    def is_symmetric(self) -> bool:
        """Whether A = Aᵀ."""
        return False

    @property
    def is_positive(self) -> bool:
        """Whether A is symmetric and positive semi-definite."""
        return False

    @property
    def diagonal(self) -> Tensor | None:
        """Diagonal of its matrix, nowhere zero; `None` if it is not known."""
        return None

    @property
    def is_singular(self) -> bool:
        """Whether there is a null space, which `project` removes."""
        return False

    def project(self, x: Tensor) -> Tensor:
        """The part of `x` that is orthogonal to the null space."""
        return x


class SymmetricOperator(LinearOperator):
    """A symmetric positive semi-definite operator with a known diagonal."""

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

    @property
    @abstractmethod
    def diagonal(self) -> Tensor:
        """Diagonal of its matrix, nowhere zero."""
