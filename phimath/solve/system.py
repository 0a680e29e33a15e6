"""The problem: what a method is given to solve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, final

from phimath.elementwise import conjugate, real, sqrt
from phimath.linear_algebra import contract
from phimath.reduce import sum as sum_of
from phimath.transform.effects import is_tracing

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.sparse import LinearOperator
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class System:
    """Linear systems A x = b, one for each entry of the dimensions that A does not mix.

    b: Right-hand sides, of moderate size, in the range of A if that is known.
    preconditioner: Approximates A⁻¹; `None` for none.
    adjoint: Aᴴ, if the method needs it.
    is_least_squares: Whether AᴴA x = Aᴴb is to be solved instead.
    """

    operator: LinearOperator
    b: Tensor
    preconditioner: LinearOperator | None = None
    adjoint: LinearOperator | None = None
    is_least_squares: bool = False

    def precondition(self, r: Tensor) -> Tensor:
        """Approximation of A⁻¹ r, without null space.

        Rounding errors would grow along that, which the operator cannot see.
        """
        z = r if self.preconditioner is None else self.preconditioner.apply(r)
        return self.operator.project(z) if self.operator.is_singular else z

    def residual(self, x: Tensor) -> Tensor:
        """The residual b − A x."""
        return self.b - self.operator.apply(x)

    def apply_adjoint(self, y: Tensor) -> Tensor:
        """Aᴴ y."""
        assert self.adjoint is not None
        return self.adjoint.apply(y)

    def shortfall(self, r: Tensor) -> Tensor:
        """Length of what has to vanish: the residual r, in least squares Aᴴ r."""
        if not self.is_least_squares:
            return length(r, self.operator.rows)
        return length(self.apply_adjoint(r), self.operator.columns)


def extent(a: Tensor, names: tuple[str, ...] | None) -> Shape:
    """The dimensions of one system: these, or all but batch dimensions."""
    return _extent(a.shape, names)


@lru_cache(maxsize=256)
def _extent(shape: Shape, names: tuple[str, ...] | None) -> Shape:
    return shape.non_batch if names is None else shape.only(names)


def inner(a: Tensor, b: Tensor, names: tuple[str, ...] | None) -> Tensor:
    """∑ conj(a) b per system."""
    if a.dtype.kind == "complex":
        a = conjugate(a)
    elif not is_tracing() and a.shape is b.shape:  # without an array of products
        summed = extent(a, names).names
        return contract(a, summed, b, summed)
    product = a * b
    return sum_of(product, extent(product, names))


def square(a: Tensor, names: tuple[str, ...] | None) -> Tensor:
    """‖a‖², real, per system."""
    found = inner(a, a, names)
    return real(found) if found.dtype.kind == "complex" else found


def length(a: Tensor, names: tuple[str, ...] | None) -> Tensor:
    """Euclidean norm per system."""
    return sqrt(square(a, names))
