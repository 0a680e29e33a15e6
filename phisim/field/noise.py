"""Random fields with a spectrum, the same at every resolution but for what a grid can't resolve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from phimath.create import vector_of
from phimath.elementwise import real, safe_sqrt, where
from phimath.errors import ValueRangeError
from phimath.norm import squared_norm
from phimath.random import random_normal
from phimath.reduce import mean
from phimath.shape import Shape
from phimath.spectral import fft, fftfreq, ifft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.tensor import Tensor

EMPTY = Shape()


@final
@dataclass(frozen=True)
class Noise:
    """Smooth random values for `CenteredGrid` and `StaggeredGrid`: mean 0, standard deviation 1.

    Filtered white noise, periodic in the domain.  The amplitude of a wave of length λ falls as
    (λ/scale)^(2·smoothness) below `scale`; waves longer than that have equal amplitudes.

    shape: Further dimensions of the values, e.g. `batch(worlds=8)` or `channel(vector='x,y')`;
        staggered components are drawn independently anyway.
    scale: Length of the largest structures, in the units of the domain.
    smoothness: 1 is rough, 2 smooth; larger values leave waves of about the length `scale`.
    """

    shape: Shape = EMPTY
    scale: float = 10.0
    smoothness: float = 1.0

    def __post_init__(self) -> None:
        if not (self.scale > 0 and math.isfinite(self.scale)):
            raise ValueRangeError(
                f"The scale of noise must be a positive length, not {self.scale}."
            )
        if not self.smoothness >= 0:
            raise ValueRangeError(
                f"The smoothness of noise must not be negative, but is {self.smoothness}."
            )

    def on_points(self, points: Shape, spacing: Mapping[str, Tensor]) -> Tensor:
        """Values on a grid of points at these distances; other values on every call."""
        white = random_normal(self.shape & points)
        frequency = fftfreq(points, vector_of(dict(spacing)))
        waves = squared_norm(frequency, "vector") * self.scale**2
        filtered = real(ifft(fft(white, points) / (1.0 + waves) ** self.smoothness, points))
        centered = filtered - mean(filtered, points)
        deviation = safe_sqrt(mean(centered * centered, points))
        return centered / where(deviation > 0, deviation, 1.0)
