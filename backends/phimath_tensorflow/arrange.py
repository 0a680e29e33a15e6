"""Topic `arrange` on TensorFlow: moving elements without changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.backend.contract.arrange import Arrange
from phimath_tensorflow.library import constant, native, static_sizes, tf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract.create import Number

_broadcast_to = native("BroadcastTo")
_concat = native("ConcatV2")
_expand_dims = native("ExpandDims")
_identity = native("Identity")
_pack = native("Pack")
_pad = native("PadV2")
_reshape = native("Reshape")
_reverse = native("ReverseV2")
_strided_slice = native("StridedSlice")
_transpose = native("Transpose")


class TensorFlowArrange(Arrange[tf.Tensor]):
    """TensorFlow has no views but of whole tensors: broadcasting and slicing copy."""

    def reshape(self, a: tf.Tensor, sizes: tuple[int, ...]) -> tf.Tensor:
        return _reshape(a, constant(sizes))

    def transpose(self, a: tf.Tensor, axes: tuple[int, ...]) -> tf.Tensor:
        return _transpose(a, constant(axes))

    def expand_dims(self, a: tf.Tensor, axes: tuple[int, ...]) -> tf.Tensor:
        for axis in axes:
            a = _expand_dims(a, constant(axis))
        return a

    def broadcast_to(self, a: tf.Tensor, sizes: tuple[int, ...]) -> tf.Tensor:
        return _broadcast_to(a, constant(sizes))

    def get(self, a: tf.Tensor, index: tuple[int | slice, ...]) -> tf.Tensor:
        """Bits of masks say which axes have no begin, no end, or are indexed by an integer."""
        begin, end, strides = [], [], []
        open_begin = open_end = integers = 0
        for axis, item in enumerate(index):
            if isinstance(item, slice):
                open_begin |= (item.start is None) << axis
                open_end |= (item.stop is None) << axis
                begin.append(item.start or 0)
                end.append(item.stop or 0)
                strides.append(1 if item.step is None else item.step)
            else:
                integers |= 1 << axis
                begin.append(item)
                end.append(item + 1)
                strides.append(1)
        limits = constant(tuple(begin)), constant(tuple(end)), constant(tuple(strides))
        return _strided_slice(a, *limits, open_begin, open_end, 0, 0, integers)

    def concat(self, arrays: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
        # The operation wants two arrays or more.
        return _concat(list(arrays), constant(axis)) if len(arrays) > 1 else _identity(arrays[0])

    def stack(self, arrays: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
        return _pack(list(arrays), axis)

    def flip(self, a: tf.Tensor, axes: tuple[int, ...]) -> tf.Tensor:
        return _reverse(a, constant(axes))

    def pad(self, a: tf.Tensor, widths: Sequence[tuple[int, int]], value: Number) -> tf.Tensor:
        if not widths:
            return a
        return _pad(a, constant(tuple((before, after) for before, after in widths)), value)

    def repeat(self, a: tf.Tensor, count: int, axis: int) -> tf.Tensor:
        sizes = static_sizes(a)
        before, after = sizes[: axis + 1], sizes[axis + 1 :]
        copies = self.broadcast_to(self.expand_dims(a, (axis + 1,)), (*before, count, *after))
        return self.reshape(copies, (*sizes[:axis], sizes[axis] * count, *after))
