"""The JAX backend, joined from its topics."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from phimath.backend.array_api import ArrayApiBackend
from phimath_jax.arrange import JaxArrange
from phimath_jax.compile import JaxCompile
from phimath_jax.create import JaxCreate
from phimath_jax.elementwise import JaxElementwise
from phimath_jax.gradient import JaxGradient
from phimath_jax.host import JaxHost
from phimath_jax.index import JaxIndex
from phimath_jax.linear_algebra import JaxLinearAlgebra
from phimath_jax.loop import JaxLoop
from phimath_jax.random import JaxRandom
from phimath_jax.reduce import JaxReduce
from phimath_jax.sparse import JaxSparse


class JaxBackend(
    JaxCreate,
    JaxElementwise,
    JaxReduce,
    JaxArrange,
    JaxIndex,
    JaxLinearAlgebra,
    JaxSparse,
    JaxRandom,
    JaxGradient,
    JaxLoop,
    JaxHost,
    JaxCompile,
    ArrayApiBackend[jax.Array],
):
    """JAX arrays and traced arrays.  `spectral` is generic."""

    name = "jax"
    xp = jnp
    unsupported: ClassVar[dict[str, str]] = {}
