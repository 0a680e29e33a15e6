"""Topic `create` on TensorFlow: arrays from sizes and numbers."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final

from phimath.backend.contract.create import Create
from phimath_tensorflow.convert import NATIVE
from phimath_tensorflow.library import constant, native, tf

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from phimath.backend.contract.create import Number
    from phimath.dtype import DType

_KINDS: Final[dict[str, Callable[[Any], Number]]] = {
    "bool": bool,
    "int": int,
    "uint": int,
    "float": float,
    "complex": complex,
}

_cast = native("Cast")
_fill = native("Fill")
_range = native("Range")


class TensorFlowCreate(Create[tf.Tensor]):
    """Filled and counted on the device itself."""

    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> tf.Tensor:
        with on_device(device):
            # TensorFlow refuses True as a floating number and 1.0 as an integer.
            converted: Any = _KINDS[dtype.kind](value)  # TensorFlow's stubs know no complex numbers
            number = tf.constant(converted, NATIVE[dtype])
            return _fill(constant(sizes), number) if sizes else number

    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> tf.Tensor:
        with on_device(device):
            # Counted in int64, since not all types have a kernel.
            limits = (tf.constant(number, tf.int64) for number in (start, stop, step))
            return _cast(_range(*limits), NATIVE[dtype])


def on_device(device: str | None) -> AbstractContextManager[object]:
    """Create on a device; `None` leaves the choice to TensorFlow."""
    return nullcontext() if device is None else tf.device(device)
