"""Vectors with which functions are probed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.backend.discovery import load
from phimath.dimension import instance
from phimath.dims import unpack_dim
from phimath.elementwise import sign, sin
from phimath.sequences import arange
from phimath.tensor import dense_of
from phimath.transform.natives import materialized

if TYPE_CHECKING:
    from phimath.dtype import DType
    from phimath.shape import Shape
    from phimath.tensor import Tensor


def zeros(shape: Shape, dtype: DType) -> Tensor:
    """Zeros of the host."""
    return dense_of(np.zeros(shape.int_sizes, dtype.name), load("numpy"), shape)


def random_signs(shape: Shape, dtype: DType, phase: float = 1.0) -> Tensor:
    """Numbers ±1 in no order, always the same ones; equal for all entries of a batch."""
    dims = shape.non_batch
    numbers = arange(instance("unknown"), dims.volume)
    signs = sign(sin(12.9898 * numbers + phase)).cast(dtype)
    flat = unpack_dim(signs, "unknown", dims) if dims else signs.get({"unknown": 0})
    return materialized(flat.expanded(shape))
