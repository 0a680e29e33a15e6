"""Topic `elementwise` on PyTorch: functions that act on each element, with native broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor

from phimath.backend.contract.elementwise import Elementwise
from phimath.backend.powers import has_own_rule, power_by_products, power_with_rule
from phimath.errors import ValueRangeError
from phimath_torch.convert import is_available

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract.create import Number


def _with_tensors(native: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Accept a number as the second operand of a function that takes tensors only."""

    def function(a: Tensor, b: Tensor | Number) -> Tensor:
        if not isinstance(b, Tensor):
            b = torch.full((), b, dtype=a.dtype, device=a.device)
        return native(a, b)

    function.__name__ = native.__name__
    return function


def _imag(a: Tensor) -> Tensor:
    return torch.imag(a) if a.is_complex() else torch.zeros_like(a)


def _power(a: Tensor, b: Tensor | Number) -> Tensor:
    integers = not (a.is_floating_point() or a.is_complex())
    if integers and not isinstance(b, (float, complex)):
        _require_non_negative(b)
    return torch.pow(a, b)


def _require_non_negative(exponent: Tensor | int) -> None:
    """Traced exponents pass: their values aren't known, and PyTorch gives 0 for negative ones."""
    if isinstance(exponent, Tensor):
        negative = is_available(exponent) and bool(torch.any(exponent < 0))
    else:
        negative = exponent < 0
    if negative:
        raise ValueRangeError(
            "An integer was raised to a negative integer power, which is no integer. "
            "Convert the base or the exponent to floating numbers first."
        )


_NATIVE_POWERS: Final = (2, 3, -1, -2, 0.5, -0.5)
"""Those that `torch.pow` computes in one pass without logarithms."""


class TorchElementwise(Elementwise[Tensor]):
    """The bare functions of PyTorch wherever they mean the same and accept a number."""

    negative = staticmethod(torch.neg)
    abs = staticmethod(torch.abs)
    sign = staticmethod(torch.sgn)
    floor = staticmethod(torch.floor)
    ceil = staticmethod(torch.ceil)
    round = staticmethod(torch.round)
    exp = staticmethod(torch.exp)
    expm1 = staticmethod(torch.expm1)
    log = staticmethod(torch.log)
    log2 = staticmethod(torch.log2)
    log10 = staticmethod(torch.log10)
    log1p = staticmethod(torch.log1p)
    sqrt = staticmethod(torch.sqrt)
    reciprocal = staticmethod(torch.reciprocal)
    sin = staticmethod(torch.sin)
    cos = staticmethod(torch.cos)
    tan = staticmethod(torch.tan)
    asin = staticmethod(torch.asin)
    acos = staticmethod(torch.acos)
    atan = staticmethod(torch.atan)
    sinh = staticmethod(torch.sinh)
    cosh = staticmethod(torch.cosh)
    tanh = staticmethod(torch.tanh)
    asinh = staticmethod(torch.asinh)
    acosh = staticmethod(torch.acosh)
    atanh = staticmethod(torch.atanh)
    conj = staticmethod(torch.conj)
    real = staticmethod(torch.real)
    imag = staticmethod(_imag)
    isfinite = staticmethod(torch.isfinite)
    isnan = staticmethod(torch.isnan)
    isinf = staticmethod(torch.isinf)
    logical_not = staticmethod(torch.logical_not)
    bitwise_invert = staticmethod(torch.bitwise_not)

    add = staticmethod(torch.add)
    subtract = staticmethod(torch.sub)
    multiply = staticmethod(torch.mul)
    divide = staticmethod(torch.div)
    floor_divide = staticmethod(torch.floor_divide)
    remainder = staticmethod(torch.remainder)
    pow = staticmethod(_power)
    maximum = staticmethod(_with_tensors(torch.maximum))
    minimum = staticmethod(_with_tensors(torch.minimum))
    atan2 = staticmethod(_with_tensors(torch.atan2))
    equal = staticmethod(torch.eq)
    not_equal = staticmethod(torch.ne)
    less = staticmethod(torch.lt)
    less_equal = staticmethod(torch.le)
    greater = staticmethod(torch.gt)
    greater_equal = staticmethod(torch.ge)
    logical_and = staticmethod(_with_tensors(torch.logical_and))
    logical_or = staticmethod(_with_tensors(torch.logical_or))
    logical_xor = staticmethod(_with_tensors(torch.logical_xor))
    bitwise_and = staticmethod(torch.bitwise_and)
    bitwise_or = staticmethod(torch.bitwise_or)
    bitwise_xor = staticmethod(torch.bitwise_xor)
    bitwise_left_shift = staticmethod(torch.bitwise_left_shift)
    bitwise_right_shift = staticmethod(torch.bitwise_right_shift)

    def function(self, name: str) -> Callable[..., Tensor]:
        """An attribute of this class, most of them bare functions of PyTorch."""
        return getattr(self, name)

    def where(self, condition: Tensor, true: Tensor, false: Tensor) -> Tensor:
        """By `where`."""
        return torch.where(condition, true, false)

    def power_of(self, a: Tensor, exponent: Number) -> Tensor:
        """One pass where PyTorch has it."""
        if exponent in _NATIVE_POWERS:
            return torch.pow(a, exponent)  # pyright: ignore[reportArgumentType]  # real
        if has_own_rule(exponent) and torch.is_grad_enabled() and a.requires_grad:
            backend: Any = self
            return power_with_rule(backend, a, exponent)
        return power_by_products(self.function, a, exponent)

    def safe_divide(self, a: Tensor, b: Tensor | Number) -> Tensor:
        """Without a detour where nothing is differentiated."""
        if not isinstance(b, Tensor):
            return a / b if b else torch.zeros_like(a)
        is_zero = b == 0
        if torch.is_grad_enabled() and (a.requires_grad or b.requires_grad):
            b = torch.where(is_zero, 1, b)
        return torch.where(is_zero, 0, torch.div(a, b))

    def safe_sqrt(self, a: Tensor) -> Tensor:
        """Without a detour where nothing is differentiated."""
        if not (torch.is_grad_enabled() and a.requires_grad):
            return torch.sqrt(a)
        is_zero = a == 0
        return torch.where(is_zero, 0, torch.sqrt(torch.where(is_zero, 1, a)))

    def angle(self, a: Tensor) -> Tensor:
        """By `angle`."""
        return torch.angle(a)

    def sigmoid(self, a: Tensor) -> Tensor:
        """By `sigmoid`."""
        return torch.sigmoid(a)

    def softplus(self, a: Tensor) -> Tensor:
        """By `softplus`."""
        # Linear from 40 on, where exp(-40) vanishes in float64; the default of 20 is off by 2e-9.
        return torch.nn.functional.softplus(a, threshold=40)

    def erf(self, a: Tensor) -> Tensor:
        """By `erf`."""
        return torch.erf(a)

    def log_gamma(self, a: Tensor) -> Tensor:
        """By `lgamma`."""
        return torch.lgamma(a)

    def lower_incomplete_gamma(self, a: Tensor, x: Tensor | Number) -> Tensor:
        """Differentiable in `x` only."""
        return _with_tensors(torch.special.gammainc)(a, x)
