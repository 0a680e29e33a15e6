"""Topic `spectral` on TensorFlow: Fourier transforms, unnormalised forwards, 1/n backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from phimath.backend.contract.spectral import Spectral
from phimath_tensorflow.library import constant, native, tf

if TYPE_CHECKING:
    from collections.abc import Callable

_cast = native("Cast")
_irfft = native("IRFFT")
_rfft = native("RFFT")
_transpose = native("Transpose")

_FORWARD: Final = {1: native("FFT"), 2: native("FFT2D"), 3: native("FFT3D")}
_BACKWARD: Final = {1: native("IFFT"), 2: native("IFFT2D"), 3: native("IFFT3D")}
_MOST_AXES: Final = 3


class TensorFlowSpectral(Spectral[tf.Tensor]):
    """TensorFlow transforms the last one, two or three axes: others are moved there and back."""

    def fft(self, a: tf.Tensor, axes: tuple[int, ...]) -> tf.Tensor:
        return _transform(_FORWARD, a, axes)

    def ifft(self, a: tf.Tensor, axes: tuple[int, ...]) -> tf.Tensor:
        return _transform(_BACKWARD, a, axes)

    def rfft(self, a: tf.Tensor, axis: int) -> tf.Tensor:
        if a.dtype is tf.float16:
            a = _cast(a, tf.float32)
        result = tf.complex128 if a.dtype is tf.float64 else tf.complex64
        size = constant((a.shape[axis],))
        return _on_last(lambda rows: _rfft(rows, size, result), a, (axis,))

    def irfft(self, a: tf.Tensor, size: int, axis: int) -> tf.Tensor:
        result = a.dtype.real_dtype
        return _on_last(lambda rows: _irfft(rows, constant((size,)), result), a, (axis,))


def _transform(
    kernels: dict[int, Callable[[tf.Tensor], tf.Tensor]], a: tf.Tensor, axes: tuple[int, ...]
) -> tf.Tensor:
    for first in range(0, len(axes), _MOST_AXES):
        group = axes[first : first + _MOST_AXES]
        a = _on_last(kernels[len(group)], a, group)
    return a


def _on_last(
    function: Callable[[tf.Tensor], tf.Tensor], a: tf.Tensor, axes: tuple[int, ...]
) -> tf.Tensor:
    """Apply a function of the last axes to these axes."""
    order = (*(axis for axis in range(a.shape.rank) if axis not in axes), *axes)
    if order == tuple(range(len(order))):
        return function(a)
    back = tuple(order.index(axis) for axis in range(len(order)))
    return _transpose(function(_transpose(a, constant(order))), constant(back))
