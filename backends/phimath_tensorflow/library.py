"""TensorFlow, imported quietly, its bare operations, and constants for their arguments.

The functions of `tf.math` convert and check their arguments in Python, which costs more than a
small operation itself.  Measured on one CPU core for 4 elements: `tf.add` 9.8 µs, with a number
13.6 µs, the bare operation 4.5 µs; `tf.reduce_sum` 22.9 µs, the bare operation with a constant that
exists already 5.8 µs; `a[1:3]` 47 µs, the bare operation with constants 11 µs.
"""

from __future__ import annotations

import inspect
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

# Before the import, which logs the features of the CPU.  A choice of the user's prevails.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

from phimath.backend.program_cache import program_cache
from phimath.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["constant", "keep_with_graph", "native", "sizes_of", "static_sizes", "tf"]

_INT32_LIMIT: Final = 1 << 31


def _keep_programs() -> None:
    """Let XLA keep what it compiles for the CPU, unless the user has said where.

    TensorFlow reads this once, before the first operation.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    folder = program_cache("tensorflow", tf.__version__)
    if folder is not None and "tf_xla_persistent_cache_directory" not in flags:
        choice = f"--tf_xla_persistent_cache_directory={folder}"
        devices = "--tf_xla_persistent_cache_device_types=CPU"
        os.environ["TF_XLA_FLAGS"] = f"{flags} {choice} {devices}".strip()


_keep_programs()


def native(name: str) -> Callable[..., Any]:  # what an operation returns depends on its name
    """The operation `tf.raw_ops.<name>` with positional arguments.

    A number as the second operand is converted to the type of the first one.
    """
    return inspect.unwrap(getattr(tf.raw_ops, name))


def constant(values: int | tuple[Any, ...]) -> tf.Tensor:
    """Sizes, axes or positions as integers in host memory, which operations take as they are.

    A graph gets its own: what a loop's body captures from outside is no constant to XLA.
    """
    kept = kept_constant(values)
    return kept if tf.executing_eagerly() else tf.constant(kept.numpy())


@lru_cache(maxsize=4096)
def kept_constant(values: int | tuple[Any, ...]) -> tf.Tensor:
    """Such a constant for eager use, made once, even while a graph is built."""
    with tf.init_scope(), tf.device("CPU:0"):
        wide = tf.constant(values, tf.int64)
        largest = int(tf.reduce_max(tf.abs(wide))) if tf.size(wide) else 0
        return tf.cast(wide, tf.int32) if largest < _INT32_LIMIT else wide


def keep_with_graph(value: object) -> None:
    """Keep a value alive as long as the outermost of the graphs that are being built."""
    graph: Any = tf.compat.v1.get_default_graph()
    while hasattr(graph.outer_graph, "outer_graph"):
        graph = graph.outer_graph
    if not hasattr(graph, "phimath_kept"):
        graph.phimath_kept = []
    graph.phimath_kept.append(value)


def static_sizes(a: tf.Tensor) -> tuple[int, ...]:
    """Sizes as Python integers.

    Raises:
        NotSupported: they depend on values, and the graph is only being built.
    """
    shape = a.shape
    if shape.rank is not None:
        sizes: Any = tuple(shape.as_list())  # sizes that the graph does not know are None
        if None not in sizes:
            return sizes
    raise NotSupported(
        f"Sizes of the tensor, {shape}, depend on values that a compiled function does not know "
        "while it is traced. Compute it outside of the compiled function, or use operations whose "
        "results have fixed sizes, e.g. where instead of boolean_mask."
    )


def sizes_of(a: tf.Tensor) -> tf.Tensor:
    """Sizes as a tensor, also where a graph doesn't know them yet."""
    if a.shape.is_fully_defined():
        return constant(static_sizes(a))
    return tf.shape(a)
