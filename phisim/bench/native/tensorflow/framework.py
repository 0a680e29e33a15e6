"""TensorFlow's tensors and compiler."""

from __future__ import annotations

from contextlib import nullcontext as single_threaded
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

__all__ = ["array", "compiled", "single_threaded", "synchronize"]


def array(values: np.ndarray) -> tf.Tensor:
    """On the default device."""
    return tf.constant(values)


def synchronize(result: Any) -> None:
    """Eager operations and graphs are complete when they return, on the CPU."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """By XLA."""
    return tf.function(function, autograph=False, jit_compile=True)
