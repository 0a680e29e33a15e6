"""Topic `linear_algebra` on TensorFlow: products and decompositions."""

from __future__ import annotations

from typing import Any, Final

from phimath.backend.contract.linear_algebra import LinearAlgebra
from phimath.backend.singular import solve_each
from phimath_tensorflow.library import constant, native, tf
from phimath_tensorflow.special import real

_cast = native("Cast")
_broadcast_to = native("BroadcastTo")
_conjugate_transpose = native("ConjugateTranspose")
_eigenvalues = native("Eig")
_eigh = native("SelfAdjointEigV2")
_einsum = native("Einsum")
_matmul = native("BatchMatMulV2")
_qr = native("Qr")
_solve = native("MatrixSolve")
_svd = native("Svd")

_MULTIPLIED: Final = {
    "float16", "float32", "float64", "int32", "int64", "complex64", "complex128",
}  # fmt: skip
"""Types that products have kernels for; int64 computes the others, and wraps to the same bits."""


class TensorFlowLinearAlgebra(LinearAlgebra[tf.Tensor]):
    """Decompositions of half-precision matrices are computed in 32 bits."""

    def matmul(self, a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        dtype = a.dtype
        if dtype.name in _MULTIPLIED:
            return _matmul(a, b)
        return _cast(_matmul(_cast(a, tf.int64), _cast(b, tf.int64)), dtype)

    def einsum(self, subscripts: str, *arrays: tf.Tensor) -> tf.Tensor:
        dtype = arrays[0].dtype
        if dtype.name not in _MULTIPLIED:
            return _cast(self.einsum(subscripts, *(_cast(a, tf.int64) for a in arrays)), dtype)
        if len(arrays) > 2:  # the operation takes two at most; this finds an order
            return tf.einsum(subscripts, *arrays)
        return _einsum(list(arrays), subscripts.replace(" ", ""))

    def svd(self, a: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        s, u, v = _svd(_wide(a), True, False)
        rank = v.shape.rank
        v_adjoint = _conjugate_transpose(v, constant((*range(rank - 2), rank - 1, rank - 2)))
        return _narrow(u, a), _narrow(real(s), a), _narrow(v_adjoint, a)

    def eigenvalues(self, a: tf.Tensor) -> tf.Tensor:
        a = _wide(a)
        complex_dtype = tf.complex128 if a.dtype.real_dtype is tf.float64 else tf.complex64
        return _eigenvalues(a, complex_dtype, False)[0]

    def eigh(self, a: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        values, vectors = _eigh(_wide(a), True)
        return _narrow(real(values), a), _narrow(vectors, a)

    def solve(self, a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        left, right = a.shape.as_list(), b.shape.as_list()
        if left[:-2] != right[:-2]:  # the operation doesn't broadcast
            leading = tf.broadcast_static_shape(a.shape[:-2], b.shape[:-2]).as_list()
            a = _broadcast_to(a, constant((*leading, *left[-2:])))
            b = _broadcast_to(b, constant((*leading, *right[-2:])))
        try:
            return _narrow(_solve(_wide(a), _wide(b)), a)
        except tf.errors.InvalidArgumentError:  # one of the matrices is singular
            backend: Any = self
            return solve_each(backend, a, b)

    def qr(self, a: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        q, r = _qr(_wide(a), False)
        return _narrow(q, a), _narrow(r, a)


def _wide(a: tf.Tensor) -> tf.Tensor:
    return _cast(a, tf.float32) if a.dtype is tf.float16 else a


def _narrow(result: tf.Tensor, argument: tf.Tensor) -> tf.Tensor:
    return _cast(result, tf.float16) if argument.dtype is tf.float16 else result
