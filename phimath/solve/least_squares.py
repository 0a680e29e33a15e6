"""Krylov methods for operators with any number of rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import sqrt
from phimath.solve.krylov import Iteration, ratio
from phimath.solve.system import length

if TYPE_CHECKING:
    from phimath.solve.krylov import State
    from phimath.solve.system import System
    from phimath.tensor import Tensor


def _start(system: System, x: Tensor, r: Tensor) -> State:
    rows, columns = system.operator.rows, system.operator.columns
    beta = length(r, rows)
    u = _scaled(r, beta)
    v = system.apply_adjoint(u)
    alpha = length(v, columns)
    v = _scaled(v, alpha)
    size = beta * alpha if system.is_least_squares else beta
    return x, size * size, size < 0, u, v, v, alpha, alpha, beta


def _step(system: System, active: Tensor, state: State) -> State:
    """LSQR: Golub-Kahan bidiagonalisation and a QR factorisation on the way.

    Source: Paige and Saunders, LSQR, ACM Trans. Math. Softw. 8 (1982).
    """
    x, _, broke, u, v, w, alpha, rho_bar, phi_bar = state
    rows, columns = system.operator.rows, system.operator.columns
    u = system.operator.apply(v) - alpha * u
    beta = length(u, rows)
    u = _scaled(u, beta)
    v = system.apply_adjoint(u) - beta * v
    alpha = length(v, columns)
    v = _scaled(v, alpha)
    rho = sqrt(rho_bar * rho_bar + beta * beta)
    moves = active & (rho > 0)
    c, s = ratio(rho_bar, rho, moves), ratio(beta, rho, moves)
    theta, next_rho_bar = s * alpha, -c * alpha
    phi, next_phi_bar = c * phi_bar, s * phi_bar
    x = x + ratio(phi, rho, moves) * w
    w = v - ratio(theta, rho, moves) * w
    size = next_phi_bar * alpha * c if system.is_least_squares else next_phi_bar
    stuck = active & ~moves
    return x, size * size, broke | stuck, u, v, w, alpha, next_rho_bar, next_phi_bar


LEAST_SQUARES = Iteration(_start, _step)


def _scaled(a: Tensor, size: Tensor) -> Tensor:
    """Unit vectors; zero stays zero."""
    return ratio(size * 0.0 + 1.0, size, size > 0) * a
