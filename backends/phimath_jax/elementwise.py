# pyright: reportAssignmentType=false
"""Topic `elementwise` for JAX: compiled functions of `jax.numpy`; others are compiled here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from phimath.backend.array_api.elementwise import ArrayApiElementwise
from phimath.backend.powers import is_product, power_by_products
from phimath_jax.compiled import compiled

if TYPE_CHECKING:
    from phimath.backend.contract.create import Number


@compiled()
def _conj(a: jax.Array) -> jax.Array:
    return jnp.conj(a)


@compiled()
def _round(a: jax.Array) -> jax.Array:
    return jnp.round(a)


@compiled()
def _angle(a: jax.Array) -> jax.Array:
    # `jnp.angle` makes a 64-bit number of a 32-bit one without axes.
    return jnp.arctan2(jnp.imag(a), jnp.real(a))


@compiled()
def _softplus(a: jax.Array) -> jax.Array:
    return jax.nn.softplus(a)


@compiled()
def _erf(a: jax.Array) -> jax.Array:
    return lax.erf(a)


@compiled()
def _log_gamma(a: jax.Array) -> jax.Array:
    return lax.lgamma(a)


@compiled()
def _gammainc(a: jax.Array, x: jax.Array | Number) -> jax.Array:
    return special.gammainc(a, jnp.asarray(x, a.dtype))


@jax.custom_jvp
def _safe_sqrt(a: jax.Array) -> jax.Array:
    return jnp.sqrt(a)


@_safe_sqrt.defjvp
def _(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    root = _safe_sqrt(primals[0])
    is_zero = root == 0
    slope = jnp.where(is_zero, 0, 0.5 / jnp.where(is_zero, 1, root))
    return root, slope * tangents[0]


@jax.custom_jvp
def _safe_divide(a: jax.Array, b: jax.Array) -> jax.Array:
    quotient = a / b
    return jnp.where(b == 0, jnp.zeros_like(quotient), quotient)


@_safe_divide.defjvp
def _(
    primals: tuple[jax.Array, jax.Array], tangents: tuple[jax.Array, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    quotient, b = _safe_divide(*primals), primals[1]
    is_zero = b == 0
    inverse = jnp.where(is_zero, 0, 1 / jnp.where(is_zero, 1, b))
    return quotient, (tangents[0] - quotient * tangents[1]) * inverse


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _power(a: jax.Array, exponent: float) -> jax.Array:
    return power_by_products(_FUNCTIONS.__getitem__, a, exponent)


@_power.defjvp
def _(
    exponent: float, primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    (a,) = primals
    return _power(a, exponent), exponent * _power(a, exponent - 1) * tangents[0]


_FUNCTIONS: Final = {
    "multiply": jnp.multiply, "sqrt": jnp.sqrt, "reciprocal": jnp.reciprocal, "pow": jnp.power,
}  # fmt: skip


@compiled()
def _safe_quotient(a: jax.Array, b: jax.Array | Number) -> jax.Array:
    return _safe_divide(a, jnp.asarray(b, a.dtype))


@compiled(1)
def _product(a: jax.Array, exponent: Number) -> jax.Array:
    return _power(a, exponent)


class JaxElementwise(ArrayApiElementwise[jax.Array]):
    """Compiled functions are twice as fast as those of `jax.lax`: 4 instead of 8 µs per sum."""

    conj = staticmethod(_conj)
    real = staticmethod(jnp.real)
    imag = staticmethod(jnp.imag)
    round = staticmethod(_round)
    safe_divide = staticmethod(_safe_quotient)
    safe_sqrt = staticmethod(compiled()(_safe_sqrt))
    isfinite = staticmethod(jnp.isfinite)
    isnan = staticmethod(jnp.isnan)
    isinf = staticmethod(jnp.isinf)
    where = staticmethod(jnp.where)
    angle = staticmethod(_angle)
    sigmoid = staticmethod(jax.nn.sigmoid)
    softplus = staticmethod(_softplus)
    erf = staticmethod(_erf)
    log_gamma = staticmethod(_log_gamma)
    lower_incomplete_gamma = staticmethod(_gammainc)

    def power_of(self, a: jax.Array, exponent: Number) -> jax.Array:
        """A program per exponent, if it is one of a few."""
        return _product(a, exponent) if is_product(exponent) else jnp.power(a, exponent)
