"""Krylov subspace methods on tensors of any shape; batch dimensions are independent problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from phimath.elementwise import sqrt, where
from phimath.reduce import any as any_of
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

    The residual is the one that the recurrence carries; the caller computes it anew.  Entries that
    have converged, or became infinite or NaN, stay as they are.

    Source: Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 9.1, with the Jacobi
    preconditioner.
    """
    dims = b.shape.non_batch & x.shape.non_batch
    inverse_diagonal = 1 / operator.diagonal
    threshold = tolerance * tolerance
    r = b - operator.apply(x)
    z = operator.project(r * inverse_diagonal)
    p = z
    rho = dot(r, z, dims)
    active = dot(r, r, dims) > threshold
    for iteration in range(max_iterations):
        if not _any(active):
            return KrylovState(x, iteration)
        q = operator.apply(p)
        alpha = _ratio(rho, dot(p, q, dims), active)
        x = x + alpha * p
        r = r - alpha * q
        # Rounding errors would grow along the null space, which the operator cannot see.
        z = operator.project(r * inverse_diagonal)
        next_rho = dot(r, z, dims)
        p = z + _ratio(next_rho, rho, active) * p
        rho = next_rho
        active = dot(r, r, dims) > threshold  # false for NaN
    return KrylovState(x, max_iterations)


def _ratio(numerator: Tensor, denominator: Tensor, active: Tensor) -> Tensor:
    # An entry that has converged may have 0/0, and must not move.
    if not active.rank:
        return numerator / denominator
    return where(active, numerator / where(active, denominator, 1.0), 0.0)


def _any(values: Tensor) -> bool:
    return bool(any_of(values, values.shape) if values.rank else values)


def dot(a: Tensor, b: Tensor, dims: Shape) -> Tensor:
    """Inner product over `dims`."""
    return sum_of(a * b, dims)


def vector_norm(a: Tensor) -> Tensor:
    """Euclidean norm over all but the batch dimensions."""
    return sqrt(sum_of(a * a, a.shape.non_batch))
