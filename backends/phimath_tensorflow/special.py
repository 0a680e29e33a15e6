"""Elementwise functions for which TensorFlow lacks an operation, or has one for some types only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from phimath_tensorflow.library import native, sizes_of, tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract.create import Number

_abs = native("Abs")
_abs_complex = native("ComplexAbs")
_add = native("AddV2")
_and = native("LogicalAnd")
_angle = native("Angle")
_cast = native("Cast")
_complex = native("Complex")
_conj = native("Conj")
_divide = native("RealDiv")
_divide_no_nan = native("DivNoNan")
_equal = native("Equal")
_fill = native("Fill")
_igamma = native("Igamma")
_imag = native("Imag")
_isfinite = native("IsFinite")
_isinf = native("IsInf")
_isnan = native("IsNan")
_less = native("Less")
_log = native("Log")
_neg = native("Neg")
_not_equal = native("NotEqual")
_or = native("LogicalOr")
_pow = native("Pow")
_real = native("Real")
_round = native("Round")
_select = native("SelectV2")
_sign = native("Sign")
_subtract = native("Sub")
_zeros_like = native("ZerosLike")


def on_floats(function: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
    """Apply a rounding `function` to floating numbers; integers are whole already."""

    def rounded(a: tf.Tensor) -> tf.Tensor:
        return a if a.dtype.is_integer else function(a)

    return rounded


def negative(a: tf.Tensor) -> tf.Tensor:
    """-a, which wraps around for unsigned integers."""
    dtype = a.dtype
    if not dtype.is_unsigned:
        return _neg(a)
    # Not 0 - a, which graphs are rewritten to an operation without a kernel for unsigned types.
    return _cast(_neg(_cast(a, tf.int64)), dtype)


def absolute(a: tf.Tensor) -> tf.Tensor:
    """|a|, real for complex numbers."""
    dtype = a.dtype
    if dtype.is_complex:
        return _abs_complex(a, dtype.real_dtype)
    return a if dtype.is_unsigned else _abs(a)


def sign(a: tf.Tensor) -> tf.Tensor:
    """-1, 0 or 1; z/|z| for complex numbers."""
    dtype = a.dtype
    if dtype.is_complex:  # TensorFlow's own has the derivative zero
        return _divide_no_nan(a, as_complex(absolute(a), dtype))
    return _cast(_not_equal(a, 0), dtype) if dtype.is_unsigned else _sign(a)


def as_complex(a: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Complex numbers from real ones.

    The derivative of TensorFlow's own conversion logs a warning that it drops an imaginary part.
    """
    part = a if a.dtype is dtype.real_dtype else _cast(a, dtype.real_dtype)
    return _complex(part, _zeros_like(part), dtype)


def conjugate(a: tf.Tensor) -> tf.Tensor:
    """Complex conjugate, of real numbers themselves."""
    return _conj(a) if a.dtype.is_complex else a


def real(a: tf.Tensor) -> tf.Tensor:
    """Real part, of real numbers themselves."""
    return _real(a, a.dtype.real_dtype) if a.dtype.is_complex else a


def imag(a: tf.Tensor) -> tf.Tensor:
    """Imaginary part, 0 for real numbers."""
    return _imag(a, a.dtype.real_dtype) if a.dtype.is_complex else _zeros_like(a)


def isfinite(a: tf.Tensor) -> tf.Tensor:
    """Whether neither NaN nor infinite."""
    dtype = a.dtype
    if dtype.is_complex:
        return _and(_isfinite(real(a)), _isfinite(imag(a)))
    return _isfinite(a) if dtype.is_floating else _fill(sizes_of(a), True)


def isnan(a: tf.Tensor) -> tf.Tensor:
    """Whether not a number."""
    return _either_part(_isnan, a)


def isinf(a: tf.Tensor) -> tf.Tensor:
    """Whether infinite."""
    return _either_part(_isinf, a)


def _either_part(test: Callable[[tf.Tensor], tf.Tensor], a: tf.Tensor) -> tf.Tensor:
    dtype = a.dtype
    if dtype.is_complex:
        return _or(test(real(a)), test(imag(a)))
    return test(a) if dtype.is_floating else _fill(sizes_of(a), False)


def log2(a: tf.Tensor) -> tf.Tensor:
    """Logarithm to base 2."""
    return _log_to_base(a, 2)


def log10(a: tf.Tensor) -> tf.Tensor:
    """Logarithm to base 10."""
    return _log_to_base(a, 10)


def _log_to_base(a: tf.Tensor, base: int) -> tf.Tensor:
    """Quotient of logarithms, without its rounding error where the result is a whole number."""
    quotient = _divide(_log(a), math.log(base))
    if a.dtype.is_complex:
        return quotient
    whole = _round(quotient)
    exact = _equal(_pow(_fill(sizes_of(a), _cast(base, a.dtype)), whole), a)
    # Infinity is whole and exact, but infinity - infinity is not zero.
    inexact = _and(exact, _not_equal(whole, quotient))
    correction = _select(inexact, _subtract(whole, quotient), _zeros_like(quotient))
    return _add(quotient, tf.stop_gradient(correction))


def power(a: tf.Tensor, b: tf.Tensor | Number) -> tf.Tensor:
    """`a` to the power of `b`; for unsigned integers by int64, which wraps to the same bits."""
    dtype = a.dtype
    if not dtype.is_unsigned:
        return _pow(a, b)
    exponent: Any = _cast(b, tf.int64) if isinstance(b, (tf.Tensor, tf.Variable)) else b
    return _cast(_pow(_cast(a, tf.int64), exponent), dtype)


def angle(a: tf.Tensor) -> tf.Tensor:
    """Phase in radians."""
    dtype = a.dtype
    if dtype.is_complex:
        return _angle(a, dtype.real_dtype)
    zero = _zeros_like(a)
    phase = _select(_less(a, 0), _add(zero, math.pi), zero)
    return _select(_isnan(a), a, phase)


def lower_incomplete_gamma(a: tf.Tensor, x: tf.Tensor | Number) -> tf.Tensor:
    """Regularised lower incomplete gamma function P(a, x); 16 bits are computed in 32."""
    if a.dtype is not tf.float16:
        return _igamma(a, x)
    wide: Any = _cast(x, tf.float32) if isinstance(x, (tf.Tensor, tf.Variable)) else x
    return _cast(_igamma(_cast(a, tf.float32), wide), tf.float16)
