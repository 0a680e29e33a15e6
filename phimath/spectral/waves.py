"""Discrete cosine and sine transforms along named dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from phimath.dimension import spatial
from phimath.dtype import float_dtype
from phimath.errors import ShapeError
from phimath.spectral.fourier import require_real, transformed

if TYPE_CHECKING:
    from phimath.shape import DimFilter
    from phimath.tensor import Tensor

# Type → type of the transform that undoes it, but for a factor.
_INVERSE: Final = {1: 1, 2: 3, 3: 2, 4: 4}


def dct(x: Tensor, dims: DimFilter = spatial, type: int = 2) -> Tensor:
    """Cosine transform of type 1 to 4 along `dims`, not normalised: as `scipy.fft.dct`.

    Raises:
        ShapeError: there is no such type, or type 1 of a single value.
        DTypeError: `x` is complex.
    """
    return _transformed(x, dims, "dct", type)


def idct(x: Tensor, dims: DimFilter = spatial, type: int = 2) -> Tensor:
    """Inverse of `dct` of this type."""
    return _inverse(x, dims, "dct", type)


def dst(x: Tensor, dims: DimFilter = spatial, type: int = 2) -> Tensor:
    """Sine transform of type 1 to 4 along `dims`, not normalised: as `scipy.fft.dst`.

    Raises:
        ShapeError: there is no such type.
        DTypeError: `x` is complex.
    """
    return _transformed(x, dims, "dst", type)


def idst(x: Tensor, dims: DimFilter = spatial, type: int = 2) -> Tensor:
    """Inverse of `dst` of this type."""
    return _inverse(x, dims, "dst", type)


def _transformed(x: Tensor, dims: DimFilter, family: str, type: int) -> Tensor:
    require_real(x, family, "fft")
    if type not in _INVERSE:
        raise ShapeError(f"There is no transform '{family}{type}'. Types are 1, 2, 3 and 4.")
    for name in x.shape.resolve(dims).names:
        if family == "dct" and type == 1 and x.shape.get_size(name) == 1:
            raise ShapeError(
                "The cosine transform of type 1 needs at least 2 values, but there is one along "
                f"'{name}'. Use type 2."
            )
        x = transformed(
            x,
            name,
            float_dtype(),
            lambda backend, native, axes: getattr(backend, family)(native, axes[0], type),
        )
    return x


def _inverse(x: Tensor, dims: DimFilter, family: str, type: int) -> Tensor:
    scale = 1.0
    for name in x.shape.resolve(dims).names:
        scale /= _product_with_inverse(family, type, x.shape.get_size(name))
    return _transformed(x, dims, family, _INVERSE.get(type, type)) * scale


def _product_with_inverse(family: str, type: int, size: int) -> int:
    """Factor that a transform and the one that undoes it leave behind."""
    if type == 1:
        return 2 * (size - 1 if family == "dct" and size > 1 else size + 1)
    return 2 * size
