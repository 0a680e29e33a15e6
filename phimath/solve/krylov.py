"""Krylov subspace methods on tensors of any shape; batch dimensions are independent problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from phimath.elementwise import sqrt, where
from phimath.reduce import any as any_of
from phimath.reduce import sum as sum_of
from phimath.transform.effects import is_tracing
from phimath.transform.while_loop import repeat_while
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import Shape
    from phimath.sparse import SymmetricOperator
    from phimath.tensor import Tensor

# x, residual r, direction p, ρ = r·z, and whether an entry is to move on.
CGState: TypeAlias = "tuple[Tensor, Tensor, Tensor, Tensor, Tensor]"


class KrylovState(NamedTuple):
    """Where an iteration ended; the number of iterations is a tensor in compiled functions."""

    x: Tensor
    iterations: int | Tensor


def conjugate_gradient(
    operator: SymmetricOperator,
    b: Tensor,
    x: Tensor,
    tolerance: Tensor,
    max_iterations: int | Tensor,
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

    def step(x: Tensor, r: Tensor, p: Tensor, rho: Tensor, active: Tensor) -> CGState:
        q = operator.apply(p)
        alpha = _ratio(rho, dot(p, q, dims), active)
        x = x + alpha * p
        r = r - alpha * q
        # Rounding errors would grow along the null space, which the operator cannot see.
        z = operator.project(r * inverse_diagonal)
        next_rho = dot(r, z, dims)
        p = z + _ratio(next_rho, rho, active) * p
        # The comparison is false for NaN.
        return x, r, p, next_rho, dot(r, r, dims) > threshold

    r = b - operator.apply(x)
    z = operator.project(r * inverse_diagonal)
    start = (x, r, z, dot(r, z, dims), dot(r, r, dims) > threshold)
    return (
        _traced(step, start, max_iterations)
        if is_tracing()
        else _eager(step, start, int(max_iterations))
    )


def _eager(step: Callable[..., CGState], state: CGState, max_iterations: int) -> KrylovState:
    for iteration in range(max_iterations):
        active = state[-1]
        if not bool(any_of(active, active.shape) if active.rank else active):
            return KrylovState(state[0], iteration)
        state = step(*state)
    return KrylovState(state[0], max_iterations)


def _traced(
    step: Callable[..., CGState], state: CGState, max_iterations: int | Tensor
) -> KrylovState:
    def condition(*carry: Tensor) -> Tensor:
        return carry[-2] & (carry[-1] < max_iterations)

    def body(*carry: Tensor) -> tuple[Tensor, ...]:
        return (*step(*carry[:-1]), carry[-1] + 1)

    final = repeat_while(condition, body, *state, wrap(0))
    return KrylovState(final[0], final[-1])


def _ratio(numerator: Tensor, denominator: Tensor, active: Tensor) -> Tensor:
    # An entry that has converged may have 0/0, and must not move.
    if not active.rank:
        return numerator / denominator
    return where(active, numerator / where(active, denominator, 1.0), 0.0)


def dot(a: Tensor, b: Tensor, dims: Shape) -> Tensor:
    """Inner product over `dims`."""
    return sum_of(a * b, dims)


def vector_norm(a: Tensor) -> Tensor:
    """Euclidean norm over all but the batch dimensions."""
    return sqrt(sum_of(a * a, a.shape.non_batch))
