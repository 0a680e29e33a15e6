"""Operations on neighbouring values: differences, shifts, filling, convolution."""

from phimath.stencil.convolve import convolve as convolve
from phimath.stencil.difference import laplace as laplace
from phimath.stencil.difference import spatial_gradient as spatial_gradient
from phimath.stencil.difference import stencil_coefficients as stencil_coefficients
from phimath.stencil.fill import finite_fill as finite_fill
from phimath.stencil.fill import masked_fill as masked_fill
from phimath.stencil.shift import at_max_neighbor as at_max_neighbor
from phimath.stencil.shift import at_min_neighbor as at_min_neighbor
from phimath.stencil.shift import index_shift as index_shift
from phimath.stencil.shift import neighbor_reduce as neighbor_reduce
from phimath.stencil.shift import shift as shift

__all__ = [
    "at_max_neighbor",
    "at_min_neighbor",
    "convolve",
    "finite_fill",
    "index_shift",
    "laplace",
    "masked_fill",
    "neighbor_reduce",
    "shift",
    "spatial_gradient",
    "stencil_coefficients",
]
