"""Topic `linear_algebra` on PyTorch: products and decompositions."""

from __future__ import annotations

import torch
from torch import Tensor

from phimath.backend.contract.linear_algebra import LinearAlgebra


class TorchLinearAlgebra(LinearAlgebra[Tensor]):
    """BLAS and LAPACK or their like; off the CPU, integers are multiplied and summed."""

    def matmul(self, a: Tensor, b: Tensor) -> Tensor:
        """By `matmul`."""
        if _lacks_product(a):
            return torch.sum(a[..., :, :, None] * b[..., None, :, :], -2, dtype=a.dtype)
        return torch.matmul(a, b)

    def einsum(self, subscripts: str, *arrays: Tensor) -> Tensor:
        """By `einsum`."""
        if _lacks_product(arrays[0]):
            return elementary_einsum(subscripts, *arrays)
        return torch.einsum(subscripts, *arrays)

    def svd(self, a: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """By `svd`."""
        u, s, vh = torch.linalg.svd(a, full_matrices=False)
        return u, s, vh

    def eigenvalues(self, a: Tensor) -> Tensor:
        """By `eigvals`."""
        return torch.linalg.eigvals(a)

    def eigh(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """By `eigh`."""
        values, vectors = torch.linalg.eigh(a)
        return values, vectors

    def solve(self, a: Tensor, b: Tensor) -> Tensor:
        """By `solve_ex`, which does not look at the values."""
        missing = a.ndim - b.ndim
        # PyTorch would take a b with one axis less than a as a batch of vectors.
        b = b.reshape((1,) * missing + b.shape) if missing > 0 else b
        return torch.linalg.solve_ex(a, b)[0]

    def qr(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """By `qr`."""
        q, r = torch.linalg.qr(a, mode="reduced")
        return q, r


def elementary_einsum(subscripts: str, *arrays: Tensor) -> Tensor:
    """`einsum` by broadcast multiplication and one sum, for types without a matrix product."""
    inputs, output = subscripts.replace(" ", "").split("->")
    terms = inputs.split(",")
    letters = output + "".join(sorted(set(inputs) - set(output) - {","}))
    product = None
    for term, array in zip(terms, arrays, strict=True):
        distinct = "".join(letter for letter in letters if letter in term)
        # A single term only selects diagonals and permutes; PyTorch does this without a product.
        ordered = torch.einsum(f"{term}->{distinct}", array)
        sizes = iter(ordered.shape)
        aligned = ordered.reshape([next(sizes) if letter in term else 1 for letter in letters])
        product = aligned if product is None else product * aligned
    assert product is not None
    summed = tuple(range(len(output), len(letters)))
    return torch.sum(product, summed, dtype=product.dtype) if summed else product


def _lacks_product(a: Tensor) -> bool:
    return not (a.device.type == "cpu" or a.is_floating_point() or a.is_complex())
