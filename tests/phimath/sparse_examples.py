"""A small sparse matrix, and what it is as an array."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from phimath import (
    channel,
    dual,
    instance,
    spatial,
    tensor,
    wrap,
)
from phimath.sparse import (
    sparse_tensor,
)
from phimath.testing.assertions import assert_close as assert_equal_arrays

POSITIONS = np.array([[3, 0], [0, 2], [2, 1], [0, 0], [2, 3]])
NUMBERS = np.array([1.0, -2.0, 3.0, 4.0, 0.5])
SIZES = spatial(x=4) & dual(x=4)


def array_of(positions=POSITIONS, numbers=NUMBERS):
    """The matrix by SciPy."""
    return scipy.sparse.coo_array((numbers, positions.T), (4, 4)).toarray()


def matrix(format="csr", positions=POSITIONS, numbers=NUMBERS):
    indices = wrap(positions, instance("e"), channel(index="x,~x"))
    return sparse_tensor(indices, tensor(numbers, instance("e")), SIZES, format=format)


def as_array(t):
    return t.numpy("x,~x")


def assert_close(found, expected):
    assert_equal_arrays(found, np.asarray(expected), rtol=1e-5)
