"""Topic `sparse` on PyTorch: its sparse tensors of three layouts."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor

from phimath.backend.contract.sparse import Sparse, SparseParts
from phimath.errors import NotSupported


class TorchSparse(Sparse[Tensor]):
    """Values keep their derivatives on both ways."""

    def is_sparse(self, array: object) -> bool:
        """By the layout."""
        return isinstance(array, Tensor) and array.layout is not torch.strided

    def sparse_parts(self, array: Tensor) -> SparseParts[Tensor]:
        """Of the layouts `sparse_coo`, `sparse_csr` and `sparse_csc`."""
        if array.layout is torch.sparse_coo:
            entries = array.coalesce()
            indices = entries.indices().mT.contiguous()
            return "coo", tuple(array.shape), indices, entries.values()
        is_rows = array.layout is torch.sparse_csr
        if array.dim() != 2 or not (is_rows or array.layout is torch.sparse_csc):
            raise NotSupported(
                f"PyTorch tensors of {array.layout} with {array.dim()} axes can't be converted. "
                "Call to_sparse() first, which gives coordinates."
            )
        pointers = array.crow_indices() if is_rows else array.ccol_indices()
        inner = array.col_indices() if is_rows else array.row_indices()
        lines = torch.arange(len(pointers) - 1, dtype=inner.dtype, device=inner.device)
        outer = lines.repeat_interleave(pointers.diff())
        pair = (outer, inner) if is_rows else (inner, outer)
        name = "csr" if is_rows else "csc"
        return name, tuple(array.shape), torch.stack(pair, -1), array.values()

    def sparse_native(
        self, format: str, sizes: tuple[int, ...], indices: Tensor, values: Tensor
    ) -> Any:
        """By `sparse_coo_tensor` and its likes."""
        if format == "coo":
            return torch.sparse_coo_tensor(indices.mT, values, sizes, check_invariants=False)
        outer, inner = indices.mT if format == "csr" else indices.mT.flip(0)
        count = sizes[0] if format == "csr" else sizes[1]
        bounds = torch.arange(count + 1, device=indices.device)
        pointers = torch.searchsorted(outer.contiguous(), bounds)
        make = torch.sparse_csr_tensor if format == "csr" else torch.sparse_csc_tensor
        with warnings.catch_warnings():
            # Once per process: that this layout is in beta state.
            warnings.filterwarnings("ignore", "Sparse CS", UserWarning)
            return make(pointers, inner.contiguous(), values, sizes, check_invariants=False)
