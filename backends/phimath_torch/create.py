"""Topic `create` on PyTorch: arrays from sizes and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from phimath.backend.contract.create import Create
from phimath_torch.convert import NATIVE

if TYPE_CHECKING:
    from phimath.backend.contract.create import Number
    from phimath.dtype import DType


class TorchCreate(Create[Tensor]):
    """New tensors, on PyTorch's default device unless said otherwise."""

    def full(
        self, sizes: tuple[int, ...], value: Number, dtype: DType, device: str | None = None
    ) -> Tensor:
        """By `full`."""
        return torch.full(sizes, value, dtype=NATIVE[dtype], device=device)

    def arange(
        self, start: int, stop: int, step: int, dtype: DType, device: str | None = None
    ) -> Tensor:
        """By `arange`."""
        if (stop - start) * step <= 0:
            stop = start  # empty, as for Python's range; PyTorch raises
        # The types without arithmetic (bool, uint16 …) can't count, but hold what int64 counted.
        countable = dtype.kind in ("float", "int") or dtype.name == "uint8"
        native = NATIVE[dtype] if countable else torch.int64
        return torch.arange(start, stop, step, dtype=native, device=device).to(NATIVE[dtype])
