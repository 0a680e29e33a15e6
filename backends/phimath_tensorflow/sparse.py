"""Topic `sparse` on TensorFlow: `tf.SparseTensor`."""

from __future__ import annotations

from typing import Any

from phimath.backend.contract.sparse import Sparse, SparseParts
from phimath_tensorflow.library import tf


class TensorFlowSparse(Sparse[tf.Tensor]):
    """Coordinates only."""

    def is_sparse(self, array: object) -> bool:
        return isinstance(array, tf.SparseTensor)

    def sparse_parts(self, array: Any) -> SparseParts[tf.Tensor]:
        return "coo", tuple(array.shape.as_list()), array.indices, array.values

    def sparse_native(
        self, format: str, sizes: tuple[int, ...], indices: tf.Tensor, values: tf.Tensor
    ) -> Any:
        return tf.SparseTensor(indices, values, sizes)
