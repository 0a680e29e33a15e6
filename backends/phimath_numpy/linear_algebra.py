"""Topic `linear_algebra` for NumPy."""

from __future__ import annotations

import numpy as np

from phimath.backend.array_api.linear_algebra import ArrayApiLinearAlgebra


class NumpyLinearAlgebra(ArrayApiLinearAlgebra[np.ndarray]):
    """Decompositions are the generic ones; they keep single precision."""

    matmul = staticmethod(np.matmul)

    def einsum(self, subscripts: str, *arrays: np.ndarray) -> np.ndarray:
        """The search for a good order costs 6 µs and pays from three arrays on, or where a matrix product can be used."""
        large = len(arrays) > 2 or sum(a.size for a in arrays) > 4096
        return np.einsum(subscripts, *arrays, optimize=large)

    def eigenvalues(self, a: np.ndarray) -> np.ndarray:
        """NumPy returns real numbers where all eigenvalues are real."""
        values = np.linalg.eigvals(a)
        complex_type = np.complex128 if a.dtype.itemsize * (1 + (a.dtype.kind != "c")) > 8 else np.complex64
        return values.astype(complex_type, copy=False)
