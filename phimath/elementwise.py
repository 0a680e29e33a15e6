"""Elementwise functions: each applies one row of the operation table, or a few.

They take tensors, fields and whatever else has `elementwise`, Python numbers, and tuples that stand
for vectors.  Dimensions are matched by name.  Floating results have the precision of the context.
"""

from __future__ import annotations

from math import pi
from typing import Any, TypeAlias

from phimath.dtype import BOOL
from phimath.errors import DTypeError
from phimath.table import OPERATIONS
from phimath.tensor import HOOKS, Tensor, apply

# Tensors, fields, boundaries, numbers: what comes out depends on what goes in, by priority.
Value: TypeAlias = Any


# --- rounding and sign ---


def abs(x: Value) -> Value:
    """Absolute value, real for complex numbers."""
    return apply(OPERATIONS["abs"], x)


def sign(x: Value) -> Value:
    """-1, 0 or 1; z/|z| for complex numbers."""
    return apply(OPERATIONS["sign"], x)


def round(x: Value) -> Value:
    """Nearest integer, halves to the even one; keeps the kind of the type."""
    return apply(OPERATIONS["round"], x)


def ceil(x: Value) -> Value:
    """Smallest integer that is not below; keeps the kind of the type."""
    return apply(OPERATIONS["ceil"], x)


def floor(x: Value) -> Value:
    """Largest integer that is not above; keeps the kind of the type."""
    return apply(OPERATIONS["floor"], x)


def maximum(x: Value, y: Value) -> Value:
    """Larger of two values, for real numbers."""
    return apply(OPERATIONS["maximum"], x, y)


def minimum(x: Value, y: Value) -> Value:
    """Smaller of two values, for real numbers."""
    return apply(OPERATIONS["minimum"], x, y)


def clip(x: Value, lower_limit: Value = 0, upper_limit: Value = 1) -> Value:
    """`x` where it lies between the limits, else the limit that it exceeds."""
    return minimum(maximum(x, lower_limit), upper_limit)


# --- powers and logarithms ---


def sqrt(x: Value) -> Value:
    """Square root."""
    return apply(OPERATIONS["sqrt"], x)


def safe_sqrt(x: Value) -> Value:
    """Square root, whose derivative at 0 is 0 instead of infinite."""
    return apply(OPERATIONS["safe_sqrt"], x)


def exp(x: Value) -> Value:
    """Exponential function."""
    return apply(OPERATIONS["exp"], x)


def expm1(x: Value) -> Value:
    """exp(x) - 1, exact for small x."""
    return apply(OPERATIONS["expm1"], x)


def log(x: Value) -> Value:
    """Natural logarithm."""
    return apply(OPERATIONS["log"], x)


def log1p(x: Value) -> Value:
    """log(1 + x), exact for small x."""
    return apply(OPERATIONS["log1p"], x)


def log2(x: Value) -> Value:
    """Logarithm to base 2."""
    return apply(OPERATIONS["log2"], x)


def log10(x: Value) -> Value:
    """Logarithm to base 10."""
    return apply(OPERATIONS["log10"], x)


# --- trigonometric and hyperbolic ---


def sin(x: Value) -> Value:
    """Sine of an angle in radians."""
    return apply(OPERATIONS["sin"], x)


def cos(x: Value) -> Value:
    """Cosine of an angle in radians."""
    return apply(OPERATIONS["cos"], x)


def tan(x: Value) -> Value:
    """Tangent of an angle in radians."""
    return apply(OPERATIONS["tan"], x)


def arcsin(x: Value) -> Value:
    """Angle between -π/2 and π/2 in radians whose sine is x."""
    return apply(OPERATIONS["arcsin"], x)


def arccos(x: Value) -> Value:
    """Angle between 0 and π in radians whose cosine is x."""
    return apply(OPERATIONS["arccos"], x)


def sinh(x: Value) -> Value:
    """Hyperbolic sine."""
    return apply(OPERATIONS["sinh"], x)


def cosh(x: Value) -> Value:
    """Hyperbolic cosine."""
    return apply(OPERATIONS["cosh"], x)


def tanh(x: Value) -> Value:
    """Hyperbolic tangent."""
    return apply(OPERATIONS["tanh"], x)


def arcsinh(x: Value) -> Value:
    """Inverse of `sinh`."""
    return apply(OPERATIONS["arcsinh"], x)


def arccosh(x: Value) -> Value:
    """Inverse of `cosh`, not negative."""
    return apply(OPERATIONS["arccosh"], x)


def arctanh(x: Value) -> Value:
    """Inverse of `tanh`."""
    return apply(OPERATIONS["arctanh"], x)


def arctan(x: Value, divide_by: Value = None) -> Value:
    """Angle in radians whose tangent is x, between -π/2 and π/2.

    divide_by: if given, the angle of the point at height `x` over position `divide_by` instead,
        between -π and π.
    """
    if divide_by is None:
        return apply(OPERATIONS["arctan"], x)
    return apply(OPERATIONS["arctan2"], x, divide_by)


