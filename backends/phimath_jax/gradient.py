"""Topic `gradient` for JAX, whose complex gradients are the conjugates of the contract's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax import lax

from phimath.backend.contract.gradient import Gradient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Arrays = tuple[jax.Array, ...]


def _conjugate(cotangent: jax.Array | None) -> jax.Array | None:
    """Between JAX's convention and the contract's."""
    if cotangent is None or not jnp.iscomplexobj(cotangent):
        return cotangent
    return jnp.conj(cotangent)


def _instantiate(cotangent: Any, primal: jax.Array) -> jax.Array:
    """Zeros where JAX has an empty type for what can't be differentiated; else the conjugate."""
    if cotangent.dtype == jax.dtypes.float0:
        return jnp.zeros_like(primal)
    return jnp.conj(cotangent) if jnp.iscomplexobj(cotangent) else cotangent


class JaxGradient(Gradient[jax.Array]):
    """Differentiation by `jax.value_and_grad` and `jax.custom_vjp`."""

    def value_and_gradient(
        self,
        function: Callable[..., tuple[jax.Array, Arrays]],
        arguments: Sequence[jax.Array],
    ) -> tuple[jax.Array, Arrays, Arrays]:
        """By `jax.value_and_grad`."""
        positions = tuple(range(len(arguments)))
        differentiated = jax.value_and_grad(function, positions, has_aux=True, allow_int=True)
        (loss, extra), gradients = differentiated(*arguments)
        return loss, extra, tuple(map(_instantiate, gradients, arguments))

    def custom_gradient(
        self,
        forward: Callable[..., Arrays],
        backward: Callable[[Arrays, Arrays, Arrays], tuple[jax.Array | None, ...]],
        arguments: Sequence[jax.Array],
    ) -> Arrays:
        """By `jax.custom_vjp`; `forward` depends on traced arrays by its arguments only."""

        @jax.custom_vjp
        def function(*inputs: jax.Array) -> Arrays:
            return forward(*inputs)

        def remember(*inputs: jax.Array) -> tuple[Arrays, tuple[Arrays, Arrays]]:
            # Of a derivative of higher order, the outer levels need the rule for the output, too.
            outputs = function(*inputs)
            return outputs, (inputs, outputs)

        def pull_back(residuals: tuple[Arrays, Arrays], cotangents: Arrays) -> tuple[Any, ...]:
            inputs, outputs = residuals
            received = tuple(map(_instantiate, cotangents, outputs))
            return tuple(map(_conjugate, backward(inputs, outputs, received)))

        function.defvjp(remember, pull_back)
        return function(*arguments)

    def stop_gradient(self, a: jax.Array) -> jax.Array:
        """By `lax.stop_gradient`."""
        return lax.stop_gradient(a)
