"""Lengths of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import maximum, minimum
from phimath.norm import norm, normalize

if TYPE_CHECKING:
    from phimath.tensor import Tensor


def clip_length(vector: Tensor, shortest: float = 0.0, longest: float | Tensor = 1.0) -> Tensor:
    """Vectors (…, vector) with their lengths limited."""
    length = norm(vector, "vector")
    limited = minimum(maximum(length, shortest), longest)
    return normalize(vector, "vector") * limited
