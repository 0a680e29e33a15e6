"""Topic `compile` on TensorFlow: graphs, translated by XLA where it knows their operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

from phimath.backend.contract.compile import Compile
from phimath_tensorflow.library import tf
from phimath_tensorflow.loop import traced_function
from phimath_tensorflow.regions import Regions, calls_host, reason_against_xla

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Arrays = tuple[tf.Tensor, ...]

_executing_eagerly: Final = tf.executing_eagerly
_Tensor: Final = tf.Tensor  # variables are none


@final
class TensorFlowProgram:
    """A graph that XLA translates at the first call, or that runs as it is if XLA can't.

    Its functions are called with their arguments and captured arrays in lists, past the matching
    of signatures.  Measured on one CPU core for 4 arrays of 10×10, one constant and 5 operations:
    20 µs, through the public call 53 µs, by `tf.function` 150 µs; the graph without XLA 32 to 55,
    100 to 110 and 200 µs.
    """

    def __init__(self, graph: Any, signature: Sequence[tf.TensorSpec]) -> None:
        self._graph = graph  # concrete functions have no public type
        self._signature = signature
        self._captured = list(graph.captured_inputs)
        self._chosen: Callable[..., Any] | None = None
        self.reason: str | None = None
        """Why XLA doesn't translate the graph, `None` if it does or has not been asked yet."""

    def __call__(self, *arrays: tf.Tensor) -> Arrays:
        """Results, which tapes can differentiate."""
        given = [a if isinstance(a, _Tensor) else tf.convert_to_tensor(a) for a in arrays]
        if not _executing_eagerly():  # the graph around it is translated as a whole
            return self._graph._call_flat(given, self._captured)
        if self._chosen is None:
            return self._choose(given)
        return self._chosen(given, self._captured)

    def _choose(self, arrays: list[tf.Tensor]) -> Arrays:
        graph = self._graph
        self.reason = reason_against_xla(graph)
        if self.reason is not None:
            self._chosen = chosen = graph._call_flat
            return chosen(arrays, self._captured)

        chosen = self._translated()
        reason = None
        try:
            results = chosen(arrays, self._captured)
        except tf.errors.OpError as error:
            reason = error.message.partition("\n")[0]
            chosen = graph._call_flat
            results = chosen(arrays, self._captured)  # raises what is not XLA's fault
        self._chosen, self.reason = chosen, reason
        return results

    def _translated(self) -> Callable[..., Any]:
        """Function of arguments and captured arrays, by XLA except for calls of Python."""
        graph = self._graph
        if calls_host(graph):
            regions = Regions(graph)
            whole = traced_function(regions, graph.inputs)
            return lambda arrays, captured: whole._call_flat([*arrays, *captured], [])

        def translated(*inputs: tf.Tensor) -> Arrays:
            return graph(*inputs)

        function: Any = tf.function(translated, autograph=False, jit_compile=True)
        return function.get_concrete_function(*self._signature)._call_flat


class TensorFlowCompile(Compile[tf.Tensor]):
    """Programs are graphs."""

    def compile(
        self, function: Callable[..., Arrays], arguments: Sequence[tf.Tensor]
    ) -> Callable[..., Arrays]:
        signature = [tf.TensorSpec(a.shape, a.dtype) for a in arguments]
        return TensorFlowProgram(traced_function(function, arguments), signature)
