"""Cosine and sine transforms of types I to III along the last axis, by way of the real Fourier one.

Types II and III take one transform of the same length: Makhoul, A fast cosine transform in one and
two dimensions, IEEE Trans. Acoust.
Speech Signal Process. 28 (1980).  Nothing is normalised, as in `scipy.fft`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.dtype import COMPLEX64, COMPLEX128
from phimath.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native


_COMPLEX_OF = {"float16": COMPLEX64, "float32": COMPLEX64, "float64": COMPLEX128}


@lru_cache(maxsize=256)
def _even_then_odd(size: int) -> np.ndarray:
    """Positions 0, 2, 4, … up, then … 5, 3, 1 down."""
    return np.concatenate([np.arange(0, size, 2), np.arange(1, size, 2)[::-1]])


@lru_cache(maxsize=256)
def _back_from_even_then_odd(size: int) -> np.ndarray:
    return np.argsort(_even_then_odd(size))


@lru_cache(maxsize=256)
def _twiddle(size: int, sign: int, dtype: str) -> np.ndarray:
    """exp(± i π k / 2n) for the frequencies of a real transform."""
    return np.exp(sign * 0.5j * np.pi * np.arange(size // 2 + 1) / size).astype(dtype)


@lru_cache(maxsize=256)
def _alternating(size: int, dtype: str) -> np.ndarray:
    return np.where(np.arange(size) % 2, -1, 1).astype(dtype)


def _size(backend: Backend[Any], a: Native) -> int:
    return backend.sizes(a)[-1]


def _constant(backend: Backend[Any], array: np.ndarray, like: Native) -> Native:
    return backend.from_numpy(array, backend.device(like))


def _last(backend: Backend[Any], a: Native, part: slice) -> Native:
    return backend.get(a, (slice(None),) * (len(backend.sizes(a)) - 1) + (part,))


def _flipped(backend: Backend[Any], a: Native) -> Native:
    return backend.flip(a, (len(backend.sizes(a)) - 1,))


def _joined(backend: Backend[Any], *parts: Native) -> Native:
    return backend.concat(parts, len(backend.sizes(parts[0])) - 1)


def _ordered(backend: Backend[Any], a: Native, positions: np.ndarray) -> Native:
    return backend.take(a, _constant(backend, positions, a), len(backend.sizes(a)) - 1)


def _dct2(backend: Backend[Any], a: Native) -> Native:
    size, axis = _size(backend, a), len(backend.sizes(a)) - 1
    spectrum = backend.rfft(_ordered(backend, a, _even_then_odd(size)), axis)
    twiddle = _constant(backend, 2 * _twiddle(size, -1, backend.dtype(spectrum).name), a)
    spectrum = backend.function("multiply")(spectrum, twiddle)
    upper = _last(backend, backend.function("imag")(spectrum), slice(1, (size + 1) // 2))
    lower = backend.function("real")(spectrum)
    return _joined(backend, lower, backend.function("negative")(_flipped(backend, upper)))


def _dct3(backend: Backend[Any], a: Native) -> Native:
    size, axis = _size(backend, a), len(backend.sizes(a)) - 1
    multiply, add = backend.function("multiply"), backend.function("add")
    count = size // 2 + 1
    first = _last(backend, a, slice(0, 1))
    mirrored = _joined(
        backend,
        multiply(first, 0),
        _flipped(backend, _last(backend, a, slice(size - count + 1, size))),
    )
    complex_type = _COMPLEX_OF[backend.dtype(a).name]
    real = backend.cast(_last(backend, a, slice(0, count)), complex_type)
    imaginary = backend.cast(mirrored, complex_type)
    twiddle = _twiddle(size, 1, complex_type.name)
    spectrum = add(
        multiply(real, _constant(backend, size * twiddle, a)),
        multiply(imaginary, _constant(backend, -1j * size * twiddle, a)),
    )
    return _ordered(backend, backend.irfft(spectrum, size, axis), _back_from_even_then_odd(size))


def _dct1(backend: Backend[Any], a: Native) -> Native:
    size, axis = _size(backend, a), len(backend.sizes(a)) - 1
    if size < 2:
        raise ShapeError("The cosine transform of type 1 needs at least 2 values. Use type 2.")
    extended = _joined(backend, a, _flipped(backend, _last(backend, a, slice(1, size - 1))))
    return backend.function("real")(backend.rfft(extended, axis))


def _dst1(backend: Backend[Any], a: Native) -> Native:
    size, axis = _size(backend, a), len(backend.sizes(a)) - 1
    zero = backend.function("multiply")(_last(backend, a, slice(0, 1)), 0)
    negative = backend.function("negative")
    extended = _joined(backend, zero, a, zero, negative(_flipped(backend, a)))
    spectrum = backend.function("imag")(backend.rfft(extended, axis))
    return negative(_last(backend, spectrum, slice(1, size + 1)))


def _dst2(backend: Backend[Any], a: Native) -> Native:
    signs = _constant(backend, _alternating(_size(backend, a), backend.dtype(a).name), a)
    return _flipped(backend, _dct2(backend, backend.function("multiply")(a, signs)))


def _dst3(backend: Backend[Any], a: Native) -> Native:
    signs = _constant(backend, _alternating(_size(backend, a), backend.dtype(a).name), a)
    return backend.function("multiply")(_dct3(backend, _flipped(backend, a)), signs)


def scale_of_inverse(family: str, type: int, size: int) -> float:
    """Factor by which the transform that undoes another one is multiplied."""
    if type == 1:
        return 1 / (2 * (size - 1)) if family == "dct" and size > 1 else 1 / (2 * (size + 1))
    return 1 / (2 * size)


TRANSFORMS: Mapping[str, Callable[[Backend[Any], Native], Native]] = {
    "dct1": _dct1,
    "dct2": _dct2,
    "dct3": _dct3,
    "dst1": _dst1,
    "dst2": _dst2,
    "dst3": _dst3,
}
