"""Krylov methods for symmetric (complex: Hermitian) operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.create import ones_like, zeros_like
from phimath.elementwise import abs as magnitude
from phimath.elementwise import maximum, real, sign, sqrt, where
from phimath.solve.krylov import Iteration, ratio
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import inner, square

if TYPE_CHECKING:
    from phimath.solve.krylov import State
    from phimath.solve.system import System
    from phimath.tensor import Tensor


def _conjugate_gradient_start(system: System, x: Tensor, r: Tensor) -> State:
    size = square(r, system.operator.rows)
    zero = zeros_like(size)
    return x, size, size < 0, r, zeros_like(r + x), zero, zero


def _conjugate_gradient_step(system: System, active: Tensor, state: State) -> State:
    """Saad (2003), algorithm 9.1, each step beginning with the preconditioner.

    So programs hold it once, and it is not applied to the last residual.

    pᴴAp must keep its sign, which is that of the operator: positive, or negative, for which all
    steps are the same.
    """
    x, _, broke, r, p, last_rho, definite = state
    names = system.operator.rows
    z = system.precondition(r)
    rho = _real_inner(r, z, names)
    p = z + ratio(rho, last_rho, active & (magnitude(last_rho) > 0)) * p  # z in the first step
    q = system.operator.apply(p)
    curvature = _real_inner(p, q, names)
    direction = sign(curvature)
    # Written so that NaN breaks down, too.
    moves = active & (direction * direction > 0) & ~(direction * definite < 0)
    alpha = ratio(rho, curvature, moves)
    x = x + alpha * p
    r = r - alpha * q
    return x, square(r, names), broke | (active & ~moves), r, p, rho, direction


CONJUGATE_GRADIENT = Iteration(_conjugate_gradient_start, _conjugate_gradient_step)


def _minimal_residual_start(system: System, x: Tensor, r: Tensor) -> State:
    names = system.operator.rows
    z = system.precondition(r)
    gamma = sqrt(maximum(_real_inner(z, r, names), 0.0))
    size = square(r, names)
    nothing, zero, one = zeros_like(r + x), zeros_like(size), ones_like(size)
    angles = (gamma, one, gamma, one, one, zero, zero)
    return (x, size, size < 0, r, nothing, z, nothing, nothing, *angles)


def _minimal_residual_step(system: System, active: Tensor, state: State) -> State:
    """Elman, Silvester and Wathen, Finite Elements and Fast Iterative Solvers, algorithm 4.1.

    It knows by which factor it shortens the residual, in the norm of the preconditioner.
    """
    x, size, broke, v, last_v, z, w, last_w, *scalars = state
    gamma, last_gamma, eta, c, last_c, s, last_s = scalars
    names = system.operator.rows
    z = ratio(ones_like(gamma), gamma, active & (gamma > 0)) * z
    q = system.operator.apply(z)
    delta = _real_inner(z, q, names)
    next_v = q - ratio(delta, gamma, active) * v - ratio(gamma, last_gamma, active) * last_v
    next_z = system.precondition(next_v)
    next_gamma = sqrt(maximum(_real_inner(next_z, next_v, names), 0.0))
    a0 = c * delta - last_c * s * gamma
    a1 = sqrt(a0 * a0 + next_gamma * next_gamma)
    a2 = s * delta + last_c * c * gamma
    a3 = last_s * gamma
    # Of the size of the image, unless the operator maps the direction to nothing.
    image_size = delta * delta + gamma * gamma + next_gamma * next_gamma
    moves = active & (a1 * a1 > (4 * epsilon_of(q)) ** 2 * image_size)
    scale = ratio(ones_like(a1), a1, moves)
    next_c, next_s = a0 * scale, next_gamma * scale
    next_w = scale * (z - a3 * last_w - a2 * w)
    x = x + (next_c * eta) * next_w
    angles = (next_gamma, gamma, -next_s * eta, next_c, c, next_s, s)
    size = where(moves, next_s * next_s * size, size)
    return (x, size, broke | (active & ~moves), next_v, v, next_z, next_w, w, *angles)


MINIMAL_RESIDUAL = Iteration(_minimal_residual_start, _minimal_residual_step)


def _real_inner(a: Tensor, b: Tensor, names: tuple[str, ...] | None) -> Tensor:
    found = inner(a, b, names)
    return real(found) if found.dtype.kind == "complex" else found
