"""Topic `elementwise`: functions that act on each element, with native broadcasting.

The names are those of the Array API standard where it has one.  Operands have been cast to one
common type that the function is defined for; from the second operand on, a Python number may stand
for an array.  `phimath.table` refers to these names.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from phimath.backend.powers import power_by_products

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract.create import Number

A = TypeVar("A")

UNARY = (
    "negative abs sign floor ceil round exp expm1 log log2 log10 log1p sqrt reciprocal sin cos "
    "tan asin acos atan sinh cosh tanh asinh acosh atanh conj real imag isfinite isnan isinf "
    "logical_not bitwise_invert"
).split()
BINARY = (
    "add subtract multiply divide floor_divide remainder pow maximum minimum atan2 equal not_equal "
    "less "
    "less_equal greater greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or "
    "bitwise_xor "
    "bitwise_left_shift bitwise_right_shift"
).split()
DERIVED = (
    "safe_divide safe_sqrt angle sigmoid softplus erf log_gamma lower_incomplete_gamma".split()
)


class Elementwise(ABC, Generic[A]):
    """Elementwise functions.

    Every name in `UNARY` and `BINARY` must exist as an attribute that takes one or two arrays; a
    subclass that lacks one can't be instantiated unless it declares it in `unsupported`.
    `bitwise_right_shift` is arithmetic; `round` rounds half to even; `sign` of a complex number is
    z/|z|; `remainder` has the sign of the divisor; integers are never divided by `divide`.
    """

    @abstractmethod
    def function(self, name: str) -> Callable[..., A]:
        """The fastest callable for the elementwise function `name`; looked up once per plan."""

    @abstractmethod
    def where(self, condition: A, true: A, false: A) -> A:
        """`true` where the condition holds, `false` elsewhere."""

    def power_of(self, a: A, exponent: Number) -> A:
        """`a` to a constant power; of integers, not to a negative one."""
        return power_by_products(self.function, a, exponent)

    @abstractmethod
    def safe_divide(self, a: A, b: A | Number) -> A:
        """`a` / `b`, and 0 wherever `b` is 0, with the derivatives of the constant 0 there."""

    @abstractmethod
    def safe_sqrt(self, a: A) -> A:
        """Square root, whose derivative at 0 is 0."""

    @abstractmethod
    def angle(self, a: A) -> A:
        """Phase of complex numbers in radians; 0 or π for real ones."""

    @abstractmethod
    def sigmoid(self, a: A) -> A:
        """1 / (1 + exp(-a)) without overflow."""

    @abstractmethod
    def softplus(self, a: A) -> A:
        """log(1 + exp(a)) without overflow."""

    @abstractmethod
    def erf(self, a: A) -> A:
        """Error function."""

    @abstractmethod
    def log_gamma(self, a: A) -> A:
        """Logarithm of |Γ(a)|."""

    @abstractmethod
    def lower_incomplete_gamma(self, a: A, x: A | Number) -> A:
        """Regularised lower incomplete gamma function P(a, x)."""
