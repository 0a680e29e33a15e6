"""Topic `linear_algebra` for NumPy."""

from __future__ import annotations

import numpy as np

from phimath.backend.array_api.linear_algebra import ArrayApiLinearAlgebra


class NumpyLinearAlgebra(ArrayApiLinearAlgebra[np.ndarray]):
    """Decompositions are the generic ones; they keep single precision."""

    matmul = staticmethod(np.matmul)  # pyright: ignore[reportAssignmentType]

    def einsum(self, subscripts: str, *arrays: np.ndarray) -> np.ndarray:
        """Searching for a good order costs 6 µs, which pays for many or large arrays."""
        large = len(arrays) > 2 or sum(a.size for a in arrays) > 4096
        return np.einsum(subscripts, *arrays, optimize=large)

    def eigenvalues(self, a: np.ndarray) -> np.ndarray:
        """NumPy returns real numbers where all eigenvalues are real."""
        values = np.linalg.eigvals(a)
        return values.astype(np.result_type(a.dtype, np.complex64), copy=False)
