"""Functions without the tensors from around them that derivatives are taken by."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, final

from phimath_tensorflow.library import tf
from phimath_tensorflow.loop import traced_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Arrays = tuple[tf.Tensor, ...]

_executing_eagerly: Final = tf.executing_eagerly
_is_recorded: ContextVar[bool] = ContextVar("recorded by a tape of ours", default=False)


@final
class ClosedFunction:
    """A function of its arguments, and of what it used from around it.

    Its graph is called where nothing is differentiated.  Where a tape of ours records, the function
    itself is run instead: TensorFlow puts the derivative of a call into a graph of its own, where
    nobody could see what happens in it, such as whether an adjoint solve converged.
    """

    def __init__(self, function: Callable[..., Arrays], sample: Sequence[tf.Tensor]) -> None:
        """Runs the function once."""
        self._function = function
        self._count = len(sample)
        self._graph = traced_function(function, sample)
        self.captured: Arrays = tuple(self._graph.captured_inputs)

    def __call__(self, *arrays: tf.Tensor) -> Arrays:
        """Results for these arguments and captured tensors."""
        if not _is_recorded.get():
            # A tape further out would ask for a derivative of the graph, which nobody needs.
            arrays = tuple(map(tf.stop_gradient, arrays))
        given, values = arrays[: self._count], arrays[self._count :]
        if _is_recorded.get() and not _executing_eagerly():
            graph: Any = tf.compat.v1.get_default_graph()
            if all(t is v or _is_from_around(t, graph) for t, v in self._pairs(values)):
                with _replaced(graph, self._pairs(values)):
                    return tuple(self._function(*given))
        return tuple(self._graph._call_flat(list(given), list(values)))

    def _pairs(self, values: Arrays) -> list[tuple[tf.Tensor, tf.Tensor]]:
        return list(zip(self.captured, values, strict=True))


@contextmanager
def recorded(is_recorded: bool) -> Iterator[None]:
    """Say whether a tape of ours records what happens inside of the `with` block."""
    token = _is_recorded.set(is_recorded)
    try:
        yield
    finally:
        _is_recorded.reset(token)


def _is_from_around(tensor: tf.Tensor, graph: Any) -> bool:
    """Whether a graph, of no public type, uses the tensor through an input of its own."""
    return getattr(tensor, "graph", None) is not graph and hasattr(graph, "replace_capture")


@contextmanager
def _replaced(graph: Any, pairs: Sequence[tuple[tf.Tensor, tf.Tensor]]) -> Iterator[None]:
    """Let other tensors of the graph stand for tensors from around it."""
    replaced = [(t, graph.capture(value)) for t, value in pairs if t is not value]
    before = {id(tensor): internal for tensor, internal in graph.captures}
    for tensor, value in replaced:
        graph.replace_capture(tensor, value)
    try:
        yield
    finally:
        for tensor, _ in replaced:
            if id(tensor) in before:
                graph.replace_capture(tensor, before[id(tensor)])
            else:
                graph.function_captures.pop(id(tensor))
