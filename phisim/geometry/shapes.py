"""Points, half-spaces, cylinders, capsules and tori.

Source of the distances: Quilez, Distance functions, https://iquilezles.org/articles/distfunctions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self, TypeVar, final

from phimath.create import vector_of
from phimath.elementwise import abs as magnitude
from phimath.elementwise import clip, maximum, minimum, safe_div, safe_sqrt, where
from phimath.errors import ShapeError
from phimath.norm import norm, squared_norm
from phimath.reduce import sum as sum_of
from phimath.tree import rebuild
from phisim.geometry.box import Box
from phisim.geometry.geometry import (
    Geometry,
    as_vector,
    axes_of,
    check_axes,
    located,
    nearest_copy,
    positive_factor,
    positive_length,
)
from phisim.geometry.rotation import rotation_matrix, turned_by

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.tensor import Tensor

G = TypeVar("G", bound=Geometry)


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Point(Geometry):
    """Location without extent: `Point(x=1, y=2)`, `Point(vec(x=1, y=2))`."""

    center: Tensor

    def __init__(self, center: Tensor | None = None, **coordinates: float | Tensor) -> None:
        """Give the location as a vector or by axis."""
        object.__setattr__(self, "center", located(center, coordinates, "Point"))

    def __repr__(self) -> str:
        return f"Point{self.shape}"

    @property
    def volume(self) -> Tensor:
        """Zero."""
        return sum_of(self.center, "vector") * 0.0

    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance, never negative."""
        check_axes(location, self.axes, "The Point")
        return nearest_copy(norm(location - self.center, "vector"), self.shape.instance)

    def bounding_box(self) -> Box:
        """Box without extent."""
        return Box(self.center, self.center)

    def at(self, center: Tensor) -> Self:
        """Another point."""
        return type(self)(as_vector(center, self.axes, "The Point"))


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class HalfSpace(Geometry):
    """All that lies behind a plane: `HalfSpace(vec(x=0, y=1), normal=vec(x=0, y=1))`.

    center: A point on the plane, (…, vector).
    normal: Direction out of the solid, of length 1, (…, vector).
    """

    center: Tensor
    normal: Tensor

    def __init__(self, center: Tensor, normal: Tensor) -> None:
        """The normal may have any length but 0."""
        axes = axes_of(center, "The point of a HalfSpace")
        check_axes(normal, axes, "The point of the HalfSpace")
        object.__setattr__(self, "center", center)
        object.__setattr__(self, "normal", normal / norm(normal, "vector"))

    def __repr__(self) -> str:
        return f"HalfSpace{self.shape}"

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.center.shape & self.normal.shape

    @property
    def volume(self) -> Tensor:
        """Infinite."""
        return sum_of(self.center, "vector") * 0.0 + math.inf

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the plane, negative behind it."""
        check_axes(location, self.axes, "The HalfSpace")
        distance = sum_of((location - self.center) * self.normal, "vector")
        return nearest_copy(distance, self.shape.instance)

    def bounding_box(self) -> Box:
        """All of space, up to the plane where that is normal to an axis."""
        infinite = self.center * 0.0 + math.inf
        others = squared_norm(self.normal, "vector") - self.normal * self.normal
        is_normal = others < 1e-12
        lower = where(is_normal & (self.normal < 0), self.center, -infinite)
        upper = where(is_normal & (self.normal > 0), self.center, infinite)
        return Box(lower, upper)

    def at(self, center: Tensor) -> Self:
        """Plane with the same normal through another point."""
        return replace_with(self, center=as_vector(center, self.axes, "The HalfSpace"))

    def rotated(self, rotation: float | Tensor) -> Self:
        """Its plane turned about the point on it."""
        matrix = rotation_matrix(rotation, self.axes)
        return replace_with(self, normal=turned_by(matrix, self.normal))

    def scaled(self, factor: float | Tensor) -> Self:
        """Itself."""
        positive_factor(factor)
        return self


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Cylinder(Geometry):
    """Round cylinder with flat ends: `Cylinder(x=0, y=0, z=1, radius=1, height=2, axis='z')`.

    center: (…, vector), midway between the ends.
    radius, height: Lengths.
    axis: Name of the axis of symmetry; turn the shape for other directions.
    """

    center: Tensor
    radius: Tensor
    height: Tensor
    axis: str

    def __init__(
        self,
        center: Tensor | None = None,
        *,
        radius: float | Tensor,
        height: float | Tensor,
        axis: str = "z",
        **coordinates: float | Tensor,
    ) -> None:
        """Give the center as a vector or by axis."""
        center = located(center, coordinates, "Cylinder")
        _check_axis(center, axis, "Cylinder")
        object.__setattr__(self, "center", center)
        object.__setattr__(self, "radius", positive_length(radius, "The radius of a Cylinder"))
        object.__setattr__(self, "height", positive_length(height, "The height of a Cylinder"))
        object.__setattr__(self, "axis", axis)

    def __repr__(self) -> str:
        return f"Cylinder({self.axis}){self.shape}"

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.center.shape & self.radius.shape & self.height.shape

    @property
    def volume(self) -> Tensor:
        """Volume of the base times the height."""
        rank = self.spatial_rank - 1
        return math.pi ** (rank / 2) / math.gamma(rank / 2 + 1) * self.radius**rank * self.height

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the surface, negative inside; the nearest copy counts."""
        check_axes(location, self.axes, "The Cylinder")
        radial, along = _radial_and_axial(location - self.center, self.axis)
        beside, beyond = radial - self.radius, magnitude(along) - self.height * 0.5
        outer = _length(maximum(beside, 0.0), maximum(beyond, 0.0))
        return nearest_copy(outer + minimum(maximum(beside, beyond), 0.0), self.shape.instance)

    def bounding_box(self) -> Box:
        """Box that touches it on all sides."""
        half = vector_of(
            {a: self.height * 0.5 if a == self.axis else self.radius for a in self.axes}
        )
        return Box(self.center - half, self.center + half)

    def at(self, center: Tensor) -> Self:
        """Same size elsewhere."""
        return replace_with(self, center=as_vector(center, self.axes, "The Cylinder"))

    def scaled(self, factor: float | Tensor) -> Self:
        """Larger by a positive factor, about the center."""
        factor = positive_factor(factor)
        return replace_with(self, radius=self.radius * factor, height=self.height * factor)


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Capsule(Geometry):
    """All that is no farther than the radius from a line segment.

    start, end: Ends of the segment, (…, vector).
    """

    start: Tensor
    end: Tensor
    radius: Tensor

    def __init__(self, start: Tensor, end: Tensor, radius: float | Tensor) -> None:
        """The ends need the same axes."""
        check_axes(end, axes_of(start, "The start of a Capsule"), "The start of the Capsule")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "radius", positive_length(radius, "The radius of a Capsule"))

    def __repr__(self) -> str:
        return f"Capsule{self.shape}"

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Middle of the segment."""
        return (self.start + self.end) * 0.5

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.start.shape & self.end.shape & self.radius.shape

    @property
    def volume(self) -> Tensor:
        """Cylinder and two half balls."""
        rank, length = self.spatial_rank, norm(self.end - self.start, "vector")
        ball = math.pi ** (rank / 2) / math.gamma(rank / 2 + 1)
        base = math.pi ** ((rank - 1) / 2) / math.gamma((rank + 1) / 2)
        return ball * self.radius**rank + base * self.radius ** (rank - 1) * length

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the surface, negative inside; the nearest copy counts."""
        check_axes(location, self.axes, "The Capsule")
        direction, offset = self.end - self.start, location - self.start
        along = safe_div(sum_of(offset * direction, "vector"), squared_norm(direction, "vector"))
        nearest = norm(offset - direction * clip(along, 0.0, 1.0), "vector")
        return nearest_copy(nearest - self.radius, self.shape.instance)

    def bounding_box(self) -> Box:
        """Box that touches it on all sides."""
        return Box(
            minimum(self.start, self.end) - self.radius, maximum(self.start, self.end) + self.radius
        )

    def at(self, center: Tensor) -> Self:
        """Same size and direction elsewhere."""
        delta = as_vector(center, self.axes, "The Capsule") - self.center
        return replace_with(self, start=self.start + delta, end=self.end + delta)

    def scaled(self, factor: float | Tensor) -> Self:
        """Larger by a positive factor, about the center."""
        factor = positive_factor(factor)
        half = (self.end - self.start) * 0.5 * factor
        center, radius = self.center, self.radius * factor
        return replace_with(self, start=center - half, end=center + half, radius=radius)


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Torus(Geometry):
    """Ring of round cross-section in 3D: `Torus(x=0, y=0, z=0, radius=2, tube=0.5, axis='z')`.

    center: (…, vector).
    radius: From the center to the middle of the tube.
    tube: Radius of the tube.
    axis: Name of the axis of symmetry.
    """

    center: Tensor
    radius: Tensor
    tube: Tensor
    axis: str

    def __init__(
        self,
        center: Tensor | None = None,
        *,
        radius: float | Tensor,
        tube: float | Tensor,
        axis: str = "z",
        **coordinates: float | Tensor,
    ) -> None:
        """Give the center as a vector or by axis."""
        center = located(center, coordinates, "Torus")
        _check_axis(center, axis, "Torus")
        if len(axes_of(center, "The center of a Torus")) != 3:
            raise ShapeError(f"A Torus lies in 3D, but its center has the shape {center.shape}.")
        object.__setattr__(self, "center", center)
        object.__setattr__(self, "radius", positive_length(radius, "The radius of a Torus"))
        object.__setattr__(self, "tube", positive_length(tube, "The tube of a Torus"))
        object.__setattr__(self, "axis", axis)

    def __repr__(self) -> str:
        return f"Torus({self.axis}){self.shape}"

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.center.shape & self.radius.shape & self.tube.shape

    @property
    def volume(self) -> Tensor:
        """Cross-section times the length of its path (Pappus)."""
        return 2 * math.pi**2 * self.radius * self.tube**2

    def signed_distance(self, location: Tensor) -> Tensor:
        """Exact distance to the surface, negative inside; the nearest copy counts."""
        check_axes(location, self.axes, "The Torus")
        radial, along = _radial_and_axial(location - self.center, self.axis)
        return nearest_copy(_length(radial - self.radius, along) - self.tube, self.shape.instance)

    def bounding_box(self) -> Box:
        """Box that touches it on all sides."""
        wide = self.radius + self.tube
        half = vector_of({a: self.tube if a == self.axis else wide for a in self.axes})
        return Box(self.center - half, self.center + half)

    def at(self, center: Tensor) -> Self:
        """Same size elsewhere."""
        return replace_with(self, center=as_vector(center, self.axes, "The Torus"))

    def scaled(self, factor: float | Tensor) -> Self:
        """Larger by a positive factor, about the center."""
        factor = positive_factor(factor)
        return replace_with(self, radius=self.radius * factor, tube=self.tube * factor)


def replace_with(shape: G, **changes: Tensor) -> G:
    """Copy with other fields, past a constructor that takes them in another form."""
    return rebuild(type(shape), {f.name: getattr(shape, f.name) for f in fields(shape)} | changes)  # type: ignore[arg-type]


def _check_axis(center: Tensor, axis: str, what: str) -> None:
    axes = axes_of(center, f"The center of a {what}")
    if axis not in axes or len(axes) < 2:
        raise ShapeError(
            f"A {what} with the axes {','.join(axes)} cannot have its axis of symmetry along "
            f"'{axis}'. Choose one of two or more axes."
        )


def _radial_and_axial(offset: Tensor, axis: str) -> tuple[Tensor, Tensor]:
    axes = axes_of(offset, "The location")
    others = vector_of({a: offset.vector[a] for a in axes if a != axis})
    return norm(others, "vector"), offset.vector[axis]


def _length(a: Tensor, b: Tensor) -> Tensor:
    return safe_sqrt(a * a + b * b)


__all__ = ["Capsule", "Cylinder", "HalfSpace", "Point", "Torus"]
