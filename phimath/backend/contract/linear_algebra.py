"""Topic `linear_algebra`: products and decompositions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

A = TypeVar("A")


class LinearAlgebra(ABC, Generic[A]):
    """Products work on all numbers; decompositions on floating (…, rows, columns) arrays."""

    @abstractmethod
    def matmul(self, a: A, b: A) -> A:
        """Matrix product of (…, n, k) and (…, k, m) with broadcast leading axes; integers too."""

    @abstractmethod
    def einsum(self, subscripts: str, *arrays: A) -> A:
        """Sum of products in NumPy's subscript notation, letters only, explicit output."""

    @abstractmethod
    def svd(self, a: A) -> tuple[A, A, A]:
        """Thin singular value decomposition `(U, s, Vᴴ)`: a = U diag(s) Vᴴ, s real, descending."""

    @abstractmethod
    def eigenvalues(self, a: A) -> A:
        """Eigenvalues of square matrices, complex, in no particular order."""

    @abstractmethod
    def eigh(self, a: A) -> tuple[A, A]:
        """Eigenvalues, ascending, and eigenvectors (columns) of Hermitian matrices."""

    @abstractmethod
    def solve(self, a: A, b: A) -> A:
        """Solution x (…, n, m) of a x = b for regular square matrices a (…, n, n).

        For singular ones, there is some number in x that is not finite, or large.
        """

    @abstractmethod
    def qr(self, a: A) -> tuple[A, A]:
        """Thin QR decomposition."""
