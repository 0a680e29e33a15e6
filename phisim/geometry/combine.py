"""Unions, intersections and complements of shapes.

Inside tests are exact. Distances are exact outside of unions and inside of intersections; on the
other side they are bounds: the surface is at least that far.  Copies inside of a part are one part:
what comes out has none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

from phimath.create import vector_of
from phimath.elementwise import maximum, minimum
from phimath.errors import NotSupported, ShapeError
from phisim.geometry.bounds import bounding_box
from phisim.geometry.box import Box
from phisim.geometry.geometry import HOOKS, Geometry, as_vector, coordinate, finite_center

if TYPE_CHECKING:
    from phimath.tensor import Tensor


class _Combined(Geometry):
    """Several shapes with the same axes."""

    parts: tuple[Geometry, ...]

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the bounding box."""
        return self.bounding_box().center

    @property
    def volume(self) -> Tensor:
        """Not known in general.

        Raises:
            NotSupported: always.
        """
        raise NotSupported(
            f"The volume of a {type(self).__name__} is not known. Sum the covered fractions of a "
            "grid: math.sum(resample(shape, to=grid, soft=True).values) times the cell volume."
        )

    def at(self, center: Tensor) -> Self:
        """Same shape elsewhere: all parts move by the same distance."""
        return self.shifted(as_vector(center, self.axes, "The shape") - finite_center(self))

    def shifted(self, delta: Tensor) -> Self:
        """All parts moved by a vector."""
        return type(self)(tuple(part.shifted(delta) for part in self.parts))  # pyright: ignore[reportCallIssue]

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.parts[0].axes


@final
@dataclass(frozen=True, eq=False)
class Union(_Combined):
    """What lies in any of the parts."""

    parts: tuple[Geometry, ...]

    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance to the nearest part: exact outside."""
        distances = [part.signed_distance(location) for part in self.parts]
        nearest = distances[0]
        for distance in distances[1:]:
            nearest = minimum(nearest, distance)
        return nearest

    def bounding_box(self) -> Box:
        """Box around the boxes of all parts."""
        boxes = [bounding_box(part) for part in self.parts]
        lower, upper = boxes[0].lower, boxes[0].upper
        for box in boxes[1:]:
            lower, upper = minimum(lower, box.lower), maximum(upper, box.upper)
        return Box(lower, upper)


@final
@dataclass(frozen=True, eq=False)
class Intersection(_Combined):
    """What lies in all of the parts."""

    parts: tuple[Geometry, ...]

    def signed_distance(self, location: Tensor) -> Tensor:
        """Largest of the distances to the parts: exact inside."""
        distances = [part.signed_distance(location) for part in self.parts]
        farthest = distances[0]
        for distance in distances[1:]:
            farthest = maximum(farthest, distance)
        return farthest

    def bounding_box(self) -> Box:
        """What the boxes of all parts have in common; a point where they don't meet."""
        boxes = [bounding_box(part) for part in self.parts]
        lower, upper = boxes[0].lower, boxes[0].upper
        for box in boxes[1:]:
            lower, upper = maximum(lower, box.lower), minimum(upper, box.upper)
        return Box(lower, maximum(lower, upper))


@final
@dataclass(frozen=True, eq=False)
class Complement(Geometry):
    """What lies outside of a shape."""

    inner: Geometry

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the shape that is left out; of the box around its copies, if there are any."""
        center = self.inner.center
        return bounding_box(self.inner).center if center.shape.instance else center

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.inner.axes

    @property
    def volume(self) -> Tensor:
        """Infinite."""
        return self.inner.volume * 0.0 + math.inf

    def signed_distance(self, location: Tensor) -> Tensor:
        """That of the shape, with the opposite sign."""
        return -self.inner.signed_distance(location)

    def bounding_box(self) -> Box:
        """All of space."""
        everything = vector_of(dict.fromkeys(self.axes, coordinate(math.inf)))
        return Box(-everything, everything)

    def at(self, center: Tensor) -> Self:
        """The same, elsewhere."""
        return self.shifted(as_vector(center, self.axes, "The shape") - finite_center(self))

    def shifted(self, delta: Tensor) -> Self:
        """The same, moved by a vector."""
        return type(self)(self.inner.shifted(delta))


def union(*shapes: Geometry) -> Geometry:
    """What lies in any of the shapes; `a | b`.

    Raises:
        ShapeError: there are none, or their axes differ.
    """
    parts = _parts(shapes, Union)
    return parts[0] if len(parts) == 1 else Union(parts)


def intersection(*shapes: Geometry) -> Geometry:
    """What lies in all of the shapes; `a & b`, and `a - b` for what lies in `a` but not in `b`.

    Raises:
        ShapeError: there are none, or their axes differ.
    """
    parts = _parts(shapes, Intersection)
    return parts[0] if len(parts) == 1 else Intersection(parts)


def invert(shape: Geometry) -> Geometry:
    """What lies outside of a shape; `~a`."""
    return shape.inner if isinstance(shape, Complement) else Complement(shape)


def _parts(
    shapes: tuple[Geometry, ...], kind: type[Union] | type[Intersection]
) -> tuple[Geometry, ...]:
    flat: list[Geometry] = []
    for shape in shapes:
        if not isinstance(shape, Geometry):
            raise ShapeError(
                f"Shapes can be combined with shapes, not with {type(shape).__name__}. Make one, "
                "e.g. Sphere(x=0, y=0, radius=1)."
            )
        flat += shape.parts if isinstance(shape, kind) else [shape]
    if not flat:
        raise ShapeError("Combining shapes takes at least one. Give some.")
    for shape in flat[1:]:
        if shape.axes != flat[0].axes:
            raise ShapeError(
                f"Shapes with the axes {','.join(flat[0].axes)} and {','.join(shape.axes)} cannot "
                "be combined. Use embed(shape, axes) to add axes."
            )
    return tuple(flat)


HOOKS["union"] = union
HOOKS["intersection"] = intersection
HOOKS["invert"] = invert
