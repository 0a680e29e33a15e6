"""Smoothing by polynomials of the diagonally scaled operator, which need no inner products.

Two steps of the Chebyshev iteration of the fourth kind, the best polynomial of its degree in a
V-cycle without knowledge of the smallest eigenvalue: with λ = 2, which bounds the eigenvalues of
D⁻¹A for balances of fluxes,

    d₁ = 4/(3λ) D⁻¹(b − A x₀),  x₁ = x₀ + d₁,  d₂ = 1/5 d₁ + 12/(5λ) D⁻¹(b − A x₁),  x₂ = x₁ + d₂.

Source: Phillips and Fischer, Optimal Chebyshev smoothers and one-sided V-cycles (2022),
arXiv:2210.03179, algorithm 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from phimath.transform.separately import separately

if TYPE_CHECKING:
    from phimath.solve.multigrid.balance import FluxBalance
    from phimath.tensor import Tensor

FIRST: Final = 2 / 3
SECOND: Final = 6 / 5
MOMENTUM: Final = 1 / 5


def smoothed_from_zero(balance: FluxBalance, inverse_diagonal: Tensor, b: Tensor) -> Tensor:
    """Approximation of the solution of A x = b after two steps from zero."""
    scaled = separately(_scaled, balance, inverse_diagonal, b)
    return separately(_both_steps, balance, inverse_diagonal, scaled)


def smoothed(
    balance: FluxBalance, inverse_diagonal: Tensor, b: Tensor, x: Tensor, correction: Tensor
) -> Tensor:
    """The same from `x + correction`."""
    x = separately(_corrected, balance, x, correction)
    x, step = separately(_first_step, balance, inverse_diagonal, b, x)
    x = separately(type(balance).surrounded, balance, x)
    return separately(_second_step, balance, inverse_diagonal, b, x, step)


# Below, x is known beyond the sides, too.


def _scaled(balance: FluxBalance, inverse_diagonal: Tensor, b: Tensor) -> Tensor:
    return balance.surrounded(inverse_diagonal * b)


def _both_steps(balance: FluxBalance, inverse_diagonal: Tensor, scaled: Tensor) -> Tensor:
    # (1 + 1/5) 2/3 + 6/5 = 2
    change = (FIRST * SECOND) * inverse_diagonal * balance.outflow(scaled)
    return 2.0 * balance.inner(scaled) - change


def _corrected(balance: FluxBalance, x: Tensor, correction: Tensor) -> Tensor:
    return balance.surrounded(x + correction)


def _first_step(
    balance: FluxBalance, inverse_diagonal: Tensor, b: Tensor, x: Tensor
) -> tuple[Tensor, Tensor]:
    step = FIRST * inverse_diagonal * (b - balance.outflow(x))
    return balance.inner(x) + step, step


def _second_step(
    balance: FluxBalance, inverse_diagonal: Tensor, b: Tensor, x: Tensor, step: Tensor
) -> Tensor:
    rest = b - balance.outflow(x)
    return balance.inner(x) + MOMENTUM * step + SECOND * inverse_diagonal * rest
