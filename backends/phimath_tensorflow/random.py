"""Topic `random` on TensorFlow: the generator of the contract, as it is."""

from __future__ import annotations

from phimath.backend.contract.random import Random
from phimath_tensorflow.library import tf


class TensorFlowRandom(Random[tf.Tensor]):
    """Threefry in 64-bit integers."""
