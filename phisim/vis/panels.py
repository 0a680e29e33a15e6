"""Flat views of fields: what one panel of a picture shows, as NumPy arrays, vertical axis first."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.create import vec
from phimath.dimension import spatial
from phimath.errors import ShapeError
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.shape import Shape
    from phimath.tensor import Tensor
    from phisim.field import Field
    from phisim.geometry import Geometry

MOST_PANELS = 8
OUTLINE_POINTS = 201


@dataclass(frozen=True)
class Panel:
    """One view of a field: an entry of its batch dimensions, in 3D a plane through the middle.

    title: what tells this panel from the others; empty if there is one only.
    axes: horizontal and vertical axis (1D: the one axis).
    entry: index along each batch dimension.
    """

    title: str
    axes: tuple[str, ...]
    entry: dict[str, int]

    def values(self, field: Field) -> np.ndarray:
        """Values of a centered scalar field on the panel, (vertical, horizontal), in 32 bit."""
        return self._flat(field.values, field)

    def arrows(self, field: Field) -> tuple[np.ndarray, np.ndarray]:
        """Horizontal and vertical component of a vector field at cell centers."""
        centered = field.at_centers()
        u, v = (self._flat(centered.component(axis), field) for axis in self.axes)
        return u, v

    def _flat(self, values: Tensor, field: Field) -> np.ndarray:
        names = ",".join((*self.hidden(field), *reversed(self.axes)))
        array = self.own(values).numpy(names).astype(np.float32)
        for _ in self.hidden(field):
            n = len(array)
            # With an even number of cells the middle lies between two of them.
            array = array[(n - 1) // 2 : n // 2 + 1].mean(axis=0)
        return array

    def hidden(self, field: Field) -> tuple[str, ...]:
        """Axes that the panel does not show."""
        return tuple(axis for axis in field.axes if axis not in self.axes)

    def positions(self, field: Field, axis: str) -> np.ndarray:
        """Coordinates of the cell centers along one axis."""
        lower, upper = self.extent(field, axis)
        count = field.resolution.get_size(axis)
        return lower + (np.arange(count) + 0.5) * ((upper - lower) / count)

    def extent(self, field: Field, axis: str) -> tuple[float, float]:
        """Sides of the domain along one axis."""
        lower, upper = field.bounds.lower.vector[axis], field.bounds.upper.vector[axis]
        return float(self.own(lower)), float(self.own(upper))

    def own(self, value: Tensor) -> Tensor:
        """The entry of a tensor that the panel shows."""
        return value.select({name: i for name, i in self.entry.items() if name in value.shape})

    def distance(self, geometry: Geometry, field: Field) -> tuple[np.ndarray, ...]:
        """Horizontal and vertical points of a fine grid, and the signed distances there."""
        points: dict[str, np.ndarray] = {}
        location: dict[str, Any] = {}
        for axis in field.axes:
            lower, upper = self.extent(field, axis)
            points[axis] = np.linspace(lower, upper, OUTLINE_POINTS)
            shown = axis in self.axes
            location[axis] = (
                wrap(points[axis], spatial(axis)) if shown else wrap(0.5 * (lower + upper))
            )
        distances = self.own(geometry.signed_distance(vec(**location)))
        horizontal, vertical = self.axes
        return points[horizontal], points[vertical], distances.numpy(f"{vertical},{horizontal}")


def panels_of(*frames: Field) -> list[Panel]:
    """One panel per entry of the batch dimensions and, in 3D, per vertical plane; for all frames.

    Raises:
        ShapeError: if the field has more dimensions than pictures show, or too many panels result.
    """
    # The first frames may lack batch dimensions, e.g. zeros before the inflow.
    field = max(frames, key=lambda frame: frame.values.rank)
    extra = field.values.shape.without(field.resolution)
    extra = extra.without("vector") if field.is_vector else extra
    if extra.batch is not extra:
        raise ShapeError(
            "A picture shows scalars, or vectors with one component per axis "
            f"{','.join(field.axes)}, and batch dimensions as panels, but the values have "
            f"{extra.without(extra.batch)}. "
            "Select an entry or reduce these dimensions first."
        )
    planes = _planes(field)
    count = extra.volume * len(planes)
    if count > MOST_PANELS:
        raise ShapeError(
            f"The field {field.values.shape} would need {count} panels, at most {MOST_PANELS} are "
            "drawn. Select some entries first."
        )
    panels = []
    for index in itertools.product(*(range(extra.get_size(name)) for name in extra.names)):
        entry = dict(zip(extra.names, index, strict=True))
        panels += [
            Panel(", ".join(filter(None, (_entry_title(entry, extra), plane))), axes, entry)
            for plane, axes in planes
        ]
    return panels


def _planes(field: Field) -> Sequence[tuple[str, tuple[str, ...]]]:
    if field.spatial_rank < 3:
        return [("", field.axes)]
    if field.spatial_rank > 3:
        raise ShapeError(
            f"Pictures show up to 3 axes, not {','.join(field.axes)}. Slice the values first."
        )
    x, y, z = field.axes
    return [(f"{y} in the middle", (x, z)), (f"{x} in the middle", (y, z))]


def _entry_title(entry: dict[str, int], shape: Shape) -> str:
    parts = []
    for name, i in entry.items():
        labels = shape.get_labels(name)
        parts.append(labels[i] if labels else f"{name} {i}")
    return ", ".join(parts)
