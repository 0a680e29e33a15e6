"""Topic `compile` for JAX."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from phimath.backend.contract.compile import Compile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Arrays = tuple[jax.Array, ...]

_LARGEST_LITERAL: Final = 1024
"""Elements.  XLA evaluates what depends on literals only while it compiles, and copies them."""


class JaxCompile(Compile[jax.Array]):
    """Programs by `jax.jit`.

    Measured with JAX 0.10.2 for 4 arrays of 10×10: a call takes 5.7 µs, that of the user's function
    under `jax.jit` 5.6 µs, that of a program compiled ahead of time 5.9 µs.
    """

    def compile(
        self, function: Callable[..., Arrays], arguments: Sequence[jax.Array]
    ) -> Callable[..., Arrays]:
        """Trace to an expression, which `jax.jit` can trace again without the function.

        It does so for arrays elsewhere, in derivatives, or when its caches have been cleared.
        """

        def traced(*arrays: jax.Array) -> Arrays:  # of its own: JAX keeps traces by function
            return tuple(function(*arrays))

        expression = jax.make_jaxpr(traced)(*arguments)
        literals = [None if jnp.size(a) > _LARGEST_LITERAL else a for a in expression.consts]
        large = [a for a in expression.consts if jnp.size(a) > _LARGEST_LITERAL]

        def evaluate(passed: list[jax.Array], *arrays: jax.Array) -> Arrays:
            remaining = iter(passed)
            constants = [next(remaining) if a is None else a for a in literals]
            return tuple(jaxpr_as_fun(ClosedJaxpr(expression.jaxpr, constants))(*arrays))

        if large:
            return partial(jax.jit(evaluate), large)
        return jax.jit(partial(evaluate, []))
