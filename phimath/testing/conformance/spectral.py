"""Cases of the topic `spectral`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.fft import dct, dst

from phimath.testing.conformance.case import COMPLEXES, FLOATS, Case, is_double, reference, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRANSFORMS: Final = {"fft": np.fft.fftn, "ifft": np.fft.ifftn}
_COMPLEX_OF: Final = {"float32": "complex64", "float64": "complex128"}


def _complex() -> Iterator[Case]:
    for name, function in _TRANSFORMS.items():
        for dtype in COMPLEXES:
            values = sample(dtype, 3, 4, 5)
            for axes in ((0,), (2,), (0, 2), (0, 1, 2)):
                expected = reference(lambda a, axes, f=function: f(a, axes=axes), dtype)
                wrt = (0,) if is_double(dtype) else ()
                case = f"{dtype}-{''.join(map(str, axes))}"
                arguments = (values, axes)
                yield Case(case, name, arguments, expected, differentiable=wrt, ulps=256)


def _real() -> Iterator[Case]:
    for dtype in FLOATS:
        wrt = (0,) if is_double(dtype) else ()
        complex_type = _COMPLEX_OF[dtype]
        for size in (4, 5):
            for axis in (0, 1):
                sizes = (size, 3) if axis == 0 else (3, size)
                values = sample(dtype, *sizes)
                expected = reference(lambda a, axis: np.fft.rfft(a, axis=axis), complex_type)
                case = f"{dtype}-{size}-{axis}"
                arguments = (values, axis)
                yield Case(case, "rfft", arguments, expected, differentiable=wrt, ulps=256)
                spectrum = np.fft.rfft(values.astype("float64"), axis=axis).astype(complex_type)
                expected = reference(lambda a, n, axis: np.fft.irfft(a, n, axis), dtype)
                yield Case(case, "irfft", (spectrum, size, axis), expected, ulps=256)


def _waves() -> Iterator[Case]:
    # Both sides of the length up to which a backend may multiply by a matrix, even and odd.
    shapes: tuple[tuple[tuple[int, ...], int], ...] = (
        ((5,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 5, 3), 1), ((2, 130), 1), ((131, 2), 0),
    )  # fmt: skip
    for name, function in (("dct", dct), ("dst", dst)):
        for kind in (1, 2, 3, 4):
            for sizes, axis in shapes:
                for dtype in FLOATS:
                    is_small = max(sizes) < 9
                    expected = reference(
                        lambda a, axis, kind, f=function: f(a, kind, axis=axis), dtype
                    )
                    yield Case(
                        f"{kind}-{dtype}-{'x'.join(map(str, sizes))}-{axis}",
                        name,
                        (sample(dtype, *sizes), axis, kind),
                        expected,
                        differentiable=(0,) if is_double(dtype) and is_small else (),
                        ulps=256 if is_small else 2048,
                    )


CASES: Final = (*_complex(), *_real(), *_waves())
