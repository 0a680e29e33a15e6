"""Symmetric operators that solvers in tests are given."""

from dataclasses import dataclass

from phimath.create import ones_like
from phimath.reduce import max as max_of
from phimath.sparse import SymmetricOperator
from phimath.stencil import laplace
from phimath.tensor import Tensor


@dataclass(frozen=True)
class Shifted(SymmetricOperator):
    """w x − ∇²x with x = 0 outside."""

    weight: Tensor

    def apply(self, x):
        return self.weight * x - laplace(x, padding=0.0)

    @property
    def diagonal(self):
        return self.weight + 2

    @property
    def norm(self):
        return self.weight + 4


@dataclass(frozen=True, eq=False)
class Weights(SymmetricOperator):
    """Multiplies each element by a number.

    CG needs as many iterations as there are numbers, as long as it is not told the diagonal.
    """

    numbers: Tensor

    def apply(self, x):
        return self.numbers * x

    @property
    def diagonal(self):
        return ones_like(self.numbers)

    @property
    def norm(self):
        return max_of(self.numbers)
