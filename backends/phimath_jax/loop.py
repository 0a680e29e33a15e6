"""Topic `loop` for JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import lax
from jax.core import Tracer
from jax.extend.core import jaxpr_as_fun

from phimath.backend.contract.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Arrays = tuple[jax.Array, ...]


class JaxLoop(Loop[jax.Array]):
    """By `lax`; in Python where values are known, also in eager derivatives."""

    def while_loop(
        self,
        condition: Callable[..., jax.Array],
        body: Callable[..., Arrays],
        state: Arrays,
    ) -> Arrays:
        """By `lax.while_loop`."""
        if not is_staged():
            return super().while_loop(condition, body, state)
        return lax.while_loop(lambda s: condition(*s), lambda s: tuple(body(*s)), _strong(state))

    def scan(
        self,
        body: Callable[..., Arrays],
        state: Arrays,
        rows: Arrays,
        length: int,
        condition: Callable[..., jax.Array] | None,
        count: jax.Array | None,
        reverse: bool,
    ) -> tuple[Arrays, Arrays, jax.Array]:
        """By `lax.scan`, or `lax.while_loop` if the number of iterations depends on values."""
        if not is_staged():
            return super().scan(body, state, rows, length, condition, count, reverse)
        state, carried = _strong(state), len(state)
        if condition is not None or count is not None:
            return _bounded_while(body, state, rows, length, condition, count, reverse)

        def step(carry: Arrays, row: Arrays) -> tuple[Arrays, Arrays]:
            results = body(*carry, *row)
            return tuple(results[:carried]), tuple(results[carried:])

        final, kept = lax.scan(step, state, rows, length, reverse)
        return final, kept, jnp.asarray(length, jnp.int64)

    def replay(
        self,
        step: Callable[..., Arrays],
        reverse: Callable[..., Arrays],
        state: Arrays,
        cotangents: Arrays,
        actions: Sequence[tuple[int, int, int, bool]],
    ) -> Arrays:
        """As a scan over the actions; all places are rows of one array for each of the state."""
        if not is_staged():
            return super().replay(step, reverse, state, cotangents, actions)
        count = 1 + max(target for _, _, target, _ in actions)
        places = tuple(jnp.zeros((count, *a.shape), a.dtype).at[0].set(a) for a in state)

        def act(carry: tuple[Arrays, Arrays], action: Arrays) -> tuple[tuple[Arrays, Arrays], None]:
            places, cotangents = carry
            source, steps, target, reverses = action
            current = tuple(lax.dynamic_index_in_dim(a, source, 0, keepdims=False) for a in places)
            current = lax.fori_loop(0, steps, lambda _, c: tuple(step(*c)), current)
            places = tuple(
                lax.dynamic_update_index_in_dim(a, value, target, 0)
                for a, value in zip(places, current, strict=True)
            )
            cotangents = lax.cond(
                reverses,
                lambda s, c: tuple(reverse(*s, *c)),
                lambda _, c: c,
                current,
                cotangents,
            )
            return (places, cotangents), None

        columns = tuple(jnp.asarray(column) for column in zip(*actions, strict=True))
        return lax.scan(act, (places, _strong(cotangents)), columns)[0][1]


def is_staged() -> bool:
    """Whether operations are recorded now; then new arrays are traced, even constant ones."""
    return isinstance(jnp.zeros(()), Tracer)


def _strong(state: Arrays) -> Arrays:
    """Without weak types: JAX would trace the body again to see where these lead."""
    return tuple(lax.convert_element_type(a, a.dtype) for a in state)


def _bounded_while(
    body: Callable[..., Arrays],
    state: Arrays,
    rows: Arrays,
    length: int,
    condition: Callable[..., jax.Array] | None,
    count: jax.Array | None,
    reverse: bool,
) -> tuple[Arrays, Arrays, jax.Array]:
    carried = len(state)
    expression = jax.make_jaxpr(lambda *a: tuple(body(*a)))(*state, *(row[0] for row in rows))
    traced_body = jaxpr_as_fun(expression)
    limit = jnp.asarray(length if count is None else count, jnp.int64)
    buffers = tuple(jnp.zeros((length, *a.shape), a.dtype) for a in expression.out_avals[carried:])

    def is_going(carry: tuple[jax.Array, Arrays, Arrays]) -> jax.Array:
        done, state, _ = carry
        unfinished = done < limit
        return unfinished if condition is None else unfinished & condition(*state)

    def step(carry: tuple[jax.Array, Arrays, Arrays]) -> tuple[jax.Array, Arrays, Arrays]:
        done, state, kept = carry
        i = limit - 1 - done if reverse else done
        row = (lax.dynamic_index_in_dim(a, i, 0, keepdims=False) for a in rows)
        results = traced_body(*state, *row)
        written = (
            lax.dynamic_update_index_in_dim(buffer, value, i, 0)
            for buffer, value in zip(kept, results[carried:], strict=True)
        )
        return done + 1, tuple(results[:carried]), tuple(written)

    done, final, kept = lax.while_loop(is_going, step, (jnp.zeros((), jnp.int64), state, buffers))
    return final, kept, done
