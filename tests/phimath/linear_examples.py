"""Linear functions and their matrices."""

from __future__ import annotations

import numpy as np

from phimath import (
    spatial,
    tensor,
)
from phimath.testing.assertions import assert_close as assert_equal_arrays


def assert_close(found, expected):
    assert_equal_arrays(found, np.asarray(expected), rtol=1e-5, atol=1e-5)


def example(n=4):
    return tensor(np.linspace(0, 1, n, dtype=np.float32), spatial("x"))


def tridiagonal(n=4, first=-2.0, last=-2.0):
    matrix = np.diag(np.full(n, -2.0)) + np.eye(n, k=1) + np.eye(n, k=-1)
    matrix[0, 0], matrix[-1, -1] = first, last
    return matrix
