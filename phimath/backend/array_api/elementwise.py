"""Topic `elementwise` over an Array API namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from phimath.backend.array_api import special
from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.contract.elementwise import BINARY, UNARY, Elementwise
from phimath.backend.support import unsupported_method

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.backend.contract.create import Number

A = TypeVar("A")


def bind_functions(backend_class: type, xp: Any, generic: type) -> None:
    """Make the standard's functions attributes of a backend's class, which spares a wrapper.

    What the class, or a class between it and the `generic` one, defines itself is kept.
    """
    for name in (*UNARY, *BINARY):
        own = getattr(backend_class, name, None)
        if own is getattr(generic, name, None) and name not in KEPT and hasattr(xp, name):
            setattr(backend_class, name, staticmethod(getattr(xp, name)))


# The standard defines these for complex numbers, or for numbers, only.
KEPT = ("conj", "real", "imag", "isfinite", "isnan", "isinf")


class ArrayApiElementwise(ArrayApiConvert[A], Elementwise[A]):
    """The standard's functions as they are; those that it lacks are composed from these."""

    def function(self, name: str) -> Callable[..., A]:
        """The namespace's own function wherever it has one."""
        found = getattr(self, name, None)
        if found is None:
            backend: Any = self
            raise unsupported_method(backend, name)
        return found

    def _is_complex(self, a: A) -> bool:
        return self.dtype(a).kind == "complex"

    def _is_number(self, a: A) -> bool:
        return self.dtype(a).is_numeric

    def conj(self, a: A) -> A:
        """Complex conjugate."""
        return self.xp.conj(a) if self._is_complex(a) else a

    def real(self, a: A) -> A:
        """Real part."""
        return self.xp.real(a) if self._is_complex(a) else a

    def imag(self, a: A) -> A:
        """Imaginary part, zeros for real numbers."""
        return self.xp.imag(a) if self._is_complex(a) else self.xp.zeros_like(a)

    def isfinite(self, a: A) -> A:
        """True for booleans."""
        return self.xp.isfinite(a) if self._is_number(a) else self.xp.ones_like(a)

    def isnan(self, a: A) -> A:
        """False for booleans."""
        return self.xp.isnan(a) if self._is_number(a) else self.xp.zeros_like(a)

    def isinf(self, a: A) -> A:
        """False for booleans."""
        return self.xp.isinf(a) if self._is_number(a) else self.xp.zeros_like(a)

    def where(self, condition: A, true: A, false: A) -> A:
        """By `where`."""
        return self.xp.where(condition, true, false)

    def safe_divide(self, a: A, b: A | Number) -> A:
        """Zeros are divided by 1, because some namespaces warn of divisions by 0."""
        xp = self.xp
        if isinstance(b, bool | int | float | complex):
            return xp.divide(a, b) if b else xp.zeros_like(a)
        is_zero = xp.equal(b, 0)
        quotient = xp.divide(a, xp.where(is_zero, xp.ones_like(b), b))
        return xp.where(is_zero, xp.zeros_like(quotient), quotient)

    def safe_sqrt(self, a: A) -> A:
        """By `sqrt`: a bare namespace has no derivatives."""
        return self.xp.sqrt(a)

    def angle(self, a: A) -> A:
        """By `atan2`."""
        return self.xp.atan2(self.imag(a), self.real(a))

    def sigmoid(self, a: A) -> A:
        """With the exponential of negative numbers only."""
        xp = self.xp
        small = xp.exp(-xp.abs(a))
        return xp.where(xp.greater_equal(a, 0), 1 / (1 + small), small / (1 + small))

    def softplus(self, a: A) -> A:
        """With the exponential of negative numbers only."""
        xp = self.xp
        return xp.log1p(xp.exp(-xp.abs(a))) + xp.maximum(a, 0.0)

    def erf(self, a: A) -> A:
        """By the incomplete gamma function."""
        return special.erf(self.xp, a)

    def log_gamma(self, a: A) -> A:
        """By Lanczos' approximation."""
        return special.log_gamma(self.xp, a)

    def lower_incomplete_gamma(self, a: A, x: A | Number) -> A:
        """By a series for small x and a continued fraction for large x."""
        backend: Backend[A] = self  # pyright: ignore[reportAssignmentType]
        number = isinstance(x, bool | int | float | complex)
        argument = backend.full((), x, self.dtype(a)) if number else x
        return special.lower_incomplete_gamma(self.xp, a, argument)
