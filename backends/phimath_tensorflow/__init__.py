"""TensorFlow as a backend of phimath: eager tensors and graphs, with derivatives.

Importing it sets two environment variables, unless the user has, and changes nothing else:
`TF_CPP_MIN_LOG_LEVEL`, and in `TF_XLA_FLAGS` where XLA keeps its programs.
"""

from __future__ import annotations

from typing import ClassVar, final

from phimath.backend import Backend
from phimath_tensorflow.arrange import TensorFlowArrange
from phimath_tensorflow.compile import TensorFlowCompile
from phimath_tensorflow.convert import TensorFlowConvert
from phimath_tensorflow.create import TensorFlowCreate
from phimath_tensorflow.elementwise import TensorFlowElementwise
from phimath_tensorflow.gradient import TensorFlowGradient
from phimath_tensorflow.host import TensorFlowHost
from phimath_tensorflow.index import TensorFlowIndex
from phimath_tensorflow.library import tf
from phimath_tensorflow.linear_algebra import TensorFlowLinearAlgebra
from phimath_tensorflow.loop import TensorFlowLoop
from phimath_tensorflow.random import TensorFlowRandom
from phimath_tensorflow.reduce import TensorFlowReduce
from phimath_tensorflow.sparse import TensorFlowSparse
from phimath_tensorflow.spectral import TensorFlowSpectral


@final
class TensorFlowBackend(
    TensorFlowConvert,
    TensorFlowCreate,
    TensorFlowElementwise,
    TensorFlowReduce,
    TensorFlowArrange,
    TensorFlowIndex,
    TensorFlowLinearAlgebra,
    TensorFlowSparse,
    TensorFlowSpectral,
    TensorFlowRandom,
    TensorFlowGradient,
    TensorFlowLoop,
    TensorFlowHost,
    TensorFlowCompile,
    Backend[tf.Tensor],
):
    """TensorFlow tensors, eager and inside of `tf.function`."""

    name: ClassVar[str] = "tensorflow"


backend = TensorFlowBackend()
