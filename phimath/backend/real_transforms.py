"""Cosine and sine transforms of types I to IV, from operations of the contract.

Short axes are transformed by a matrix product, long ones by way of a Fourier transform: types II
and III take a real one of the same length, type IV a complex one of half the length (Makhoul, A
fast cosine transform in one and two dimensions, IEEE Trans. Acoust. Speech Signal Process. 28,
1980).  Nothing is normalised, as in `scipy.fft`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from phimath.dtype import COMPLEX64, COMPLEX128

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.dtype import DType

A = TypeVar("A")

_COMPLEX_OF: Final = {"float16": COMPLEX64, "float32": COMPLEX64, "float64": COMPLEX128}


def real_transform(backend: Backend[A], a: A, axis: int, name: str) -> A:
    """The transform `name`, from dct1 to dst4, along one axis of a real array."""
    sizes = backend.sizes(a)
    last = len(sizes) - 1
    if sizes[axis] <= backend.longest_product:
        return _product(backend, a, axis, name)
    if axis == last:
        return TRANSFORMS[name](backend, a)
    # Frameworks are fastest, and some only able, to transform the last axis.
    order = (*(i for i in range(last + 1) if i != axis), axis)
    back = tuple(order.index(i) for i in range(last + 1))
    return backend.transpose(TRANSFORMS[name](backend, backend.transpose(a, order)), back)


# --- by a matrix product ---


def _product(backend: Backend[A], a: A, axis: int, name: str) -> A:
    sizes = backend.sizes(a)
    matrix = transform_matrix(name, sizes[axis])
    matrix = matrix.astype(backend.dtype(a).name)
    if axis == len(sizes) - 1:
        rows = a if len(sizes) > 1 else backend.reshape(a, (1, *sizes))
        product = backend.matmul(rows, _constant(backend, matrix.T.copy(), a))
        return product if len(sizes) > 1 else backend.reshape(product, sizes)
    columns = backend.reshape(a, (*sizes[: axis + 1], _volume(sizes[axis + 1 :])))
    return backend.reshape(backend.matmul(_constant(backend, matrix, a), columns), sizes)


def _volume(sizes: tuple[int, ...]) -> int:
    return int(np.prod(sizes, dtype=np.int64))


@lru_cache(maxsize=64)
def transform_matrix(name: str, size: int) -> np.ndarray:
    """What the transform multiplies a vector by, in double precision; `[frequency, position]`."""
    family, kind = name[:3], int(name[3])
    j = np.arange(size)
    # Angles as integers, in units of π / period, so that large ones lose no digits.
    if kind == 1:
        first = 0 if family == "dct" else 1
        period = size - 1 if family == "dct" else size + 1
        angle = np.multiply.outer(j + first, j + first)
    elif kind == 4:
        period, angle = 4 * size, np.multiply.outer(2 * j + 1, 2 * j + 1)
    else:
        first = 0 if family == "dct" else 1
        period, angle = 2 * size, np.multiply.outer(j + first, 2 * j + 1)
    wave = (np.cos if family == "dct" else np.sin)(np.pi / period * (angle % (2 * period)))
    matrix = 2 * (wave.T if kind == 3 else wave)
    if kind in (1, 3):
        matrix[:, _counted_once(family, kind)] /= 2
    return matrix


def _counted_once(family: str, kind: int) -> list[int]:
    """Positions at which an extension of the values by symmetry is not doubled."""
    if family == "dct":
        return [0, -1] if kind == 1 else [0]
    return [] if kind == 1 else [-1]


# --- by Fourier transforms along the last axis ---


@lru_cache(maxsize=64)
def _phases(first: int, step: int, count: int, period: int, dtype: str) -> np.ndarray:
    """exp(-i π (first + step k) / period) for k = 0, 1, …; period may be negative."""
    return np.exp(-1j * np.pi / period * (first + step * np.arange(count))).astype(dtype)


def _size(backend: Backend[A], a: A) -> int:
    return backend.sizes(a)[-1]


def _axis(backend: Backend[A], a: A) -> int:
    return len(backend.sizes(a)) - 1


def _constant(backend: Backend[A], array: np.ndarray, like: A) -> A:
    return backend.from_numpy(array, backend.device(like))


def _last(backend: Backend[A], a: A, part: slice) -> A:
    return backend.get(a, (slice(None),) * _axis(backend, a) + (part,))


def _flipped(backend: Backend[A], a: A) -> A:
    return backend.flip(a, (_axis(backend, a),))


def _joined(backend: Backend[A], *parts: A) -> A:
    return backend.concat(parts, _axis(backend, parts[0]))


def _negative(backend: Backend[A], a: A) -> A:
    return backend.function("negative")(a)


def _zero(backend: Backend[A], a: A) -> A:
    """One zero per row."""
    sizes = (*backend.sizes(a)[:-1], 1)
    return backend.full(sizes, 0, backend.dtype(a), backend.device(a))


def _interleaved(backend: Backend[A], even: A, odd: A) -> A:
    """Values at positions 0, 2, 4, … and 1, 3, 5, … of a row."""
    sizes, axis = backend.sizes(even), _axis(backend, even)
    count = sizes[-1] + _size(backend, odd)
    if count % 2:
        odd = _joined(backend, odd, _zero(backend, odd))
    both = backend.reshape(backend.stack((even, odd), axis + 1), (*sizes[:-1], 2 * sizes[-1]))
    return _last(backend, both, slice(0, count)) if count % 2 else both


def _complex(backend: Backend[A], real: A, imaginary: A, factor: np.ndarray) -> A:
    """(real + i imaginary) · factor."""
    dtype = _complex_dtype(backend, real)
    multiply = backend.function("multiply")
    return backend.function("add")(
        multiply(backend.cast(real, dtype), _constant(backend, factor, real)),
        multiply(
            backend.cast(imaginary, dtype), _constant(backend, factor * factor.dtype.type(1j), real)
        ),
    )


def _complex_dtype(backend: Backend[A], a: A) -> DType:
    return _COMPLEX_OF[backend.dtype(a).name]


def _dct2(backend: Backend[A], a: A) -> A:
    size = _size(backend, a)
    even = _last(backend, a, slice(0, None, 2))
    odd = _last(backend, a, slice(1, None, 2))
    spectrum = backend.rfft(_joined(backend, even, _flipped(backend, odd)), _axis(backend, a))
    factor = 2 * _phases(0, 1, size // 2 + 1, 2 * size, backend.dtype(spectrum).name)
    spectrum = backend.function("multiply")(spectrum, _constant(backend, factor, a))
    upper = _last(backend, backend.function("imag")(spectrum), slice(1, (size + 1) // 2))
    lower = backend.function("real")(spectrum)
    return _joined(backend, lower, _negative(backend, _flipped(backend, upper)))


def _dct3(backend: Backend[A], a: A) -> A:
    size = _size(backend, a)
    count = size // 2 + 1
    mirrored = _flipped(backend, _last(backend, a, slice(size - count + 1, size)))
    imaginary = _joined(backend, _zero(backend, a), _negative(backend, mirrored))
    factor = size * _phases(0, 1, count, -2 * size, _complex_dtype(backend, a).name)
    spectrum = _complex(backend, _last(backend, a, slice(0, count)), imaginary, factor)
    ordered = backend.irfft(spectrum, size, _axis(backend, a))
    half = (size + 1) // 2
    odd = _flipped(backend, _last(backend, ordered, slice(half, size)))
    return _interleaved(backend, _last(backend, ordered, slice(0, half)), odd)


def _dct1(backend: Backend[A], a: A) -> A:
    inner = _last(backend, a, slice(1, _size(backend, a) - 1))
    extended = _joined(backend, a, _flipped(backend, inner))
    return backend.function("real")(backend.rfft(extended, _axis(backend, a)))


def _dct4(backend: Backend[A], a: A) -> A:
    size, axis = _size(backend, a), _axis(backend, a)
    if size % 2:  # the odd frequencies of twice as many values, half of them zero
        widths = [(0, 0)] * axis + [(0, size)]
        return _last(backend, _dct2(backend, backend.pad(a, widths, 0)), slice(1, None, 2))
    dtype = _complex_dtype(backend, a).name
    even = _last(backend, a, slice(0, None, 2))
    odd = _flipped(backend, _last(backend, a, slice(1, None, 2)))
    turned = _complex(backend, even, odd, _phases(1, 4, size // 2, 4 * size, dtype))
    factor = _constant(backend, 2 * _phases(0, 1, size // 2, size, dtype), a)
    spectrum = backend.function("multiply")(backend.fft(turned, (axis,)), factor)
    imaginary = _flipped(backend, backend.function("imag")(spectrum))
    return _interleaved(backend, backend.function("real")(spectrum), _negative(backend, imaginary))


def _dst1(backend: Backend[A], a: A) -> A:
    zero = _zero(backend, a)
    extended = _joined(backend, zero, a, zero, _negative(backend, _flipped(backend, a)))
    spectrum = backend.function("imag")(backend.rfft(extended, _axis(backend, a)))
    return _negative(backend, _last(backend, spectrum, slice(1, _size(backend, a) + 1)))


def _alternating(backend: Backend[A], a: A) -> A:
    """Every second value with the opposite sign."""
    signs = np.where(np.arange(_size(backend, a)) % 2, -1, 1).astype(backend.dtype(a).name)
    return backend.function("multiply")(a, _constant(backend, signs, a))


def _dst2(backend: Backend[A], a: A) -> A:
    return _flipped(backend, _dct2(backend, _alternating(backend, a)))


def _dst3(backend: Backend[A], a: A) -> A:
    return _alternating(backend, _dct3(backend, _flipped(backend, a)))


def _dst4(backend: Backend[A], a: A) -> A:
    return _alternating(backend, _dct4(backend, _flipped(backend, a)))


TRANSFORMS: Final[dict[str, Callable[[Backend[Any], Any], Any]]] = {
    "dct1": _dct1,
    "dct2": _dct2,
    "dct3": _dct3,
    "dct4": _dct4,
    "dst1": _dst1,
    "dst2": _dst2,
    "dst3": _dst3,
    "dst4": _dst4,
}
