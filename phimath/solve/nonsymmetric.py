"""Krylov methods for any square operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.create import expand, zeros_like
from phimath.dimension import batch
from phimath.elementwise import abs as magnitude
from phimath.elementwise import where
from phimath.reduce import sum as sum_of
from phimath.sequences import arange
from phimath.solve.krylov import Iteration, ratio
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import inner, length, square
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.solve.krylov import State
    from phimath.solve.system import System
    from phimath.tensor import Tensor

# How many directions GMRES stays orthogonal to.
DIRECTIONS = 30
_SLOT = "krylov_direction"


def _stabilised_start(system: System, x: Tensor, r: Tensor) -> State:
    size = square(r, system.operator.rows)
    return x, size, size < 0, r, r, r, inner(r, r, system.operator.rows)


def _stabilised_step(system: System, active: Tensor, state: State) -> State:
    """BiCGStab, Saad (2003), algorithm 7.7, preconditioned from the right.

    It breaks down where the residual or its image becomes orthogonal to the first residual.
    """
    x, _, broke, r, shadow, p, rho = state
    names = system.operator.rows
    y = system.precondition(p)
    v = system.operator.apply(y)
    along = inner(shadow, v, names)
    moves = active & (magnitude(along) > 0) & (magnitude(rho) > 0)
    alpha = ratio(rho, along, moves)
    half = r - alpha * v
    z = system.precondition(half)
    t = system.operator.apply(z)
    image = square(t, names)
    omega = ratio(inner(t, half, names), image, moves & (image > 0))
    x = x + alpha * y + omega * z
    r = half - omega * t
    next_rho = inner(shadow, r, names)
    beta = ratio(next_rho, rho, moves) * ratio(alpha, omega, moves & (magnitude(omega) > 0))
    p = r + beta * (p - omega * v)
    stuck = active & ~(moves & (magnitude(omega) > 0))
    return x, square(r, names), broke | stuck, r, shadow, p, next_rho


STABILISED = Iteration(_stabilised_start, _stabilised_step)


def _minimal_start(system: System, x: Tensor, r: Tensor) -> State:
    size = square(r, system.operator.rows)
    r = r + zeros_like(system.operator.apply(x))  # with all dimensions that it will have
    slots = expand(zeros_like(r), batch(**{_SLOT: DIRECTIONS}))
    return x, size, size < 0, r, system.precondition(r), slots, slots, wrap(0)


def _minimal_step(system: System, active: Tensor, state: State) -> State:
    """Minimise the residual over the directions kept, whose images are orthonormal.

    The next direction is the residual or, where the last step gained nothing, the last image, with
    which no system that has a solution breaks down.  Images after small gains, too, as in the
    source, would lead away from the solution once the oldest directions are forgotten.

    Source: Jiránek and Rozložník, Adaptive version of simpler GMRES, Numer. Algorithms 53 (2010).
    """
    x, size, broke, r, p, ps, qs, k = state
    names = system.operator.rows
    q = system.operator.apply(p)
    full = length(q, names)
    for _ in range(2):  # once more for what rounding left
        overlap = inner(qs, q, names)
        q = q - sum_of(overlap * qs, _SLOT)
        p = p - sum_of(overlap * ps, _SLOT)
    image = length(q, names)
    moves = active & (image > 4 * epsilon_of(q) * full)
    scale = ratio(image * 0.0 + 1.0, image, moves)
    p, q = scale * p, scale * q
    amount = inner(q, r, names)
    next_r = r - amount * q
    next_size = square(next_r, names)
    gains = next_size <= 0.9999 * size
    here = arange(batch(_SLOT), DIRECTIONS) == k % DIRECTIONS
    return (
        x + amount * p,
        next_size,
        broke | (active & ~moves),
        next_r,
        system.precondition(where(gains, next_r, q)),
        where(here, p, ps),
        where(here, q, qs),
        k + 1,
    )


MINIMAL = Iteration(_minimal_start, _minimal_step)
