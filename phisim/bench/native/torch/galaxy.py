"""Stars that attract each other, in PyTorch."""

from __future__ import annotations

import torch

Arrays = list[torch.Tensor]


def step(
    positions: Arrays, velocities: Arrays, masses: torch.Tensor, dt: float
) -> tuple[Arrays, Arrays]:
    """Explicit Euler, all pairs; a star doesn't attract itself."""
    differences = [x - x[:, None] for x in positions]
    square = sum(d * d for d in differences)
    assert isinstance(square, torch.Tensor)
    weights = torch.where(square > 0, masses / (square * torch.sqrt(square)), 0.0)
    return (
        [x + dt * v for x, v in zip(positions, velocities, strict=True)],
        [v + dt * (weights * d).sum(1) for v, d in zip(velocities, differences, strict=True)],
    )
