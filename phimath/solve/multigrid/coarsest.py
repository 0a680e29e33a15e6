"""The coarsest grid: so few cells that the inverse is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from phimath.convert import to_float
from phimath.dimension import Dim, dual, spatial
from phimath.dtype import precision_bits
from phimath.elementwise import where
from phimath.linear_algebra import contract
from phimath.shape import Shape
from phimath.solve.direct import DenseInverse
from phimath.sparse import DenseMatrix
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.solve.multigrid.balance import FluxBalance
    from phimath.tensor import Tensor

# Square roots of machine precisions: neither this much of the diagonal changes the inverse where it
# matters, nor do rounding errors that are divided by it.
_REGULAR: Final = {16: 2.0**-5, 32: 2.0**-11, 64: 2.0**-26}


def inverse_of(balance: FluxBalance, regular: float | None = None) -> Tensor:
    """The inverse (batch…, axes…, ~axes…), large but finite for what a null space has.

    regular: This much of the diagonal is added; by default what the precision allows.
    """
    regular = _REGULAR[precision_bits()] if regular is None else regular
    cells = Shape(*(Dim(axis, spatial, balance.size(i)) for i, axis in enumerate(balance.axes)))
    columns = Shape(*(Dim(f"~{dim.name}", dual, dim.size) for dim in cells.dims))
    units = to_float(wrap(np.eye(cells.volume).reshape(2 * cells.int_sizes), cells, columns))
    diagonal = balance.diagonal()
    diagonal = where(diagonal > 0, diagonal, 1.0)
    matrix = balance.apply(units) + regular * diagonal * units
    inverse = DenseInverse(DenseMatrix(matrix, cells, cells)).apply(units)
    names = {**dict(zip(cells.names, columns.dims, strict=True))}
    names |= dict(zip(columns.names, cells.dims, strict=True))
    transposed = inverse.with_shape(Shape(*(names.get(d.name, d) for d in inverse.shape.dims)))
    return 0.5 * (inverse + transposed)


def solved(inverse: Tensor, b: Tensor) -> Tensor:
    """The inverse times b."""
    axes = [name for name in inverse.shape.names if f"~{name}" in inverse.shape]
    return contract(inverse, [f"~{axis}" for axis in axes], b, axes)
