"""What tests share: tensors of a backend, counted calls, and numbers to compare."""

import numpy as np

import phimath
from phimath.create import tensor
from phimath.dimension import channel, instance
from phimath.wrap import wrap


def of(backend, values, *dims):
    """Tensor of a backend with these values."""
    return wrap(backend.from_numpy(np.asarray(values)), *dims)


def points(values, axes="x,y", dim="point"):
    """Locations, one per row."""
    return tensor(np.asarray(values, float), instance(dim), channel(vector=axes))


def largest(values):
    """Largest magnitude of all elements."""
    return float(phimath.max(abs(values), None))


def counted(function):
    """The function, and the list that grows whenever its Python code runs."""
    runs = []

    def recording(*args, **kwargs):
        runs.append(1)
        return function(*args, **kwargs)

    return recording, runs
