"""Overlapping bubbles, in PyTorch."""

from __future__ import annotations

import torch

Arrays = list[torch.Tensor]


def energy(positions: Arrays, radii: torch.Tensor, size: float) -> torch.Tensor:
    """Half the sum of squared overlaps of all ordered pairs in a periodic box."""
    differences = [x - x[:, None] for x in positions]
    shortest = [d - size * torch.floor(d / size + 0.5) for d in differences]
    square = sum(d * d for d in shortest)
    assert isinstance(square, torch.Tensor)
    distance = torch.sqrt(square.clamp(min=1e-8))
    overlap = 1 - distance / (radii + radii[:, None])
    touching = torch.where((overlap >= 0) & (overlap < 1 - 2e-4), overlap, 0.0)
    return 0.5 * (touching * touching).sum()


def value_and_gradient(
    positions: Arrays, radii: torch.Tensor, size: float
) -> tuple[torch.Tensor, Arrays]:
    """By the transform, which the compiler makes one graph of; `backward` would be a second one."""
    gradient, value = torch.func.grad_and_value(energy)(positions, radii, size)
    return value, gradient
