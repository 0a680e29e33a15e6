"""Topic `gradient` for JAX, whose complex gradients are the conjugates of the contract's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

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
        backward: Callable[
            [Arrays, Arrays, tuple[jax.Array | None, ...]], tuple[jax.Array | None, ...]
        ],
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

    def vjp(
        self, function: Callable[..., Arrays], arguments: Sequence[jax.Array]
    ) -> tuple[Arrays, Callable[[Sequence[jax.Array | None]], Arrays]]:
        """By `jax.vjp`."""
        outputs, pull_back = jax.vjp(lambda *a: tuple(function(*a)), *arguments)

        def pullback(cotangents: Sequence[jax.Array | None]) -> Arrays:
            given = tuple(map(_cotangent, cotangents, outputs))
            return tuple(map(_instantiate, pull_back(given), arguments))

        return outputs, pullback

    def close(
        self, function: Callable[..., Arrays], arguments: Sequence[jax.Array]
    ) -> tuple[Callable[..., Arrays], Arrays]:
        """By tracing to an expression, which keeps the derivative rules of what it contains."""

        def traced(*arrays: jax.Array) -> Arrays:  # of its own: JAX keeps traces by function
            return tuple(function(*arrays))

        expression = jax.make_jaxpr(traced)(*arguments)
        constants = [None if isinstance(a, Tracer) else a for a in expression.consts]
        captured = tuple(a for a in expression.consts if isinstance(a, Tracer))
        count = len(arguments)

        def closed(*arrays: jax.Array) -> Arrays:
            given = iter(arrays[count:])
            complete = [next(given) if a is None else a for a in constants]
            return tuple(jaxpr_as_fun(ClosedJaxpr(expression.jaxpr, complete))(*arrays[:count]))

        return closed, captured

    def records(self, arrays: Sequence[jax.Array]) -> bool | None:
        """Unknown: inside of a jaxpr, nothing tells what will be differentiated."""
        return None


def _cotangent(cotangent: jax.Array | None, output: jax.Array) -> Any:
    """In JAX's convention, complete."""
    if not jnp.issubdtype(output.dtype, jnp.inexact):
        return np.zeros(output.shape, jax.dtypes.float0)
    return jnp.zeros_like(output) if cotangent is None else _conjugate(cotangent)
