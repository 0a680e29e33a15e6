# pyright: reportAssignmentType=false
"""Topic `elementwise` for JAX: compiled functions of `jax.numpy`; others are compiled here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy import special

from phimath.backend.array_api.elementwise import ArrayApiElementwise
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


class JaxElementwise(ArrayApiElementwise[jax.Array]):
    """Compiled functions are twice as fast as those of `jax.lax`: 4 instead of 8 µs per sum."""

    conj = staticmethod(_conj)
    real = staticmethod(jnp.real)
    imag = staticmethod(jnp.imag)
    round = staticmethod(_round)
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
