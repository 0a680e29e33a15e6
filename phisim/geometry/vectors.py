"""Lengths of vectors, and normals of slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.create import vector_of
from phimath.elementwise import maximum, minimum
from phimath.errors import ShapeError
from phimath.norm import norm, normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.tensor import Tensor


def clip_length(vector: Tensor, shortest: float = 0.0, longest: float | Tensor = 1.0) -> Tensor:
    """Vectors (…, vector) with their lengths limited."""
    length = norm(vector, "vector")
    limited = minimum(maximum(length, shortest), longest)
    return normalize(vector, "vector") * limited


def normal_from_slope(slope: Tensor, axes: str | Sequence[str]) -> Tensor:
    """Unit normal (…, vector) of a surface whose height changes by `slope`, pointing up.

    Args:
        slope: Derivative of the height (…, vector) along all axes but that of the height.
        axes: All axes in their order, e.g. `'x,y,z'`; the one that the slope lacks is the height.

    Raises:
        ShapeError: the slope does not lack exactly one of them.
    """
    names = tuple(a.strip() for a in axes.split(",")) if isinstance(axes, str) else tuple(axes)
    along = slope.shape.get_labels("vector") if "vector" in slope.shape else None
    if along is None or len(names) != len(along) + 1 or not set(along) < set(names):
        raise ShapeError(
            f"A slope along all but one of {', '.join(names)} is needed, not {slope.shape}. Label "
            "its vector by these axes."
        )
    parts = {a: -slope.vector[a] if a in along else 1.0 for a in names}
    return normalize(vector_of(parts), "vector")
