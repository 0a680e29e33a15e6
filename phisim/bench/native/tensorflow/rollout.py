"""Diffusion over many steps, in TensorFlow."""

from __future__ import annotations

from functools import cache
from math import isqrt
from typing import Any

import tensorflow as tf


def final(values: Any, rate: float, steps: int) -> Any:
    """Values after explicit steps on a periodic grid; rate = ν dt / dx²."""
    return _compiled_steps()(values, rate, steps)


def gradient(values: Any, rate: float, steps: int) -> Any:
    """Of half the sum of squares at the end; keeps the state before each of about √n segments.

    Driven from Python: XLA refuses the derivative of a loop of TensorFlow's inside of another.
    """
    length = isqrt(steps)
    counts = [min(length, steps - first) for first in range(0, steps, length)]
    states = [values]
    for count in counts:
        states.append(final(states[-1], rate, count))
    cotangent = states.pop()  # of half its sum of squares
    for count, state in zip(reversed(counts), reversed(states), strict=True):
        cotangent = _compiled_pullback()(state, cotangent, rate, count)
    return cotangent


@cache
def _compiled_steps() -> Any:
    return tf.function(_steps, autograph=False, jit_compile=True)


@cache
def _compiled_pullback() -> Any:
    return tf.function(_pullback, autograph=False, jit_compile=True)


def _pullback(state: Any, cotangent: Any, rate: float, count: int) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(state)
        last = _steps(state, rate, count)
    return tape.gradient(last, state, cotangent)


def _steps(values: Any, rate: float, count: int) -> Any:
    """With a maximum that XLA knows, without which it does not differentiate."""
    _, last = tf.while_loop(
        lambda i, _: i < count,
        lambda i, u: (i + 1, _step(u, rate)),
        (0, values),
        maximum_iterations=count,
    )
    return last


def _step(u: Any, rate: float) -> Any:
    neighbours = tf.roll(u, 1, 0) + tf.roll(u, -1, 0) + tf.roll(u, 1, 1) + tf.roll(u, -1, 1)
    return u + rate * (neighbours - 4 * u)
