"""Functions of NumPy arrays, and the ways in which programs call them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from phimath.dimension import spatial
from phimath.transform import jit_compile
from tests.support import of

A = np.array([[3.0, 1.0, 2.0], [0.5, 4.0, -1.0]])


def matrix(backend, values=A):
    return of(backend, values, spatial("x,y"))


def ways(function) -> tuple[Callable[..., Any], ...]:
    """The function, and how it is called: as it is, compiled, and by the second compiled call."""
    compiled = jit_compile(function)

    def again(*args):
        compiled(*args)
        return compiled(*args)

    return function, jit_compile(function), again


def by_numpy(a, steps):
    for _ in range(steps):
        a = a - 0.5 * a.min()
    return a
