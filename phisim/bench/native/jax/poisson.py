"""Poisson problems, in JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax.scipy.sparse.linalg import cg

if TYPE_CHECKING:
    from collections.abc import Callable

Arrays = list[jax.Array]

_MOST_ITERATIONS = 20_000


def solver(wraps: tuple[bool, ...], tolerance: float) -> Callable[[Arrays, jax.Array], jax.Array]:
    """Conjugate gradients without preconditioner for weights on n + 1 faces per axis, and b.

    wraps: Per axis, whether it is periodic.  Beyond other sides the unknown is zero.
    """

    def solve(weights: Arrays, b: jax.Array) -> jax.Array:
        x, _ = cg(lambda u: _outflow(u, weights, wraps), b, tol=tolerance, maxiter=_MOST_ITERATIONS)
        return x

    return solve


def _outflow(u: jax.Array, weights: Arrays, wraps: tuple[bool, ...]) -> jax.Array:
    total = jnp.zeros_like(u)
    for axis, (weight, repeats) in enumerate(zip(weights, wraps, strict=True)):
        widths = [(int(axis == i),) * 2 for i in range(u.ndim)]
        padded = jnp.pad(u, widths, mode="wrap" if repeats else "constant")
        total -= jnp.diff(weight * jnp.diff(padded, axis=axis), axis=axis)
    return total
