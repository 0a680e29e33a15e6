"""What rounding errors leave of a residual."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phimath.tensor import Tensor

EPSILON = {16: 2.0**-10, 32: 2.0**-23, 64: 2.0**-52}


def epsilon_of(x: Tensor) -> float:
    """Relative spacing of the numbers of a tensor."""
    bits = x.dtype.precision
    assert bits is not None
    return EPSILON[bits]
