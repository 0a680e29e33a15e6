"""Powers with a constant exponent, from products, roots and reciprocals.

Measured on 10⁶ float32 numbers with NumPy: x³ 0.23 ms instead of 1.15, x^-1.5 0.75 instead of 1.18;
with PyTorch x^-1.5 0.75 instead of 7.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.backend.contract.create import Number

A = TypeVar("A")

LARGEST: Final = 16
"""Largest size of an exponent: rounding errors grow with the number of factors."""


def is_product(exponent: Number) -> bool:
    """Whether the exponent is a small integer or half-integer other than 0."""
    if isinstance(exponent, bool | complex):
        return False
    return 0 < abs(exponent) <= LARGEST and 2 * exponent % 1 == 0


def has_own_rule(exponent: Number) -> bool:
    """Whether the derivative of the product at 0 is none of the power: ∞ · 0 for x √x."""
    return is_product(exponent) and exponent % 1 == 0.5 and exponent > 1  # type: ignore[operator]


def power_by_products(function: Callable[[str], Callable[..., A]], a: A, exponent: Number) -> A:
    """`a` to a power; other exponents by the function `pow`.

    Reciprocals come first: the derivative of 1 / xⁿ holds xⁿ squared, that of (1 / x)ⁿ doesn't.
    """
    if not is_product(exponent):
        return function("pow")(a, exponent)
    count, is_half = divmod(int(2 * abs(exponent)), 2)  # type: ignore[arg-type]  # real
    root = function("sqrt")(a) if is_half else None
    if exponent < 0:  # type: ignore[operator]  # real
        invert = function("reciprocal")
        if root is not None:  # of the root alone: (1/√x)ⁿ has no other intermediate results
            return _integer_power(function, invert(root), 2 * count + 1)
        return _integer_power(function, invert(a), count)
    if root is None:
        return _integer_power(function, a, count)
    return root if not count else function("multiply")(_integer_power(function, a, count), root)


def _integer_power(function: Callable[[str], Callable[..., A]], a: A, exponent: int) -> A:
    """By repeated squaring, from the leading bit."""
    multiply = function("multiply")
    result = a
    for bit in bin(exponent)[3:]:
        result = multiply(result, result)
        if bit == "1":
            result = multiply(result, a)
    return result


def power_with_rule(backend: Backend[A], a: A, exponent: Number) -> A:
    """A power as a function of its own to the framework's derivatives."""

    def slope(base: A, result: A) -> A:
        lower = backend.power_of(base, exponent - 1)  # type: ignore[operator]  # real
        return backend.function("multiply")(lower, exponent)

    def power(base: A) -> A:
        return power_by_products(backend.function, base, exponent)

    return _with_slope(backend, power, slope, a)


def safe_sqrt_with_rule(backend: Backend[A], a: A) -> A:
    """A root as a function of its own to the framework's derivatives, which is 0 at 0."""

    def slope(square: A, root: A) -> A:
        dtype, device = backend.dtype(root), backend.device(root)
        zero, one = (backend.full((), number, dtype, device) for number in (0, 1))
        is_zero = backend.function("equal")(root, 0)
        inverse = backend.function("reciprocal")(backend.where(is_zero, one, root))
        return backend.function("multiply")(backend.where(is_zero, zero, inverse), 0.5)

    return _with_slope(backend, backend.function("sqrt"), slope, a)


def _with_slope(
    backend: Backend[A], function: Callable[[A], A], slope: Callable[[A, A], A], a: A
) -> A:
    """`function(a)`, with the derivative `slope(a, function(a))`."""

    def backward(
        inputs: tuple[A, ...], outputs: tuple[A, ...], cotangents: tuple[A | None, ...]
    ) -> tuple[A | None, ...]:
        cotangent = cotangents[0]
        if cotangent is None:
            return (None,)
        conjugate = backend.function("conj")(slope(inputs[0], outputs[0]))
        return (backend.function("multiply")(cotangent, conjugate),)

    return backend.custom_gradient(lambda base: (function(base),), backward, (a,))[0]
