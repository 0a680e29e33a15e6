"""Topic `index` for JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import jax
import jax.numpy as jnp

from phimath.backend.contract.index import Index
from phimath_jax.compiled import compiled

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode

_IN_BOUNDS = "promise_in_bounds"
_METHODS = {"update": "set", "add": "add", "min": "min", "max": "max"}


@compiled(2)
def _take(a: jax.Array, indices: jax.Array, axis: int) -> jax.Array:
    return a.at[(slice(None),) * axis + (indices,)].get(mode=_IN_BOUNDS)


@compiled()
def _gather(a: jax.Array, indices: jax.Array) -> jax.Array:
    return jax.vmap(lambda rows, at: rows.at[at].get(mode=_IN_BOUNDS))(a, indices)


@compiled(3)
def _scatter(base: jax.Array, indices: jax.Array, values: jax.Array, method: str) -> jax.Array:
    def write(rows: jax.Array, at: jax.Array, new: jax.Array) -> jax.Array:
        return getattr(rows.at[at], method)(new, mode=_IN_BOUNDS)

    return jax.vmap(write)(base, indices, values)


@compiled(2)
def _searchsorted(sorted_values: jax.Array, values: jax.Array, side: str) -> jax.Array:
    return jnp.searchsorted(sorted_values, values, side=side).astype(jnp.int64)


class JaxIndex(Index[jax.Array]):
    """Indices are promised to be in range, which spares the compiled program the tests."""

    def take(self, a: jax.Array, indices: jax.Array, axis: int) -> jax.Array:
        """By indexing."""
        return _take(a, indices, axis)

    def gather(self, a: jax.Array, indices: jax.Array) -> jax.Array:
        """By indexing, vectorised over the batch."""
        return _gather(a, indices)

    def scatter(
        self, base: jax.Array, indices: jax.Array, values: jax.Array, mode: ScatterMode
    ) -> jax.Array:
        """By `at`, vectorised over the batch."""
        return _scatter(base, indices, values, _METHODS[mode])

    def nonzero(self, mask: jax.Array) -> jax.Array:
        """By `jax.numpy.argwhere`; it can't be traced, as the count is a size."""
        return jnp.argwhere(mask).astype(jnp.int64)

    def boolean_mask(self, a: jax.Array, mask: jax.Array, axis: int) -> jax.Array:
        """By `jax.numpy.compress`; it can't be traced, as the count is a size."""
        return jnp.compress(mask, a, axis)

    def searchsorted(
        self, sorted_values: jax.Array, values: jax.Array, side: Literal["left", "right"]
    ) -> jax.Array:
        """By `jax.numpy.searchsorted`."""
        return _searchsorted(sorted_values, values, side)
