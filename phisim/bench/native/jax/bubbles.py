"""Overlapping bubbles, in JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp

Arrays = list[jax.Array]


def energy(positions: Arrays, radii: jax.Array, size: float) -> jax.Array:
    """Half the sum of squared overlaps of all ordered pairs in a periodic box."""
    differences = [x - x[:, None] for x in positions]
    shortest = [d - size * jnp.floor(d / size + 0.5) for d in differences]
    distance = jnp.sqrt(jnp.maximum(jnp.asarray(sum(d * d for d in shortest)), 1e-8))
    overlap = 1 - distance / (radii + radii[:, None])
    touching = jnp.where((overlap >= 0) & (overlap < 1 - 2e-4), overlap, 0.0)
    return 0.5 * (touching * touching).sum()


def value_and_gradient(
    positions: Arrays, radii: jax.Array, size: float
) -> tuple[jax.Array, Arrays]:
    """By reverse mode."""
    return jax.value_and_grad(energy)(positions, radii, size)
