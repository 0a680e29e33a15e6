"""Newton's method, for vectors (batch…, unknown)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

from phimath.create import zeros_like
from phimath.dtype import precision_bits
from phimath.elementwise import is_finite, maximum, minimum, sqrt, where
from phimath.layout import UNKNOWN
from phimath.reduce import sum as sum_of
from phimath.solve.krylov import Budget, iterate
from phimath.solve.nonsymmetric import MINIMAL
from phimath.solve.rounding import EPSILON
from phimath.solve.system import System
from phimath.sparse import LinearOperator
from phimath.transform.loop.while_loop import repeat_while

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor

# How many directions the Krylov method tries.
MAX_DIRECTIONS = 200
SHORTEST_STEP = 2.0**-12


class NewtonResult(NamedTuple):
    """Where Newton's method ended; (batch), but `x` and `residual` (batch…, unknown)."""

    x: Tensor
    residual: Tensor
    norm: Tensor
    iterations: Tensor


def length(vector: Tensor) -> Tensor:
    """Euclidean norm along the unknowns."""
    return sqrt(inner(vector, vector))


def inner(a: Tensor, b: Tensor) -> Tensor:
    """Inner product along the unknowns."""
    return sum_of(a * b, UNKNOWN)


def newton_krylov(
    function: Callable[[Tensor], Tensor], x: Tensor, tolerance: Tensor, max_iterations: int
) -> NewtonResult:
    """Root of a function, from the guess `x`, up to ‖function(x)‖ ≤ tolerance per problem.

    Each linear system is solved as accurately as the progress suggests, so that the convergence is
    quadratic near a root; steps are halved until they lower the residual.  Problems that have
    converged, or that no step improves, stay as they are.

    Source: Eisenstat and Walker, Choosing the forcing terms in an inexact Newton method, SIAM J.
        Sci. Comput. 17 (1996), choice 2 with γ = 0.9, α = 2.
    """

    def is_moving(x: Tensor, r: Tensor, forcing: Tensor, active: Tensor, k: Tensor) -> Tensor:
        return active & (k < max_iterations)

    def step(
        x: Tensor, r: Tensor, forcing: Tensor, active: Tensor, k: Tensor
    ) -> tuple[Tensor, ...]:
        norm = length(r)
        goal = maximum(forcing * norm, 0.1 * tolerance)
        direction = _direction(function, x, r, goal)
        new_x, new_r = _improved(function, x, r, where(active, direction, 0.0))
        new_norm = length(new_r)
        # The comparison is false for NaN.
        improves = active & (new_norm < norm)
        forcing = minimum(0.9 * (new_norm / where(norm > 0, norm, 1.0)) ** 2, 0.1)
        return (
            where(improves, new_x, x),
            where(improves, new_r, r),
            where(improves, forcing, 0.1),
            improves & (new_norm > tolerance),
            k + where(active, 1, 0),
        )

    r = function(x)
    norm = length(r)
    active = (norm > tolerance) & is_finite(norm)
    start = (x, r, zeros_like(norm) + 0.1, active, where(active, 0, 0))
    x, r, _, _, iterations = repeat_while(is_moving, step, *start)
    return NewtonResult(x, r, length(r), iterations)


def product(function: Callable[[Tensor], Tensor], x: Tensor, value: Tensor, p: Tensor) -> Tensor:
    """Jacobian at `x` times p by a forward difference, `value` being function(x).

    Source: Knoll and Keyes, Jacobian-free Newton-Krylov methods, J. Comput. Phys. 193 (2004).
    """
    size = length(p)
    step = EPSILON[precision_bits()] ** 0.5 * (1.0 + length(x)) / where(size > 0, size, 1.0)
    return (function(x + step * p) - value) / step


def _improved(
    function: Callable[[Tensor], Tensor], x: Tensor, r: Tensor, direction: Tensor
) -> tuple[Tensor, Tensor]:
    """Point along the direction with a smaller residual, or the last one tried."""
    norm = length(r)

    def is_too_long(t: Tensor, new_x: Tensor, new_r: Tensor) -> Tensor:
        return _is_worse(new_r, norm, t) & (t > SHORTEST_STEP)

    def halved(t: Tensor, new_x: Tensor, new_r: Tensor) -> tuple[Tensor, ...]:
        t = where(_is_worse(new_r, norm, t), 0.5 * t, t)
        new_x = x + t * direction
        return t, new_x, function(new_x)

    full = x + direction
    _, new_x, new_r = repeat_while(
        is_too_long, halved, zeros_like(norm) + 1.0, full, function(full)
    )
    return new_x, new_r


def _is_worse(r: Tensor, norm: Tensor, t: Tensor) -> Tensor:
    # Written so that NaN is worse; no residual is left where there is nothing to improve.
    return ~(length(r) <= (1.0 - 1e-4 * t) * norm)


@final
@dataclass(frozen=True, eq=False)
class _Jacobian(LinearOperator):
    """The Jacobian of a function at x, where it has this value, by differences."""

    function: Callable[[Tensor], Tensor]
    x: Tensor
    value: Tensor

    def apply(self, x: Tensor) -> Tensor:
        """Derivative along a direction."""
        return product(self.function, self.x, self.value, x)


def _direction(
    function: Callable[[Tensor], Tensor], x: Tensor, value: Tensor, tolerance: Tensor
) -> Tensor:
    """Newton's direction: minimises ‖value + J p‖, up to the tolerance, over a Krylov space."""
    system = System(_Jacobian(function, x, value), -value)
    size = length(value)
    budget = Budget(tolerance, size / EPSILON[precision_bits()], MAX_DIRECTIONS, 0, size)
    return iterate(MINIMAL, system, zeros_like(value), system.b, budget).x


__all__ = ["NewtonResult", "inner", "length", "newton_krylov", "product"]
