"""Topic `sparse`: the way to and from sparse arrays of other libraries."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    from phimath.backend.contract import Backend

A = TypeVar("A")
SparseParts: TypeAlias = "tuple[str, tuple[int, ...], A, A]"
"""Format `coo`, `csr` or `csc`, sizes, indices (entries, axes), values (entries, further axes…)."""


class Sparse(ABC, Generic[A]):
    """Sparse arrays of the framework; where it has none, SciPy's, which are NumPy's to recognise.

    Only ways in and out: what is computed with sparse tensors is done by other topics.
    """

    def is_sparse(self, array: object) -> bool:
        """Whether it is a sparse array of this framework; fast, it is asked of every array."""
        del array
        return False

    def sparse_parts(self, array: Any) -> SparseParts[A]:  # sparse arrays share no type
        """What a sparse array stores; entries may be in any order, and share positions.

        Raises:
            NotSupported: it has a layout that is not known here.
        """
        backend = cast("Backend[A]", self)
        name = array.format if array.format in ("csr", "csc") else "coo"
        entries = array.tocoo()
        coordinates = getattr(entries, "coords", None) or (entries.row, entries.col)
        indices = np.stack([np.asarray(position) for position in coordinates], -1)
        return (
            name,
            tuple(int(size) for size in array.shape),
            backend.from_numpy(indices),
            backend.from_numpy(np.asarray(entries.data)),
        )

    def sparse_native(self, format: str, sizes: tuple[int, ...], indices: A, values: A) -> Any:
        """Sparse array of these parts, in the format given where there is such a one.

        indices: 64-bit integers; for `csr` and `csc` ordered by rows or columns, each place once.
        values: (entries).
        """
        from scipy.sparse import coo_array

        backend = cast("Backend[A]", self)
        positions = tuple(np.moveaxis(backend.to_numpy(indices), -1, 0))
        return coo_array((backend.to_numpy(values), positions), sizes).asformat(format)
