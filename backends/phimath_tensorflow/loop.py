"""Topic `loop` on TensorFlow: `tf.while_loop` in graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from phimath.backend.contract.loop import Loop
from phimath_tensorflow.library import tf
from phimath_tensorflow.regions import Regions, calls_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Arrays = tuple[tf.Tensor, ...]

_executing_eagerly: Final = tf.executing_eagerly


class TensorFlowLoop(Loop[tf.Tensor]):
    """Loops stay loops in graphs, also where XLA translates them."""

    def while_loop(
        self, condition: Callable[..., tf.Tensor], body: Callable[..., Arrays], state: Arrays
    ) -> Arrays:
        if _executing_eagerly():
            return super().while_loop(condition, body, state)
        run = _body(body, state)
        return tuple(tf.while_loop(condition, lambda *s: tuple(run(*s)), tuple(state)))

    def scan(
        self,
        body: Callable[..., Arrays],
        state: Arrays,
        rows: Arrays,
        length: int,
        condition: Callable[..., tf.Tensor] | None,
        count: tf.Tensor | None,
        reverse: bool,
    ) -> tuple[Arrays, Arrays, tf.Tensor]:
        if _executing_eagerly():
            return super().scan(body, state, rows, length, condition, count, reverse)
        carried = len(state)
        traced = _body(body, (*state, *(row[0] for row in rows)))
        limit = tf.constant(length, tf.int64) if count is None else tf.cast(count, tf.int64)
        # XLA needs the sizes of what the arrays will hold.
        kept = [
            tf.TensorArray(a.dtype, length, element_shape=a.shape) for a in traced.outputs[carried:]
        ]

        def is_going(done: tf.Tensor, state: Arrays, _: Any) -> tf.Tensor:
            unfinished = done < limit
            return unfinished if condition is None else unfinished & condition(*state)

        def step(done: tf.Tensor, state: Arrays, kept: list[Any]) -> tuple[Any, ...]:
            i = limit - 1 - done if reverse else done
            results = traced(*state, *(tf.gather(row, i) for row in rows))
            written = [
                buffer.write(tf.cast(i, tf.int32), value)
                for buffer, value in zip(kept, results[carried:], strict=True)
            ]
            return done + 1, tuple(results[:carried]), written

        done, final, kept = tf.while_loop(
            is_going, step, (tf.constant(0, tf.int64), tuple(state), kept)
        )
        return tuple(final), tuple(buffer.stack() for buffer in kept), done

    def replay(
        self,
        step: Callable[..., Arrays],
        reverse: Callable[..., Arrays],
        state: Arrays,
        cotangents: Arrays,
        actions: Sequence[tuple[int, int, int, bool]],
    ) -> Arrays:
        if _executing_eagerly():
            return super().replay(step, reverse, state, cotangents, actions)
        count = 1 + max(target for _, _, target, _ in actions)
        advance = _body(step, state)
        back = _body(reverse, (*state, *cotangents))
        sources, steps, targets, reverses = (
            tf.constant(column) for column in zip(*actions, strict=True)
        )
        places = [
            tf.TensorArray(a.dtype, count, clear_after_read=False, element_shape=a.shape)
            for a in state
        ]
        places = [array.write(0, a) for array, a in zip(places, state, strict=True)]

        def act(i: tf.Tensor, places: list[Any], cotangents: Arrays) -> tuple[Any, ...]:
            current = tuple(a.read(tf.gather(sources, i)) for a in places)
            limit = tf.gather(steps, i)
            _, current = tf.while_loop(
                lambda done, _: done < limit,
                lambda done, current: (done + 1, tuple(advance(*current))),
                (tf.constant(0), current),
            )
            target = tf.gather(targets, i)
            places = [a.write(target, value) for a, value in zip(places, current, strict=True)]
            cotangents = tf.cond(
                tf.gather(reverses, i),
                lambda: tuple(back(*current, *cotangents)),
                lambda: tuple(map(tf.identity, cotangents)),
            )
            return i + 1, places, cotangents

        return tuple(
            tf.while_loop(
                lambda i, *_: i < len(actions), act, (tf.constant(0), places, tuple(cotangents))
            )[2]
        )


class _Body:
    """What a loop repeats, traced once; around calls of Python, translated by XLA."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph  # concrete functions have no public type
        self._regions = Regions(graph) if calls_host(graph) else None
        self.outputs: list[tf.Tensor] = graph.outputs

    def __call__(self, *arrays: tf.Tensor) -> Arrays:
        if self._regions is None:
            return tuple(self._graph(*arrays))
        return self._regions(*arrays, *self._graph.captured_inputs)


def _body(function: Callable[..., Arrays], arguments: Sequence[tf.Tensor]) -> _Body:
    return _Body(traced_function(function, arguments))


def traced_function(function: Callable[..., Arrays], arguments: Sequence[tf.Tensor]) -> Any:
    """Graph of a function, of a type that is not public, for such arguments."""
    build: Any = tf.function(lambda *arrays: tuple(function(*arrays)), autograph=False)
    return build.get_concrete_function(*(tf.TensorSpec(a.shape, a.dtype) for a in arguments))
