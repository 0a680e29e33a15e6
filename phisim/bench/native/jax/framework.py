"""JAX's arrays and compiler."""

from __future__ import annotations

from contextlib import nullcontext as single_threaded
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

__all__ = ["array", "compiled", "single_threaded", "synchronize"]


def array(values: np.ndarray) -> jax.Array:
    """On the default device."""
    return jnp.asarray(values)


def synchronize(result: Any) -> None:
    """Wait for the computation, which JAX leaves running."""
    jax.block_until_ready(result)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """By XLA."""
    return jax.jit(function)
