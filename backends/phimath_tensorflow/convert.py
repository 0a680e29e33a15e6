"""Topic `convert` on TensorFlow: data types, devices, the way to NumPy and other frameworks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.backend.contract.convert import Convert
from phimath.dtype import (
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
)
from phimath.errors import DTypeError, NotSupported
from phimath_tensorflow.library import native, static_sizes, tf
from phimath_tensorflow.special import as_complex, real

if TYPE_CHECKING:
    from phimath.dtype import DType

NATIVE: Final[dict[DType, tf.DType]] = {
    BOOL: tf.bool,
    INT8: tf.int8,
    INT16: tf.int16,
    INT32: tf.int32,
    INT64: tf.int64,
    UINT8: tf.uint8,
    UINT16: tf.uint16,
    UINT32: tf.uint32,
    UINT64: tf.uint64,
    FLOAT16: tf.float16,
    FLOAT32: tf.float32,
    FLOAT64: tf.float64,
    COMPLEX64: tf.complex64,
    COMPLEX128: tf.complex128,
}

# TensorFlow interns its types; their own hash is computed in Python: 0.35 µs per look-up by the
# type, 0.15 µs by its id.
_DTYPE_OF: Final = {id(native_dtype): dtype for dtype, native_dtype in NATIVE.items()}

_ALIGNMENT: Final = 64
"""Bytes; `EIGEN_MAX_ALIGN_BYTES` of TensorFlow's builds."""

_cast = native("Cast")
_deep_copy = native("DeepCopy")
_identity = native("Identity")


class TensorFlowConvert(Convert[tf.Tensor]):
    """Variables are accepted wherever tensors are."""

    def owns(self, array: object) -> bool:
        return isinstance(array, (tf.Tensor, tf.Variable))

    def dtype(self, array: tf.Tensor) -> DType:
        found = _DTYPE_OF.get(id(array.dtype))
        if found is None:
            raise DTypeError(
                f"TensorFlow's {array.dtype.name} has no counterpart among "
                f"{', '.join(map(str, NATIVE))}. Convert the tensor first, e.g. with "
                "tf.cast(tensor, tf.float32)."
            )
        return found

    def native_dtype(self, dtype: DType) -> tf.DType:
        return NATIVE[dtype]

    def cast(self, array: tf.Tensor, dtype: DType) -> tf.Tensor:
        source, target = array.dtype, NATIVE[dtype]
        if source is target:
            return array
        if target.is_complex and source.is_floating:
            return as_complex(array, target)
        if source.is_complex and target.is_floating:
            array = real(array)
        # The bare operation: `tf.cast` logs a warning for each imaginary part it drops.
        return _cast(array, target)

    def sizes(self, array: tf.Tensor) -> tuple[int, ...]:
        return static_sizes(array)

    def from_numpy(self, array: np.ndarray, device: str | None = None) -> tf.Tensor:
        array = np.asarray(array)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        if tf.executing_eagerly():
            return _placed(array, device)
        with tf.init_scope():  # a graph then refers to the values instead of containing them
            return _placed(array, device)

    def to_numpy(self, array: tf.Tensor) -> np.ndarray:
        if not self.is_available(array):
            raise NotSupported(
                f"A traced tensor of type {array.dtype.name} and shape {array.shape} has no values "
                "to convert to NumPy. Return it from the compiled function and convert it there."
            )
        shared = np.asarray(array).view()
        shared.flags.writeable = False  # TensorFlow relies on tensors never changing
        return shared

    def from_dlpack(self, array: Any) -> tf.Tensor:  # anything with __dlpack__, of any framework
        # One tensor, whatever the address: TensorFlow numbers them and its functions together, and
        # XLA finds kept programs by the names with these numbers.
        if isinstance(array, np.ndarray) and array.ctypes.data % _ALIGNMENT:
            return self.from_numpy(array)
        try:
            shared = tf.experimental.dlpack.from_dlpack(array.__dlpack__())
        except (BufferError, tf.errors.InvalidArgumentError):
            # Read-only memory, or an order of the elements that TensorFlow can't express.
            return self.from_numpy(_through_numpy(array))
        return shared if self._is_aligned(shared) else self.from_numpy(np.asarray(shared))

    def _is_aligned(self, array: tf.Tensor) -> bool:
        """Whether operations accept the memory: on CPUs, those on other memory end the process."""
        if not self.device(array).startswith("cpu"):
            return True
        return np.asarray(array).ctypes.data % _ALIGNMENT == 0

    def copy(self, array: tf.Tensor) -> tf.Tensor:
        if not self.is_available(array):
            return _identity(array)
        copied: Any = _copied(array)  # the decorator changes what the function returns
        return copied

    def devices(self) -> tuple[str, ...]:
        return _devices()

    def device(self, array: tf.Tensor) -> str:
        # Tensors of a graph have no device before it runs.
        return _name(array.device) if array.device else _devices()[0]

    def to_device(self, array: tf.Tensor, device: str) -> tf.Tensor:
        with tf.device(device):
            return _identity(array)

    def synchronize(self, array: tf.Tensor) -> None:
        # Only reading waits for a device; operations on a CPU have ended when they return.
        if self.is_available(array) and not self.device(array).startswith("cpu"):
            np.asarray(tf.reshape(array, (-1,))[:1])

    def is_available(self, array: tf.Tensor) -> bool:
        if isinstance(array, tf.Variable):
            return tf.executing_eagerly()
        return not tf.is_symbolic_tensor(array)


def _placed(array: np.ndarray, device: str | None) -> tf.Tensor:
    if device is None:
        return tf.constant(array)
    with tf.device(device):
        return tf.constant(array)


def _through_numpy(array: Any) -> np.ndarray:  # anything with __dlpack__
    return array if isinstance(array, np.ndarray) else np.from_dlpack(array)


@tf.custom_gradient
def _copied(array: tf.Tensor) -> tuple[tf.Tensor, Any]:  # a function, which has no common type
    return _deep_copy(array), _identity


@cache
def _devices() -> tuple[str, ...]:
    names = [_name(device.name) for device in tf.config.list_logical_devices()]
    # Where TensorFlow puts arrays unless told otherwise: the first GPU, if it sees one.
    default = next((name for name in names if name.startswith("gpu")), "cpu:0")
    return (default, *(name for name in names if name != default))


@cache
def _name(device: str) -> str:
    """`/job:localhost/replica:0/task:0/device:GPU:0` → `gpu:0`."""
    kind, _, index = device.lower().rpartition("/")[2].removeprefix("device:").partition(":")
    return f"{kind}:{index or 0}"
