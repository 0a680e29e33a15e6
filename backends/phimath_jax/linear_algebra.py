"""Topic `linear_algebra` for JAX."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from phimath.backend.array_api.linear_algebra import ArrayApiLinearAlgebra
from phimath_jax.compiled import compiled

# GPUs would round the factors to 10 bits otherwise.
_EXACT = lax.Precision.HIGHEST


_matmul = partial(jnp.matmul, precision=_EXACT)


@compiled(0)
def _einsum(subscripts: str, *arrays: jax.Array) -> jax.Array:
    return jnp.einsum(subscripts, *arrays, precision=_EXACT)


class JaxLinearAlgebra(ArrayApiLinearAlgebra[jax.Array]):
    """Products in full precision; decompositions are the generic ones."""

    matmul = staticmethod(_matmul)  # pyright: ignore[reportAssignmentType]
    einsum = staticmethod(_einsum)  # pyright: ignore[reportAssignmentType]
