"""Polygons in 2D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.elementwise import clip, safe_div, where
from phimath.errors import ShapeError
from phimath.join import concat
from phimath.norm import norm, squared_norm
from phimath.reduce import max as max_of
from phimath.reduce import min as min_of
from phimath.reduce import sum as sum_of
from phisim.geometry.box import Box
from phisim.geometry.geometry import (
    Geometry,
    as_vector,
    axes_of,
    check_axes,
    nearest_copy,
    positive_factor,
)

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False)
class Polygon(Geometry):
    """Area inside of a closed line that doesn't cross itself, in 2D.

    vertices: (…, vertices, vector), in order around the area, either way; the last is joined to the
        first.
    """

    vertices: Tensor

    def __post_init__(self) -> None:
        if "vertices" not in self.vertices.shape or self.vertices.shape.get_size("vertices") < 3:
            raise ShapeError(
                f"A Polygon takes at least 3 vertices, not {self.vertices.shape}. Give a tensor "
                "with the dimensions instance('vertices') and channel(vector='x,y')."
            )
        if len(axes_of(self.vertices, "The vertices of a Polygon")) != 2:
            raise ShapeError(
                f"A Polygon lies in 2D, but its vertices are {self.vertices.shape}. Use "
                "embed(polygon, 'z') for a prism."
            )

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the two axes."""
        return axes_of(self.vertices, "The vertices of a Polygon")

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.vertices.shape.without("vertices")

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the area."""
        start, end = self.vertices, self._next
        cross = self._cross(start, end)
        return sum_of((start + end) * cross, "vertices") / (3.0 * sum_of(cross, "vertices"))

    @property
    def volume(self) -> Tensor:
        """Area, by the shoelace formula."""
        area = 0.5 * sum_of(self._cross(self.vertices, self._next), "vertices")
        return where(area < 0, -area, area)

    @property
    def _next(self) -> Tensor:
        first = self.vertices.get({"vertices": slice(0, 1)})
        return concat([self.vertices.get({"vertices": slice(1, None)}), first], "vertices")

    def _cross(self, a: Tensor, b: Tensor) -> Tensor:
        x, y = self.axes
        return a.vector[x] * b.vector[y] - a.vector[y] * b.vector[x]

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the line, negative inside; the nearest copy counts.

        Inside is where a line from the location crosses the polygon an odd number of times.

        Source: Quilez, 2D distance functions.
        """
        check_axes(location, self.axes, "The Polygon")
        x, y = self.axes
        start, end = self.vertices, self._next
        edge, offset = end - start, location - start
        along = safe_div(sum_of(offset * edge, "vector"), squared_norm(edge, "vector"))
        distance = norm(offset - edge * clip(along, 0.0, 1.0), "vector")
        height = location.vector[y]
        is_between = (start.vector[y] <= height) != (end.vector[y] <= height)
        crossing = start.vector[x] + safe_div(
            (height - start.vector[y]) * edge.vector[x], edge.vector[y]
        )
        crossings = sum_of(
            where(is_between & (location.vector[x] < crossing), 1.0, 0.0), "vertices"
        )
        nearest = min_of(distance, "vertices")
        return nearest_copy(where(crossings % 2 == 1, -nearest, nearest), self.shape.instance)

    def bounding_box(self) -> Box:
        """Box that touches it on all sides."""
        return Box(min_of(self.vertices, "vertices"), max_of(self.vertices, "vertices"))

    def at(self, center: Tensor) -> Self:
        """Same polygon elsewhere."""
        return type(self)(
            self.vertices + (as_vector(center, self.axes, "The Polygon") - self.center)
        )

    def scaled(self, factor: float | Tensor) -> Self:
        """Larger by a positive factor, about the center."""
        center = self.center
        return type(self)(center + (self.vertices - center) * positive_factor(factor))
