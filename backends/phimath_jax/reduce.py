"""Topic `reduce` for JAX: compiled functions, in half the time of those of `jax.lax`."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from phimath.backend.contract.reduce import Reduce
from phimath_jax.compiled import compiled


@compiled(1)
def _argmax(a: jax.Array, axis: int) -> jax.Array:
    return jnp.argmax(a, axis).astype(jnp.int64)


@compiled(1)
def _argmin(a: jax.Array, axis: int) -> jax.Array:
    return jnp.argmin(a, axis).astype(jnp.int64)


@compiled(1)
def _argsort(a: jax.Array, axis: int) -> jax.Array:
    return jnp.argsort(a, axis, stable=True).astype(jnp.int64)


class JaxReduce(Reduce[jax.Array]):
    """The type of the result is passed because JAX widens small integers."""

    def sum(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.sum`."""
        return jnp.sum(a, axes, a.dtype)

    def prod(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.prod`."""
        return jnp.prod(a, axes, a.dtype)

    def mean(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.mean`."""
        return jnp.mean(a, axes, a.dtype)

    def max(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.max`."""
        return jnp.max(a, axes)

    def min(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.min`."""
        return jnp.min(a, axes)

    def any(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.any`."""
        return jnp.any(a, axes)

    def all(self, a: jax.Array, axes: tuple[int, ...]) -> jax.Array:
        """By `jax.numpy.all`."""
        return jnp.all(a, axes)

    def argmax(self, a: jax.Array, axis: int) -> jax.Array:
        """By `jax.numpy.argmax`."""
        return _argmax(a, axis)

    def argmin(self, a: jax.Array, axis: int) -> jax.Array:
        """By `jax.numpy.argmin`."""
        return _argmin(a, axis)

    def cumulative_sum(self, a: jax.Array, axis: int) -> jax.Array:
        """By `jax.numpy.cumsum`."""
        return jnp.cumsum(a, axis, a.dtype)

    def sort(self, a: jax.Array, axis: int) -> jax.Array:
        """By `jax.numpy.sort`."""
        return jnp.sort(a, axis)

    def argsort(self, a: jax.Array, axis: int) -> jax.Array:
        """By `jax.numpy.argsort`."""
        return _argsort(a, axis)
