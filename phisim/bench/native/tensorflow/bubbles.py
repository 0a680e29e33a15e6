"""Overlapping bubbles, in TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Arrays = list[Any]  # operators of tensors are typed for every kind of operand


def energy(positions: Arrays, radii: Any, size: float) -> Any:
    """Half the sum of squared overlaps of all ordered pairs in a periodic box."""
    differences = [x - x[:, None] for x in positions]
    shortest = [d - size * tf.floor(d / size + 0.5) for d in differences]
    distance = tf.sqrt(tf.maximum(tf.add_n([d * d for d in shortest]), 1e-8))
    overlap: Any = 1 - distance / (radii + radii[:, None])
    touching = (overlap >= 0) & (overlap < 1 - 2e-4)
    overlap = tf.where(touching, overlap, tf.zeros_like(overlap))
    ones = tf.ones_like(radii)  # XLA multiplies by ones in a third of the time that it sums in
    return 0.5 * tf.tensordot(ones, tf.linalg.matvec(overlap * overlap, ones), 1)


def value_and_gradient(positions: Arrays, radii: Any, size: float) -> tuple[Any, Arrays]:
    """By a tape."""
    with tf.GradientTape() as tape:
        tape.watch(positions)
        value = energy(positions, radii, size)
    return value, tape.gradient(value, positions)
