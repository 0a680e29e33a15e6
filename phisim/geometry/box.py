"""Axis-aligned boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, final

from phimath.create import vector_of
from phimath.elementwise import maximum, minimum
from phimath.errors import ShapeError
from phimath.norm import norm
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of
from phimath.reduce import prod
from phimath.tensor import Tensor
from phisim.geometry.geometry import (
    Geometry,
    as_host_number,
    as_vector,
    axes_of,
    check_axes,
    coordinate,
    finite_center,
    nearest_copy,
    positive_factor,
)

if TYPE_CHECKING:
    from phimath.shape import Shape

Bound = float | Tensor | None


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Box(Geometry):
    """Box: `Box(x=100, y=(20, 50))`, `Box(vec(x=0, y=0), vec(x=1, y=2))`.

    A number means from 0 to this number; `None` as a bound leaves that side open (infinite).
    """

    lower: Tensor
    upper: Tensor

    def __init__(
        self,
        lower: Tensor | None = None,
        upper: Tensor | None = None,
        **bounds: float | Tensor | tuple[Bound, Bound] | None,
    ) -> None:
        """Give the corners as vectors, or the bounds of each axis by name."""
        if bounds:
            if lower is not None or upper is not None:
                raise ShapeError(
                    "A Box takes two corner vectors or bounds by axis, not both. "
                    f"Got both corners and {', '.join(bounds)}."
                )
            pairs = {axis: _pair(axis, bound) for axis, bound in bounds.items()}
            lower = vector_of({axis: pair[0] for axis, pair in pairs.items()})
            upper = vector_of({axis: pair[1] for axis, pair in pairs.items()})
        if lower is None or upper is None:
            raise ShapeError("A Box needs bounds, e.g. Box(x=100, y=(20, 50)).")
        for corner in (lower, upper):
            if not isinstance(corner, Tensor):
                raise ShapeError(
                    f"The corner {corner} of a Box has no axis names. Use Box(x=…, y=…), or "
                    "vec(x=…, y=…) for both corners."
                )
        axes = lower.shape.get_labels("vector") if "vector" in lower.shape else None
        if axes is None:
            raise ShapeError(
                f"The corner {lower.shape} of a Box has no axis names. Use vec(x=…, y=…)."
            )
        check_axes(upper, axes, "The lower corner of the Box")
        if lower.available and upper.available and bool(any_of(upper < lower, None)):
            raise ShapeError(
                f"The upper corner {upper} of a Box must not lie below the lower corner {lower}. "
                "Swap the bounds."
            )
        object.__setattr__(self, "lower", as_host_number(lower))
        object.__setattr__(self, "upper", as_host_number(upper))

    def __repr__(self) -> str:
        if not self.lower.available or self.lower.rank > 1:
            return f"Box{self.shape}"
        bounds = zip(self.axes, self.lower, self.upper, strict=True)
        return f"Box({', '.join(f'{axis}=({low}, {high})' for axis, low, high in bounds)})"

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes; also where a side is infinitely far, and there is no center."""
        return axes_of(self.lower, "The corner of a Box")

    @property
    def size(self) -> Tensor:
        """Edge lengths, (…, vector)."""
        return self.upper - self.lower

    @property
    def half_size(self) -> Tensor:
        """Half the edge lengths, (…, vector)."""
        return self.size * 0.5

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center, (…, vector)."""
        return (self.lower + self.upper) * 0.5

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.lower.shape & self.upper.shape

    @property
    def volume(self) -> Tensor:
        """Length, area or volume."""
        return prod(self.size, "vector")

    def bounding_box(self) -> Box:
        """Itself."""
        return self

    def at(self, center: Tensor) -> Self:
        """Same size elsewhere."""
        finite_center(self)
        half = self.half_size
        return type(self)(center - half, center + half)

    def shifted(self, delta: Tensor) -> Self:
        """Moved by a vector; open sides stay open."""
        delta = as_vector(delta, self.axes, "The Box")
        return type(self)(self.lower + delta, self.upper + delta)

    def scaled(self, factor: float | Tensor) -> Self:
        """Edges longer by a positive factor, about the center."""
        center, half = finite_center(self), self.half_size * positive_factor(factor)
        return type(self)(center - half, center + half)

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact Euclidean distance to the surface, negative inside; the nearest copy counts.

        Source: Quilez, Distance functions, exact box.
        """
        check_axes(location, self.axes, "The Box")
        # Distances to the two sides per axis, which also works where one side is infinitely far.
        outside = maximum(self.lower - location, location - self.upper)
        beyond = norm(maximum(outside, 0.0), "vector")
        distance = beyond + minimum(max_of(outside, "vector"), 0.0)
        return nearest_copy(distance, self.shape.instance)

    def lies_inside(self, location: Tensor) -> Tensor:
        """Whether locations (…, vector) lie inside or on the surface of any copy."""
        check_axes(location, self.axes, "The Box")
        inside = all_of((location >= self.lower) & (location <= self.upper), "vector")
        copies = self.shape.instance
        return any_of(inside, copies) if copies else inside


def _pair(axis: str, bound: Any) -> tuple[Any, Any]:
    low, high = bound if isinstance(bound, (tuple, list)) else (0.0, bound)
    for value in (low, high):
        if isinstance(value, float) and math.isnan(value):
            raise ShapeError(
                f"The bounds {bound} of axis '{axis}' contain NaN. Give finite numbers."
            )
    return coordinate(-math.inf if low is None else low), coordinate(
        math.inf if high is None else high
    )


def Cuboid(
    center: Tensor | None = None, half_size: Tensor | float | None = None, **size: float | Tensor
) -> Box:
    """Box by its center and edge lengths: `Cuboid(vec(x=1, y=1), x=2, y=0.5)`.

    Args:
        center: Location (…, vector); the origin by default.
        half_size: Half the edge lengths instead, as a number or vector.
        size: Edge length per axis.
    """
    if (half_size is None) == (not size):
        raise ShapeError(
            "A Cuboid needs its size once, as edge lengths Cuboid(center, x=…, y=…) or half_size."
        )
    if half_size is None:
        half_size = vector_of({axis: coordinate(value) * 0.5 for axis, value in size.items()})
    if center is None:
        center = vector_of(
            dict.fromkeys(size or axes_of(half_size, "The half size of a Cuboid"), coordinate(0.0))
        )
    axes = axes_of(center, "The center of a Cuboid")
    half = as_vector(half_size, axes, "The Cuboid")
    return Box(center - half, center + half)
