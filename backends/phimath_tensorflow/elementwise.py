"""Topic `elementwise` on TensorFlow: functions that act on each element, with native broadcasting.

Bare operations where they mean the same for all types, else those of `special`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from phimath.backend.contract.elementwise import Elementwise
from phimath.backend.powers import (
    has_own_rule,
    power_by_products,
    power_with_rule,
    safe_sqrt_with_rule,
)
from phimath_tensorflow import special
from phimath_tensorflow.library import native, tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract.create import Number

_executing_eagerly: Final = tf.executing_eagerly
_ones_like: Final = native("OnesLike")
_zeros_like: Final = native("ZerosLike")


class TensorFlowElementwise(Elementwise[tf.Tensor]):
    """One bare operation each, unless types or accuracy demand more."""

    negative = staticmethod(special.negative)
    abs = staticmethod(special.absolute)
    sign = staticmethod(special.sign)
    floor = staticmethod(special.on_floats(native("Floor")))
    ceil = staticmethod(special.on_floats(native("Ceil")))
    round = staticmethod(special.on_floats(native("Round")))
    exp = staticmethod(native("Exp"))
    expm1 = staticmethod(native("Expm1"))
    log = staticmethod(native("Log"))
    log2 = staticmethod(special.log2)
    log10 = staticmethod(special.log10)
    log1p = staticmethod(native("Log1p"))
    sqrt = staticmethod(native("Sqrt"))
    reciprocal = staticmethod(native("Reciprocal"))
    sin = staticmethod(native("Sin"))
    cos = staticmethod(native("Cos"))
    tan = staticmethod(native("Tan"))
    asin = staticmethod(native("Asin"))
    acos = staticmethod(native("Acos"))
    atan = staticmethod(native("Atan"))
    sinh = staticmethod(native("Sinh"))
    cosh = staticmethod(native("Cosh"))
    tanh = staticmethod(native("Tanh"))
    asinh = staticmethod(native("Asinh"))
    acosh = staticmethod(native("Acosh"))
    atanh = staticmethod(native("Atanh"))
    conj = staticmethod(special.conjugate)
    real = staticmethod(special.real)
    imag = staticmethod(special.imag)
    isfinite = staticmethod(special.isfinite)
    isnan = staticmethod(special.isnan)
    isinf = staticmethod(special.isinf)
    logical_not = staticmethod(native("LogicalNot"))
    bitwise_invert = staticmethod(native("Invert"))

    add = staticmethod(native("AddV2"))
    subtract = staticmethod(native("Sub"))
    multiply = staticmethod(native("Mul"))
    divide = staticmethod(native("RealDiv"))
    floor_divide = staticmethod(native("FloorDiv"))
    remainder = staticmethod(native("FloorMod"))
    pow = staticmethod(special.power)
    maximum = staticmethod(native("Maximum"))
    minimum = staticmethod(native("Minimum"))
    atan2 = staticmethod(native("Atan2"))
    equal = staticmethod(native("Equal"))
    not_equal = staticmethod(native("NotEqual"))
    less = staticmethod(native("Less"))
    less_equal = staticmethod(native("LessEqual"))
    greater = staticmethod(native("Greater"))
    greater_equal = staticmethod(native("GreaterEqual"))
    logical_and = staticmethod(native("LogicalAnd"))
    logical_or = staticmethod(native("LogicalOr"))
    logical_xor = staticmethod(native("NotEqual"))
    bitwise_and = staticmethod(native("BitwiseAnd"))
    bitwise_or = staticmethod(native("BitwiseOr"))
    bitwise_xor = staticmethod(native("BitwiseXor"))
    bitwise_left_shift = staticmethod(native("LeftShift"))
    bitwise_right_shift = staticmethod(native("RightShift"))

    _safe_divide = staticmethod(native("DivNoNan"))
    _select = staticmethod(native("SelectV2"))
    _sigmoid = staticmethod(native("Sigmoid"))
    _softplus = staticmethod(native("Softplus"))
    _erf = staticmethod(native("Erf"))
    _log_gamma = staticmethod(native("Lgamma"))

    def function(self, name: str) -> Callable[..., tf.Tensor]:
        return getattr(self, name)

    def where(self, condition: tf.Tensor, true: tf.Tensor, false: tf.Tensor) -> tf.Tensor:
        return self._select(condition, true, false)

    def power_of(self, a: tf.Tensor, exponent: Number) -> tf.Tensor:
        """With a derivative of its own in graphs only, as making one takes longer than a power."""
        if not has_own_rule(exponent):
            return power_by_products(self.function, a, exponent)
        if _executing_eagerly():
            return self.pow(a, exponent)
        backend: Any = self
        return power_with_rule(backend, a, exponent)

    def safe_divide(self, a: tf.Tensor, b: tf.Tensor | Number) -> tf.Tensor:
        return self._safe_divide(a, b)

    def safe_sqrt(self, a: tf.Tensor) -> tf.Tensor:
        """With a derivative of its own in graphs only."""
        if not _executing_eagerly():
            backend: Any = self
            return safe_sqrt_with_rule(backend, a)
        is_zero = self.equal(a, 0)
        root = self.sqrt(self._select(is_zero, _ones_like(a), a))
        return self._select(is_zero, _zeros_like(a), root)

    def angle(self, a: tf.Tensor) -> tf.Tensor:
        return special.angle(a)

    def sigmoid(self, a: tf.Tensor) -> tf.Tensor:
        return self._sigmoid(a)

    def softplus(self, a: tf.Tensor) -> tf.Tensor:
        return self._softplus(a)

    def erf(self, a: tf.Tensor) -> tf.Tensor:
        return self._erf(a)

    def log_gamma(self, a: tf.Tensor) -> tf.Tensor:
        return self._log_gamma(a)

    def lower_incomplete_gamma(self, a: tf.Tensor, x: tf.Tensor | Number) -> tf.Tensor:
        return special.lower_incomplete_gamma(a, x)
