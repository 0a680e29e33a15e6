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

if TYPE_CHECKING:
    from phimath.solve.multigrid.balance import FluxBalance
    from phimath.tensor import Tensor

FIRST: Final = 2 / 3
SECOND: Final = 6 / 5
MOMENTUM: Final = 1 / 5


def smoothed(form: FluxBalance, inverse_diagonal: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """Approximation of the solution of A x = b after two steps from `x`."""
    step = FIRST * inverse_diagonal * (b - form.apply(x))
    x = x + step
    return x + MOMENTUM * step + SECOND * inverse_diagonal * (b - form.apply(x))


def smoothed_from_zero(form: FluxBalance, inverse_diagonal: Tensor, b: Tensor) -> Tensor:
    """The same from zero."""
    scaled = inverse_diagonal * b
    # Both steps at once: (1 + 1/5) 2/3 + 6/5 = 2, and 2/3 · 6/5 = 4/5.
    return 2.0 * scaled - (FIRST * SECOND) * inverse_diagonal * form.apply(scaled)
