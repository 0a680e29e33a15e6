"""Topic `create` for JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import lax

from phimath.backend.contract.create import Create
from phimath_jax.compiled import compiled
from phimath_jax.convert import JaxConvert, place

if TYPE_CHECKING:
    import numpy as np

    from phimath.backend.contract.create import Number
    from phimath.dtype import DType


@compiled(1, 2)
def _full(value: Number, sizes: tuple[int, ...], native: np.dtype) -> jax.Array:
    return lax.full(sizes, value, native)


@compiled(0, 1, 2, 3)
def _arange(start: int, stop: int, step: int, native: np.dtype) -> jax.Array:
    return jnp.arange(start, stop, step, dtype=native)


class JaxCreate(JaxConvert, Create[jax.Array]):
    """New arrays by compiled functions."""

    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> jax.Array:
        """By `lax.full`; another value needs no other compiled program."""
        native = self.native_dtype(dtype)
        return place(_full(native.type(value), tuple(sizes), native), device)

    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> jax.Array:
        """By `jax.numpy.arange`."""
        return place(_arange(start, stop, step, self.native_dtype(dtype)), device)
