"""Topic `index` on PyTorch: reading and writing at positions given by integer arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import torch
from torch import Tensor

from phimath.backend.contract.index import Index
from phimath_torch.arrange import by_bits

if TYPE_CHECKING:
    from phimath.backend.contract.index import ScatterMode

_REDUCTION: Final = {"min": "amin", "max": "amax"}


class TorchIndex(Index[Tensor]):
    """Batch and points are merged into one axis of rows: PyTorch moves whole rows fastest."""

    def take(self, a: Tensor, indices: Tensor, axis: int) -> Tensor:
        """By `index_select`."""
        return by_bits(a, lambda bits: torch.index_select(bits, axis, indices))

    def gather(self, a: Tensor, indices: Tensor) -> Tensor:
        """By `index_select` of rows."""
        batch, _, channels = a.shape
        rows = self.take(a.flatten(0, 1), _rows(a, indices), 0)
        return rows.reshape(batch, indices.shape[1], channels)

    def scatter(self, base: Tensor, indices: Tensor, values: Tensor, mode: ScatterMode) -> Tensor:
        """Of several values at one index, a differentiated `update` keeps the last one."""
        rows, target, source = _rows(base, indices), base.flatten(0, 1), values.flatten(0, 1)
        if mode == "add":
            result = torch.index_add(target, 0, rows, source)
        elif mode == "update":
            update = _update_differentiably if values.requires_grad else _update
            result = update(target, rows, source)
        else:
            positions = rows.long()[:, None].expand_as(source)
            result = torch.scatter_reduce(target, 0, positions, source, _REDUCTION[mode])
        return result.reshape(base.shape)

    def nonzero(self, mask: Tensor) -> Tensor:
        """By `nonzero`."""
        return torch.nonzero(mask)

    def boolean_mask(self, a: Tensor, mask: Tensor, axis: int) -> Tensor:
        """By `index_select` at the true positions, which are counted: the GPU is waited for."""
        return self.take(a, torch.nonzero(mask)[:, 0], axis)

    def searchsorted(
        self, sorted_values: Tensor, values: Tensor, side: Literal["left", "right"]
    ) -> Tensor:
        """By `searchsorted`."""
        # Made contiguous here, because PyTorch warns when it has to do so.
        return torch.searchsorted(sorted_values.contiguous(), values.contiguous(), side=side)


def _rows(a: Tensor, indices: Tensor) -> Tensor:
    """Positions along the merged batch and points axes of `a`."""
    batch, points = a.shape[:2]
    if batch > 1:
        first = torch.arange(0, batch * points, points, dtype=torch.int64, device=a.device)
        indices = indices + first[:, None]
    return indices.reshape(-1)


def _update(target: Tensor, rows: Tensor, source: Tensor) -> Tensor:
    return torch.index_copy(target, 0, rows.long(), source)


def _update_differentiably(target: Tensor, rows: Tensor, source: Tensor) -> Tensor:
    """Read the winning value of each row, so that overwritten values have no derivative.

    PyTorch's own derivative of `index_copy` is that of the winner for all values at one index.
    """
    count = rows.shape[0]
    if count == 0:
        return target
    order = torch.arange(count, dtype=torch.int64, device=rows.device)
    untouched = torch.full(target.shape[:1], -1, dtype=torch.int64, device=rows.device)
    winner = torch.scatter_reduce(untouched, 0, rows.long(), order, "amax")
    chosen = torch.index_select(source, 0, winner.clamp(min=0))
    return torch.where((winner >= 0)[:, None], chosen, target)
