"""Diffusion over many steps, in JAX."""

from __future__ import annotations

from functools import partial
from math import isqrt
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import lax

if TYPE_CHECKING:
    from collections.abc import Callable


@partial(jax.jit, static_argnames="steps")
def final(values: jax.Array, rate: float, steps: int) -> jax.Array:
    """Values after explicit steps on a periodic grid; rate = ν dt / dx²."""
    return lax.fori_loop(0, steps, lambda _, state: _step(state, rate), values)


@partial(jax.jit, static_argnames="steps")
def gradient(values: jax.Array, rate: float, steps: int) -> jax.Array:
    """Of half the sum of squares at the end; keeps the state before each of about √n segments."""
    length = isqrt(steps)
    segments, rest = divmod(steps, length)

    @jax.checkpoint
    def segment(state: jax.Array) -> jax.Array:
        return _scan(lambda inner: _step(inner, rate), state, length)

    def loss(state: jax.Array) -> jax.Array:
        state = _scan(segment, state, segments)
        state = _scan(lambda inner: _step(inner, rate), state, rest)
        return 0.5 * jnp.sum(state * state)

    return jax.grad(loss)(values)


def _scan(step: Callable[[jax.Array], jax.Array], state: jax.Array, count: int) -> jax.Array:
    return lax.scan(lambda inner, _: (step(inner), None), state, None, length=count)[0]


def _step(u: jax.Array, rate: float) -> jax.Array:
    neighbours = jnp.roll(u, 1, 0) + jnp.roll(u, -1, 0) + jnp.roll(u, 1, 1) + jnp.roll(u, -1, 1)
    return u + rate * (neighbours - 4 * u)
