"""Waves between walls and their eigenvalues, as host arrays that all frameworks start from."""

from __future__ import annotations

import numpy as np


def cosines(n: int) -> np.ndarray:
    """Orthonormal waves of a closed axis, one per row."""
    k, i = np.arange(n)[:, None], np.arange(n)
    matrix = np.sqrt(2 / n) * np.cos(np.pi * k * (i + 0.5) / n)
    matrix[0] /= np.sqrt(2)
    return matrix


def inverse_laplacian(shape: tuple[int, ...]) -> np.ndarray:
    """Inverse eigenvalues of the Laplacian of a closed box of unit cells, 0 for the constant."""
    waves = np.ix_(*(2 * np.cos(np.pi * np.arange(n) / n) - 2 for n in shape))
    total = np.asarray(sum(waves[1:], waves[0]))
    total[(0,) * len(shape)] = np.inf
    return 1 / total
