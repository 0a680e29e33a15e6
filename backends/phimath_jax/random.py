"""Topic `random` for JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32

from phimath.backend.contract.random import MASK, Random
from phimath_jax.compiled import compiled
from phimath_jax.convert import place


@compiled(1)
def _random_bits(key: np.ndarray | jax.Array, count: int) -> jax.Array:
    first = jnp.arange((count + 1) // 2, dtype=jnp.uint32)
    # JAX encrypts the first half of the counters together with the second half.
    words = threefry_2x32(key, jnp.concatenate([first, jnp.zeros_like(first)]))
    return words.reshape((2, -1)).T.reshape(-1)[:count].astype(jnp.int64)


class JaxRandom(Random[jax.Array]):
    """JAX's own generator is the contract's, with kernels for GPUs."""

    def random_bits(
        self, key: tuple[int, int] | jax.Array, count: int, device: str | None = None
    ) -> jax.Array:
        """By `jax.extend.random.threefry_2x32`."""
        if not isinstance(key, tuple):
            return place(_random_bits(key.astype(jnp.uint32), count), device)
        return place(_random_bits(np.array(key, np.uint32), count), device)

    def random_key(self, seed: jax.Array, number: jax.Array) -> jax.Array:
        """By `jax.extend.random.threefry_2x32`."""
        counter = jnp.stack([number & MASK, number >> 32]).astype(jnp.uint32)
        return threefry_2x32(seed.astype(jnp.uint32), counter).astype(jnp.int64)
