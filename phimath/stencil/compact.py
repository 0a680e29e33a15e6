"""Compact finite differences of order 6: derivatives of neighbours are coupled.

First derivative  f'₋₁/3 + f'₀ + f'₁/3 = 14/9 (f₁ − f₋₁)/2 + 1/9 (f₂ − f₋₂)/4,
second            2/11 f''₋₁ + f''₀ + 2/11 f''₁ = 12/11 (f₁ − 2 f₀ + f₋₁) + 3/11 (f₂ − 2 f₀ +
f₋₂)/4,
Lele, Compact finite difference schemes with spectral-like resolution, J. Comput. Phys. 103 (1992),
eqs. 2.1.7 and 2.2.7.
The system is solved once per size and boundary, in 64 bit; applying it is one matrix product.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.boundary import Boundary, Extension, FaceValue
from phimath.boundary.sides import needs_components
from phimath.errors import BoundaryError, NotSupported
from phimath.shape import Shape
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COUPLING: Final = {1: 1 / 3, 2: 2 / 11}
_WEIGHTS: Final = {
    1: {-2: -1 / 36, -1: -7 / 9, 1: 7 / 9, 2: 1 / 36},
    2: {-2: 3 / 44, -1: 12 / 11, 0: -2 * (12 / 11 + 3 / 44), 1: 12 / 11, 2: 3 / 44},
}
_SUPPORTED: Final = ("periodic", "symmetric", "antisymmetric", "reflect")


def compact_derivative(grid: Tensor, name: str, derivative: int, boundary: Boundary) -> Tensor:
    """First or second derivative along one dimension, for a distance of 1 between points.

    Raises:
        NotSupported: the boundary is neither periodic nor (anti-)symmetric.
    """
    if isinstance(grid, Stacked) and grid.along != name:
        dim = grid.dim
        axes = grid.shape.spatial.names
        parts = [
            compact_derivative(
                part,
                name,
                derivative,
                boundary.component(dim.name, i, dim.labels[i] if dim.labels else None, axes),
            )
            for i, part in enumerate(grid.components)
        ]
        return Stacked(parts, dim)
    if needs_components(boundary):
        raise NotSupported(
            "Compact differences of vectors with a boundary per direction take one component at a "
            "time."
        )
    sides = tuple(_kind(boundary.at(name, upper=upper)) for upper in (False, True))
    return _apply(grid.dense(), name, derivative, sides[0], sides[1])


def _kind(side: Boundary) -> str:
    if isinstance(side, Extension) and side.name in _SUPPORTED:
        return side.name
    if isinstance(side, FaceValue) and not isinstance(side.value, Tensor) and side.value == 0:
        return "antisymmetric"
    raise NotSupported(
        "Compact differences need a boundary that continues the grid smoothly "
        f"({', '.join(_SUPPORTED)}), not '{side}'. "
        "Use one of these, or the explicit difference of order 6 with compact=False."
    )


def _apply(grid: Dense, name: str, derivative: int, lower: str, upper: str) -> Dense:
    size = grid.shape.get_size(name)
    if size < 5:
        raise BoundaryError(
            f"Compact differences need at least 5 points along '{name}', not {size}."
        )
    signature, backend = grid.signature, grid.backend
    names = [n for n in signature.shape.names if n in signature.stored and n != name]
    native = grid.stored_in((*names, name))
    matrix = derivative_matrix(size, derivative, lower, upper).T.astype(signature.dtype.name)
    operator = backend.from_numpy(np.ascontiguousarray(matrix), backend.device(native))
    rows = 1
    for n in names:
        rows *= signature.shape.get_size(n)
    product = backend.matmul(backend.reshape(native, (rows, size)), operator)
    stored = Shape(*(signature.shape.dim(n) for n in (*names, name)))
    return Dense(backend.reshape(product, stored.int_sizes), signature.replace(stored=stored))


@lru_cache(maxsize=64)
def derivative_matrix(size: int, derivative: int, lower: str, upper: str) -> NDArray[Any]:
    """Matrix that maps values to derivatives, (size, size) in 64 bit."""
    values = np.zeros((size, size))
    derivatives = np.eye(size)
    # The derivative of an even function is odd, its second derivative even again.
    flip = -1 if derivative == 1 else 1
    for row in range(size):
        for offset, weight in _WEIGHTS[derivative].items():
            column, sign = _fold(row + offset, size, lower, upper)
            values[row, column] += sign * weight
        for offset in (-1, 1):
            inside = 0 <= row + offset < size
            column, sign = _fold(row + offset, size, lower, upper)
            periodic = lower == "periodic"
            derivatives[row, column] += (sign if inside or periodic else sign * flip) * _COUPLING[
                derivative
            ]
    return np.linalg.solve(derivatives, values)


def _fold(position: int, size: int, lower: str, upper: str) -> tuple[int, int]:
    """Interior position and sign of a value next to the grid."""
    if 0 <= position < size:
        return position, 1
    if lower == "periodic":
        return position % size, 1
    kind = lower if position < 0 else upper
    sign = -1 if kind == "antisymmetric" else 1
    about_point = kind == "reflect"
    mirrored = -position if position < 0 else 2 * (size - 1) - position
    if not about_point:
        mirrored += -1 if position < 0 else 1
    return mirrored, sign
