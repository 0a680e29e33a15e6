"""Topic `linear_algebra` over an Array API namespace with the extension `linalg`."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from phimath.backend.array_api.convert import ArrayApiConvert
from phimath.backend.array_api.einsum import einsum
from phimath.backend.contract.linear_algebra import LinearAlgebra
from phimath.backend.singular import solve_each
from phimath.backend.support import unsupported_method

A = TypeVar("A")


class ArrayApiLinearAlgebra(ArrayApiConvert[A], LinearAlgebra[A]):
    """Products and decompositions by the standard's functions."""

    def matmul(self, a: A, b: A) -> A:
        """By `matmul`."""
        return self.xp.matmul(a, b)

    def einsum(self, subscripts: str, *arrays: A) -> A:
        """By products of two arrays, left to right."""
        return einsum(self.xp, subscripts, list(arrays))

    def svd(self, a: A) -> tuple[A, A, A]:
        """By `linalg.svd`."""
        u, s, vh = self.xp.linalg.svd(a, full_matrices=False)
        return u, s, vh

    def eigenvalues(self, a: A) -> A:
        """By `linalg.eigvals`, which the standard has from 2025 on."""
        if not hasattr(self.xp.linalg, "eigvals"):
            backend: Any = self
            raise unsupported_method(backend, "eigenvalues")
        return self.xp.linalg.eigvals(a)

    def eigh(self, a: A) -> tuple[A, A]:
        """By `linalg.eigh`."""
        values, vectors = self.xp.linalg.eigh(a)
        return values, vectors

    def solve(self, a: A, b: A) -> A:
        """By `linalg.solve`; NaN for matrices of which NumPy says that they are singular."""
        try:
            return self.xp.linalg.solve(a, b)
        except np.linalg.LinAlgError:
            backend: Any = self
            return solve_each(backend, a, b)

    def qr(self, a: A) -> tuple[A, A]:
        """By `linalg.qr`."""
        q, r = self.xp.linalg.qr(a, mode="reduced")
        return q, r
