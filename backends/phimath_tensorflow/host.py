"""Topic `host` on TensorFlow: `tf.numpy_function` in graphs.

XLA can't call Python: `regions` splits graphs around such calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from phimath.backend.contract.host import Host, called
from phimath_tensorflow.convert import NATIVE
from phimath_tensorflow.library import keep_with_graph, tf

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract.host import ArrayTypes, HostFunction

Arrays = tuple[tf.Tensor, ...]


class TensorFlowHost(Host[tf.Tensor]):
    """Without state: calls whose results nobody uses may be left out."""

    def host_call(self, function: HostFunction, arguments: Arrays, outputs: ArrayTypes) -> Arrays:
        if tf.executing_eagerly():
            return super().host_call(function, arguments, outputs)
        run = _kept_by_graph(_HostCall(function, outputs))
        results = tf.numpy_function(
            run, arguments, [NATIVE[dtype] for _, dtype in outputs], stateful=False
        )
        for result, (sizes, _) in zip(results, outputs, strict=True):
            result.set_shape(sizes)
        return tuple(results)


class _HostCall:
    def __init__(self, function: HostFunction, outputs: ArrayTypes) -> None:
        self._function = function
        self._outputs = outputs

    def __call__(self, *arrays: Any) -> tuple[np.ndarray, ...]:
        """Results; scalars come as NumPy's or as numbers in Python."""
        return called(self._function, list(map(np.asarray, arrays)), self._outputs)


def _kept_by_graph(call: _HostCall) -> Callable[..., tuple[np.ndarray, ...]]:
    """The same function, alive as long as the graph: TensorFlow would keep it for ever."""
    keep_with_graph(call)
    alive = ref(call)

    def run(*arrays: Any) -> tuple[np.ndarray, ...]:
        found = alive()
        assert found is not None, "the graph that runs keeps it alive"
        return found(*arrays)

    return run