def radians_to_degrees(rad: Value) -> Value:
    """Angle in degrees of an angle in radians."""
    return apply(OPERATIONS["multiply"], rad, 180 / pi)


def degrees_to_radians(deg: Value) -> Value:
    """Angle in radians of an angle in degrees."""
    return apply(OPERATIONS["multiply"], deg, pi / 180)


# --- special functions ---


def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-x)) without overflow."""
    return apply(OPERATIONS["sigmoid"], x)


def soft_plus(x: Value) -> Value:
    """log(1 + exp(x)) without overflow."""
    return apply(OPERATIONS["soft_plus"], x)


def erf(x: Value) -> Value:
    """Error function 2/√π ∫₀ˣ exp(-t²) dt."""
    return apply(OPERATIONS["erf"], x)


def log_gamma(x: Value) -> Value:
    """Logarithm of |Γ(x)|."""
    return apply(OPERATIONS["log_gamma"], x)


def factorial(x: Value) -> Value:
    """Γ(x + 1); an exact integer for integers up to 20, the last whose factorial fits into 64 bits.

    Cast larger integers to float first: they give 20! here.
    """
    if isinstance(x, bool | int):
        x = HOOKS["wrap"](x)
    if not isinstance(x, Tensor) or x.dtype.is_floating:
        return exp(log_gamma(apply(OPERATIONS["add"], x, 1)))
    result = where(x >= 2, 2, 1)
    for factor in range(3, 21):
        result = result * where(x >= factor, factor, 1)
    return result


def incomplete_gamma(a: Value, x: Value, *, upper: bool = False, regularized: bool = True) -> Value:
    """Incomplete gamma function ∫₀ˣ tᵃ⁻¹ exp(-t) dt, divided by Γ(a) if `regularized`.

    upper: integrate from x to infinity instead.
    """
    result = apply(OPERATIONS["incomplete_gamma"], a, x)
    if upper:
        result = apply(OPERATIONS["subtract"], 1, result)
    return result if regularized else result * exp(log_gamma(a))


# --- complex numbers ---


def real(x: Value) -> Value:
    """Real part."""
    return apply(OPERATIONS["real"], x)


def imag(x: Value) -> Value:
    """Imaginary part, 0 for real numbers."""
    return apply(OPERATIONS["imag"], x)


def conjugate(x: Value) -> Value:
    """Complex conjugate."""
    return apply(OPERATIONS["conjugate"], x)


def angle(x: Value) -> Value:
    """Phase of a complex number in radians; 0 or π for real ones."""
    return apply(OPERATIONS["angle"], x)


# --- tests ---


def is_finite(x: Value) -> Value:
    """Whether elements are neither infinite nor NaN."""
    return apply(OPERATIONS["is_finite"], x)


def is_nan(x: Value) -> Value:
    """Whether elements are NaN."""
    return apply(OPERATIONS["is_nan"], x)


def is_inf(x: Value) -> Value:
    """Whether elements are infinite, of either sign."""
    return apply(OPERATIONS["is_inf"], x)


# --- selections and guarded operations ---


def where(condition: Value, value_true: Value, value_false: Value) -> Value:
    """`value_true` where the condition holds, else `value_false`; all three may be numbers.

    Raises:
        DTypeError: the condition is not boolean.
    """
    dtype = condition.dtype if isinstance(condition, Tensor) else type(condition)
    if isinstance(condition, Tensor | int | float | complex) and dtype not in (BOOL, bool):
        raise DTypeError(
            f"where() chooses by a boolean condition, not by {dtype}. "
            "Compare first, e.g. where(x != 0, …)."
        )
    return apply(OPERATIONS["where"], condition, value_true, value_false)


def nan_to_0(x: Value) -> Value:
    """`x` with NaN replaced by 0."""
    return where(is_nan(x), 0, x)


def safe_div(x: Value, y: Value) -> Value:
    """`x / y`, and 0 wherever `y` is 0; derivatives are finite there too."""
    return apply(OPERATIONS["safe_div"], x, y)


def safe_mul(x: Value, y: Value) -> Value:
    """`x * y`, and 0 wherever `y` is 0, also where `x` is infinite or NaN."""
    is_zero = apply(OPERATIONS["equal"], y, 0)
    return apply(OPERATIONS["multiply"], where(is_zero, 0, x), y)


__all__ = [
    "abs",
    "sign",
    "round",
    "ceil",
    "floor",
    "maximum",
    "minimum",
    "clip",
    "sqrt",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
    "arctan",
    "radians_to_degrees",
    "degrees_to_radians",
    "sigmoid",
    "soft_plus",
    "erf",
    "log_gamma",
    "factorial",
    "incomplete_gamma",
    "real",
    "imag",
    "conjugate",
    "angle",
    "is_finite",
    "is_nan",
    "is_inf",
    "where",
    "nan_to_0",
    "safe_div",
    "safe_mul",
    "safe_sqrt",
]
