"""The NumPy backend, joined from its topics."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from phimath.backend.array_api import ArrayApiBackend
from phimath_numpy.arrange import NumpyArrange
from phimath_numpy.create import NumpyCreate
from phimath_numpy.elementwise import NumpyElementwise
from phimath_numpy.index import NumpyIndex
from phimath_numpy.linear_algebra import NumpyLinearAlgebra
from phimath_numpy.random import NumpyRandom
from phimath_numpy.reduce import NumpyReduce
from phimath_numpy.sparse import NumpySparse
from phimath_numpy.spectral import NumpySpectral

_NO_DERIVATIVES: Final = (
    "NumPy can't differentiate. Change the import line to `from phisim.torch import *`, "
    "`from phisim.jax import *` or `from phisim.tensorflow import *`."
)


class NumpyBackend(
    NumpyCreate,
    NumpyElementwise,
    NumpyReduce,
    NumpyArrange,
    NumpyIndex,
    NumpyLinearAlgebra,
    NumpySparse,
    NumpySpectral,
    NumpyRandom,
    ArrayApiBackend[np.ndarray],
):
    """NumPy arrays and scalars.

    Overrides of the generic backend are measured with NumPy 2.4 on 10×10 float32 arrays.
    """

    name = "numpy"
    xp = np
    unsupported: ClassVar[dict[str, str]] = {
        "value_and_gradient": _NO_DERIVATIVES,
        "vjp": _NO_DERIVATIVES,
    }
