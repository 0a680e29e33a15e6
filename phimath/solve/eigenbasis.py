"""Eigenvectors of the second difference along one axis, applied as transforms.

For each pair of sides: n values are taken to the n coefficients of their eigenvectors and back by
cosine, sine or Fourier transforms, not normalised (Strang, The discrete cosine transform, SIAM
Review 41, 1999).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.sparse.stencil_operator import Sides

A = TypeVar("A")


class Basis(NamedTuple):
    """Eigenvectors for one pair of sides.

    forward, backward: Transforms of an array along an axis.
    angles: Of n eigenvectors, in units of π: the eigenvalues are 2 − 2 cos(angle).
    product: What forward and backward multiply n values by.
    """

    forward: Callable[[Backend[Any], Any, int], Any]
    backward: Callable[[Backend[Any], Any, int], Any]
    angles: Callable[[int], np.ndarray]
    product: Callable[[int], int]


@lru_cache(maxsize=256)
def eigenvalues(sides: Sides, size: int) -> np.ndarray:
    """Of minus the second difference, in double precision."""
    angles = periodic_angles(size) if sides[0] == "periodic" else BASES[sides].angles(size)
    # Small ones would lose digits as 2 − 2 cos.
    return 4 * np.sin(np.pi / 2 * angles) ** 2


def periodic_angles(size: int) -> np.ndarray:
    """Of the waves exp(± i π angle j), as Fourier transforms list them."""
    return 2 * np.abs(np.fft.fftfreq(size))


def _dct(kind: int) -> Callable[[Backend[A], A, int], A]:
    return lambda backend, a, axis: backend.dct(a, axis, kind)


def _dst(kind: int) -> Callable[[Backend[A], A, int], A]:
    return lambda backend, a, axis: backend.dst(a, axis, kind)


def _flipped(
    transform: Callable[[Backend[A], A, int], A], before: bool
) -> Callable[[Backend[A], A, int], A]:
    """For the sides in exchange: values are flipped before or after."""
    if before:
        return lambda backend, a, axis: transform(backend, backend.flip(a, (axis,)), axis)
    return lambda backend, a, axis: backend.flip(transform(backend, a, axis), (axis,))


# --- zero one cell beyond one side ---
# The box, mirrored about the far node and made twice as long, has every second eigenvector of one
# with equal sides.


def _odd(backend: Backend[A], a: A, axis: int) -> A:
    index = [slice(None)] * len(backend.sizes(a))
    index[axis] = slice(1, None, 2)
    return backend.get(a, tuple(index))


def _lengthened(backend: Backend[A], a: A, axis: int) -> A:
    """Followed by zeros, 2n + 1 values."""
    sizes = backend.sizes(a)
    widths = [(0, sizes[axis] + 1 if i == axis else 0) for i in range(len(sizes))]
    return backend.pad(a, widths, 0)


def _closed_node(backend: Backend[A], a: A, axis: int) -> A:
    return _odd(backend, backend.dct(_lengthened(backend, a, axis), axis, 2), axis)


def _face_node(backend: Backend[A], a: A, axis: int) -> A:
    return _odd(backend, backend.dst(_lengthened(backend, a, axis), axis, 2), axis)


def _back_from_face_node(backend: Backend[A], a: A, axis: int) -> A:
    """From coefficients at the odd places of 2n + 1."""
    sizes = backend.sizes(a)
    zeros = backend.full(sizes, 0, backend.dtype(a), backend.device(a))
    pairs = backend.stack((zeros, a), axis + 1)
    doubled = backend.reshape(pairs, (*sizes[:axis], 2 * sizes[axis], *sizes[axis + 1 :]))
    widths = [(0, 1 if i == axis else 0) for i in range(len(sizes))]
    values = backend.dst(backend.pad(doubled, widths, 0), axis, 3)
    index = [slice(None)] * len(sizes)
    index[axis] = slice(0, sizes[axis])
    return backend.get(values, tuple(index))


def _whole(first: int) -> Callable[[int], np.ndarray]:
    return lambda n: (np.arange(n) + first) / n


def _half(n: int) -> np.ndarray:
    return (np.arange(n) + 0.5) / n


def _odd_angles(n: int) -> np.ndarray:
    return (2 * np.arange(n) + 1) / (2 * n + 1)


def _even_angles(n: int) -> np.ndarray:
    return (2 * np.arange(n) + 2) / (2 * n + 1)


def _double(n: int) -> int:
    return 2 * n


def _lengthened_product(n: int) -> int:
    return 2 * n + 1


_FACE_NODE: Final = (_even_angles, _lengthened_product)
_CLOSED_NODE: Final = (_odd_angles, _lengthened_product)

BASES: Final[dict[Sides, Basis]] = {
    ("closed", "closed"): Basis(_dct(2), _dct(3), _whole(0), _double),
    ("face", "face"): Basis(_dst(2), _dst(3), _whole(1), _double),
    ("closed", "face"): Basis(_dct(4), _dct(4), _half, _double),
    ("face", "closed"): Basis(_dst(4), _dst(4), _half, _double),
    ("node", "node"): Basis(
        _dst(1), _dst(1), lambda n: (np.arange(n) + 1) / (n + 1), lambda n: 2 * (n + 1)
    ),
    ("closed", "node"): Basis(_closed_node, _closed_node, *_CLOSED_NODE),
    ("node", "closed"): Basis(
        _flipped(_closed_node, True), _flipped(_closed_node, False), *_CLOSED_NODE
    ),
    ("face", "node"): Basis(_face_node, _back_from_face_node, *_FACE_NODE),
    ("node", "face"): Basis(
        _flipped(_face_node, True), _flipped(_back_from_face_node, False), *_FACE_NODE
    ),
}
