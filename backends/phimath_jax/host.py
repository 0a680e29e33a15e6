"""Topic `host` for JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np
from jax.core import Tracer

from phimath.backend.contract.host import Host, called
from phimath_jax.loop import is_staged

if TYPE_CHECKING:
    from phimath.backend.contract.host import ArrayTypes, HostFunction

Arrays = tuple[jax.Array, ...]


class JaxHost(Host[jax.Array]):
    """By `jax.pure_callback` in traced code."""

    def host_call(self, function: HostFunction, arguments: Arrays, outputs: ArrayTypes) -> Arrays:
        """Example by example under JAX's own `vmap`."""
        if not is_staged() and not any(isinstance(a, Tracer) for a in arguments):
            return super().host_call(function, arguments, outputs)
        announced = tuple(
            jax.ShapeDtypeStruct(sizes, np.dtype(dtype.name)) for sizes, dtype in outputs
        )

        def run(*arrays: jax.Array) -> tuple[np.ndarray, ...]:
            return called(function, list(map(np.asarray, arrays)), outputs)

        return tuple(jax.pure_callback(run, announced, *arguments, vmap_method="sequential"))
