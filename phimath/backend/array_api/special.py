"""Special functions that the Array API standard lacks, composed from those that it has.

They take a fixed number of steps, for arrays of any namespace; a backend whose framework brings its
own overrides them.
"""

from __future__ import annotations

import math
from typing import Any, Final

# Lanczos (1964), g = 7 with nine terms, coefficients of P. Godfrey: error below 1e-14 for a > 1/2.
_LANCZOS_G: Final = 7.0
_LANCZOS: Final = (
    0.99999999999980993,
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
)
# Enough for 64 bits up to a ≈ 200; the number of terms needed near x = a grows as its square root.
_TERMS: Final = 160


def log_gamma(xp: Any, a: Any) -> Any:
    """log|Γ(a)| for real numbers; +∞ at 0, -1, -2 …."""
    reflected = a < 0.5
    positive = xp.where(reflected, 1 - a, a)
    series = xp.full_like(a, _LANCZOS[0])
    for index, coefficient in enumerate(_LANCZOS[1:]):
        series = series + coefficient / (positive + index)
    base = positive + (_LANCZOS_G - 0.5)
    result = 0.5 * math.log(2 * math.pi) + (positive - 0.5) * xp.log(base) - base + xp.log(series)
    # Γ(a) Γ(1 - a) = π / sin(πa), with the sine of the exact distance to the nearest integer.
    sine = xp.abs(xp.sin(math.pi * (a - xp.round(a))))
    pole = reflected & (sine == 0)
    mirrored = math.log(math.pi) - xp.log(xp.where(sine == 0, xp.ones_like(a), sine)) - result
    result = xp.where(reflected, mirrored, result)
    return xp.where(pole, xp.full_like(a, math.inf), result)


def lower_incomplete_gamma(xp: Any, a: Any, x: Any) -> Any:
    """P(a, x) for a > 0 and x ≥ 0; Abramowitz & Stegun (1964), 6.5.29 and 6.5.31."""
    a, x = xp.broadcast_arrays(a, x)
    inside = x > 0
    safe = xp.where(inside, x, xp.ones_like(x))
    small = safe < a + 1
    factor = xp.exp(a * xp.log(safe) - safe - log_gamma(xp, a))
    series = factor * _series(xp, a, xp.where(small, safe, xp.ones_like(x)))
    fraction = 1 - factor * _continued_fraction(a, xp.where(small, a + 1, safe))
    result = xp.where(small, series, fraction)
    return xp.where(inside, result, xp.zeros_like(result))


def _series(xp: Any, a: Any, x: Any) -> Any:
    """∑ xⁿ / (a (a + 1) … (a + n)), all terms positive."""
    term = 1 / a
    total = term
    for n in range(1, _TERMS):
        term = term * x / (a + n)
        total = total + term
    return total


def _continued_fraction(a: Any, x: Any) -> Any:
    """Γ(a, x) e^x x^-a = 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - …)), from its far end."""
    value = x + (2 * _TERMS + 1) - a
    for n in range(_TERMS, 0, -1):
        value = x + (2 * n - 1) - a - n * (n - a) / value
    return 1 / value


def erf(xp: Any, a: Any) -> Any:
    """Error function of real numbers: sign(a) P(1/2, a²)."""
    return xp.sign(a) * lower_incomplete_gamma(xp, xp.full_like(a, 0.5), a * a)
