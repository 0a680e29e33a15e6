"""Cases of the topic `linear_algebra`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.backend.pattern import CompressedRows, compressed, ordered
from phimath.testing.conformance.case import (
    FLOATING,
    NUMERIC,
    Case,
    Plain,
    is_double,
    real_of,
    reference,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _products() -> Iterator[Case]:
    sizes = {
        "matrices": ((2, 3), (3, 4)), "batches": ((2, 2, 3), (2, 3, 1)),
        "one-for-all": ((2, 2, 3), (3, 2)), "vector": ((2, 3), (3, 1)),
    }  # fmt: skip
    for dtype in NUMERIC:
        for name, (left, right) in sizes.items():
            pair = (sample(dtype, *left), sample(dtype, *right, seed=1))
            wrt = (0, 1) if is_double(dtype) and name != "vector" else ()
            expected = reference(np.matmul, dtype)
            yield Case(f"{name}-{dtype}", "matmul", pair, expected, differentiable=wrt)
    empty = (sample("float32", 2, 0), sample("float32", 0, 3))
    yield Case("empty", "matmul", empty, reference(np.matmul, "float32"))


_SUBSCRIPTS: Final[dict[str, tuple[tuple[int, ...], ...]]] = {
    "ij,jk->ik": ((2, 3), (3, 4)),
    "ij,ij->": ((2, 3), (2, 3)),
    "ij,j->ij": ((2, 3), (3,)),
    "i,j->ji": ((2,), (3,)),
    "ii->i": ((3, 3),),
    "ijk->ki": ((2, 3, 4),),
    "bij,bjk,k->bi": ((2, 3, 4), (2, 4, 2), (2,)),
    ",i->i": ((), (3,)),
}


def _sums() -> Iterator[Case]:
    for subscripts, sizes in _SUBSCRIPTS.items():
        for dtype in ("float32", "float64", "int64", "complex128"):
            arrays = tuple(sample(dtype, *s, seed=i) for i, s in enumerate(sizes))
            smooth = subscripts in ("ij,ij->", "ii->i", "bij,bjk,k->bi") and is_double(dtype)
            wrt = tuple(range(1, len(arrays) + 1)) if smooth else ()
            expected = reference(np.einsum, dtype)
            name = f"{subscripts}-{dtype}"
            yield Case(name, "einsum", (subscripts, *arrays), expected, differentiable=wrt)


def _regular(dtype: str, *batch: int) -> np.ndarray:
    return sample(dtype, *batch, 3, 3) + 4 * np.eye(3, dtype=dtype)


def _hermitian(dtype: str, *batch: int) -> np.ndarray:
    a = sample(dtype, *batch, 3, 3)
    return (a + np.conj(np.swapaxes(a, -1, -2))) / 2


def _adjoint(a: np.ndarray) -> np.ndarray:
    return np.conj(np.swapaxes(a, -1, -2))


def _observe_svd(u: np.ndarray, s: np.ndarray, vh: np.ndarray) -> tuple[np.ndarray, ...]:
    return (u * s[..., None, :]) @ vh, s, _adjoint(u) @ u, vh @ _adjoint(vh)


def _expect_svd(a: np.ndarray) -> tuple[np.ndarray, ...]:
    s = np.linalg.svd(a, compute_uv=False)
    unit = np.broadcast_to(np.eye(s.shape[-1], dtype=a.dtype), (*s.shape, s.shape[-1]))
    return a, s, unit, unit


def _observe_eigh(values: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, ...]:
    unit = _adjoint(vectors) @ vectors
    return (vectors * values[..., None, :]) @ _adjoint(vectors), values, unit


def _expect_eigh(a: np.ndarray) -> tuple[np.ndarray, ...]:
    return a, np.linalg.eigvalsh(a), np.broadcast_to(np.eye(3, dtype=a.dtype), a.shape)


def _observe_qr(q: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, ...]:
    return q @ r, _adjoint(q) @ q, np.tril(r, -1)


def _expect_qr(a: np.ndarray) -> tuple[np.ndarray, ...]:
    count = min(a.shape[-2:])
    sizes = (*a.shape[:-2], count, count)
    below = np.zeros((*a.shape[:-2], count, a.shape[-1]), a.dtype)
    return a, np.broadcast_to(np.eye(count, dtype=a.dtype), sizes), below


def _in_order(values: np.ndarray) -> np.ndarray:
    order = np.lexsort((np.imag(values), np.real(values).round(3)), axis=-1)
    return np.take_along_axis(values, order, -1)


def _expect_eigenvalues(a: np.ndarray) -> np.ndarray:
    dtype = "complex64" if a.dtype.name in ("float32", "complex64") else "complex128"
    return _in_order(np.linalg.eigvals(a).astype(dtype))


def _decompositions() -> Iterator[Case]:
    tolerance: dict[str, Any] = {"ulps": 256}
    for dtype in FLOATING:
        wrt = (0,) if is_double(dtype) else ()
        real = real_of(dtype)
        for name, sizes in {"tall": (4, 3), "wide": (2, 3, 4)}.items():
            a = sample(dtype, *sizes)
            yield Case(
                f"{name}-{dtype}", "svd", (a,), _expect_svd, _observe_svd, (dtype, real, dtype),
                differentiable=wrt, differentiated=(1,), **tolerance,
            )  # fmt: skip
            yield Case(
                f"{name}-{dtype}", "qr", (a,), _expect_qr, _observe_qr, (dtype, dtype), **tolerance
            )
        for name, batch in {"one": (), "batch": (2,)}.items():
            yield Case(
                f"{name}-{dtype}", "eigh", (_hermitian(dtype, *batch),), _expect_eigh,
                _observe_eigh, (real, dtype), differentiated=(0,), **tolerance,
            )  # fmt: skip
            general = _regular(dtype, *batch)
            kind = "complex64" if dtype in ("float32", "complex64") else "complex128"
            yield Case(
                f"{name}-{dtype}", "eigenvalues", (general,), _expect_eigenvalues, _in_order,
                (kind,), **tolerance,
            )  # fmt: skip
            right = sample(dtype, *batch, 3, 2, seed=1)
            yield Case(
                f"{name}-{dtype}", "solve", (general, right), reference(np.linalg.solve, dtype),
                differentiable=(0, 1) if wrt else (), **tolerance,
            )  # fmt: skip


def _by_matrices(pattern: CompressedRows, values: np.ndarray, x: np.ndarray) -> np.ndarray:
    matrices = np.zeros((len(values), pattern.rows, pattern.columns), values.dtype)
    matrices[:, pattern.row_of_entry, pattern.indices] = values
    return matrices @ x


def _sparse_products() -> Iterator[Case]:
    patterns = {
        "even": np.array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]]),
        "uneven": np.array([[1, 1, 1, 1]] + [[0, 0, 0, 0]] * 6 + [[0, 0, 0, 1]]),
        "empty": np.zeros((2, 3), int),
    }
    for name, mask in patterns.items():
        rows, columns = np.nonzero(mask)
        keys = ordered(mask.shape[1], rows, columns).keys
        pattern = compressed(mask.shape[0], mask.shape[1], keys)
        for dtype in NUMERIC:
            for batch, channels in ((1, 1), (2, 3)):
                values = sample(dtype, batch, len(rows))
                x = sample(dtype, batch, mask.shape[1], channels, seed=1)
                wrt = (1, 2) if is_double(dtype) and name != "empty" else ()
                yield Case(
                    f"{name}-{channels}-{dtype}", "sparse_matmul", (Plain(pattern), values, x),
                    reference(_by_matrices, dtype), differentiable=wrt,
                )  # fmt: skip


CASES: Final = (*_products(), *_sums(), *_decompositions(), *_sparse_products())
