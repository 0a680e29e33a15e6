"""TensorFlow, imported quietly, its bare operations, and constants for their arguments.

The functions of `tf.math` convert and check their arguments in Python; that costs as much as a small operation itself.  Measured on
one CPU core for 4 elements: `tf.add` 9.8 µs, with a number 13.6 µs, the bare operation 4.5 µs; `tf.reduce_sum` 22.9 µs, the bare
operation with a constant that exists already 5.8 µs; `a[1:3]` 47 µs and 7 µs.
"""

from __future__ import annotations

import inspect
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

# Must be set before the import, which logs the features of the CPU.  A choice of the user's prevails.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402  # the setting above has to come first

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["constant", "native", "sizes_of", "tf"]

_INT32_LIMIT: Final = 1 << 31


def native(name: str) -> Callable[..., Any]:  # what an operation returns depends on its name
    """The operation `tf.raw_ops.<name>` with positional arguments.

    A number as the second operand is converted to the type of the first one.
    """
    return inspect.unwrap(getattr(tf.raw_ops, name))


@lru_cache(maxsize=4096)
def constant(values: int | tuple[int, ...] | tuple[tuple[int, int], ...]) -> tf.Tensor:
    """Sizes, axes or positions as an integer tensor in host memory, which operations take without a conversion.

    Eager even while a graph is built, so that it can be kept; graphs copy constants this small, and infer sizes from them.
    """
    with tf.init_scope(), tf.device("CPU:0"):
        wide = tf.constant(values, tf.int64)
        largest = int(tf.reduce_max(tf.abs(wide))) if tf.size(wide) else 0
        return tf.cast(wide, tf.int32) if largest < _INT32_LIMIT else wide


def sizes_of(a: tf.Tensor) -> tf.Tensor:
    """Sizes as a tensor, also where a graph doesn't know them yet."""
    if a.shape.is_fully_defined():
        return constant(tuple(a.shape.as_list()))
    return tf.shape(a)
