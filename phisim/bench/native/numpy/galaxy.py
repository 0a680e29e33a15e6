"""Stars that attract each other, in NumPy."""

from __future__ import annotations

import numpy as np

Arrays = list[np.ndarray]


def step(
    positions: Arrays, velocities: Arrays, masses: np.ndarray, dt: float
) -> tuple[Arrays, Arrays]:
    """Explicit Euler, all pairs; a star doesn't attract itself."""
    differences = [x - x[:, None] for x in positions]
    square = np.zeros_like(differences[0])
    for d in differences:
        square += d * d
    square[square == 0] = np.inf
    weights = masses / (square * np.sqrt(square))
    return (
        [x + dt * v for x, v in zip(positions, velocities, strict=True)],
        [v + dt * (weights * d).sum(1) for v, d in zip(velocities, differences, strict=True)],
    )
