"""Topic `index` on TensorFlow: reading and writing at positions given by integer arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from phimath.backend.contract.index import Index
from phimath_tensorflow.library import constant, native, sizes_of, static_sizes, tf

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode

_add = native("AddV2")
_expand_dims = native("ExpandDims")
_gather = native("GatherV2")
_range = native("Range")
_reshape = native("Reshape")
_where = native("Where")

_SCATTER: Final = {
    "update": native("TensorScatterUpdate"),
    "add": native("TensorScatterAdd"),
    "min": native("TensorScatterMin"),
    "max": native("TensorScatterMax"),
}
_SEARCH: Final = {"left": native("LowerBound"), "right": native("UpperBound")}


class TensorFlowIndex(Index[tf.Tensor]):
    """CPUs check positions; on GPUs those out of range read zeros and write nothing."""

    def take(self, a: tf.Tensor, indices: tf.Tensor, axis: int) -> tf.Tensor:
        return _gather(a, indices, constant(axis))

    def gather(self, a: tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
        return _gather(a, indices, constant(1), 1)

    def scatter(
        self, base: tf.Tensor, indices: tf.Tensor, values: tf.Tensor, mode: ScatterMode
    ) -> tf.Tensor:
        batch, points, channels = static_sizes(base)
        rows = _reshape(base, constant((batch * points, channels)))
        if batch != 1:
            limits = (0, batch * points, points)  # graphs would give bare numbers a type each
            starts = _range(*(tf.constant(limit, indices.dtype) for limit in limits))
            indices = _add(indices, _expand_dims(starts, constant(1)))
        positions = _reshape(indices, constant((-1, 1)))
        updates = _reshape(values, constant((-1, channels)))
        combined = _SCATTER[mode](rows, positions, updates)
        return _reshape(combined, constant((batch, points, channels)))

    def nonzero(self, mask: tf.Tensor) -> tf.Tensor:
        return _where(mask)

    def boolean_mask(self, a: tf.Tensor, mask: tf.Tensor, axis: int) -> tf.Tensor:
        return _gather(a, _reshape(_where(mask), constant((-1,))), constant(axis))

    def searchsorted(
        self, sorted_values: tf.Tensor, values: tf.Tensor, side: Literal["left", "right"]
    ) -> tf.Tensor:
        # The operation works on rows.
        rows = _reshape(sorted_values, constant((1, -1)))
        wanted = _reshape(values, constant((1, -1)))
        return _reshape(_SEARCH[side](rows, wanted, tf.int64), sizes_of(values))
