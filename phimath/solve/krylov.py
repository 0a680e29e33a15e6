"""Krylov subspace methods on tensors of any shape; batch dimensions are independent problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from phimath.elementwise import is_finite, sqrt, where
from phimath.reduce import all as all_of
from phimath.reduce import sum as sum_of

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.solve.problem import SymmetricOperator
    from phimath.tensor import Tensor


class KrylovState(NamedTuple):
    """Where an iteration ended."""

    x: Tensor
    iterations: int


def conjugate_gradient(
    operator: SymmetricOperator, b: Tensor, x: Tensor, tolerance: Tensor, max_iterations: int
) -> KrylovState:
    """Solve A x = b for a semi-definite operator, up to ‖r‖ ≤ tolerance per batch entry.

    The residual is the one that the recurrence carries; the caller computes it anew.  Entries that have converged stay as they are.
    Source: Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 9.1, with the Jacobi preconditioner.
    """
    dims = b.shape.non_batch & x.shape.non_batch
    inverse_diagonal = 1 / operator.diagonal
    r = b - operator.apply(x)
    z = _preconditioned(operator, r, inverse_diagonal)
    p = z
    rho = dot(r, z, dims)
    threshold = tolerance * tolerance
    for iteration in range(max_iterations):
        active = dot(r, r, dims) > threshold
        if not bool(all_of(is_finite(rho), None)) or not bool(~all_of(~active, None)):
            return KrylovState(x, iteration)
        q = operator.apply(p)
        curvature = dot(p, q, dims)
        # Where an entry has converged, all of these may be zero: the step is zero, not 0/0.
        alpha = where(active, rho / where(curvature == 0, 1.0, curvature), 0.0)
        x = x + alpha * p
        r = r - alpha * q
        z = _preconditioned(operator, r, inverse_diagonal)
        next_rho = dot(r, z, dims)
        p = z + where(active, next_rho / where(rho == 0, 1.0, rho), 0.0) * p
        rho = next_rho
    return KrylovState(x, max_iterations)


def _preconditioned(operator: SymmetricOperator, r: Tensor, inverse_diagonal: Tensor) -> Tensor:
    # Rounding errors would grow along the null space, which the operator cannot see.
    return operator.project(r * inverse_diagonal)


def dot(a: Tensor, b: Tensor, dims: Shape) -> Tensor:
    """Inner product over `dims`."""
    return sum_of(a * b, dims)


def vector_norm(a: Tensor) -> Tensor:
    """Euclidean norm over all but the batch dimensions."""
    return sqrt(sum_of(a * a, a.shape.non_batch))
