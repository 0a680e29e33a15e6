"""Boxes and grids around shapes."""

from __future__ import annotations

import math

import numpy as np

from phimath.dimension import spatial
from phimath.elementwise import maximum, minimum
from phimath.errors import ShapeError
from phimath.reduce import max as max_of
from phimath.reduce import min as min_of
from phimath.tensor import Tensor
from phisim.geometry.box import Box
from phisim.geometry.geometry import Geometry, axes_of
from phisim.geometry.uniform_grid import UniformGrid


def check_finite(box: Box) -> None:
    """Raise where a side is infinitely far."""
    if box.lower.available and not np.isfinite((box.upper - box.lower).numpy(box.shape)).all():
        raise ShapeError(
            f"The shape with the bounding box {box} is infinite. Cut it by a Box first."
        )


def bounding_box(value: Geometry | Tensor) -> Box:
    """Box around a shape with all its copies, or around locations (…, vector)."""
    if isinstance(value, Geometry):
        box = value.bounding_box()
        lower, upper = box.lower, box.upper
    else:
        axes_of(value, "What is bounded")
        lower = upper = value
    low, high = (corner.shape.instance & corner.shape.spatial for corner in (lower, upper))
    return Box(min_of(lower, low) if low else lower, max_of(upper, high) if high else upper)


def enclosing_grid(*shapes: Geometry, cells: int = 4096, margin: float = 0.05) -> UniformGrid:
    """Grid of about equal cell sizes around shapes.

    Args:
        shapes: What to enclose.
        cells: Number of cells that is wanted; about so many are made.
        margin: Added on each side, as a part of the largest edge.
    """
    boxes = [bounding_box(shape) for shape in shapes]
    if not boxes:
        raise ShapeError("enclosing_grid needs at least one shape.")
    lower, upper = boxes[0].lower, boxes[0].upper
    for box in boxes[1:]:
        lower, upper = minimum(lower, box.lower), maximum(upper, box.upper)
    check_finite(Box(lower, upper))
    space = float(max_of(upper - lower, None)) * margin
    box = Box(lower - space, upper + space)
    size = np.array([float(box.size.vector[axis]) for axis in box.axes])
    edge = (np.prod(size) / cells) ** (1 / len(size))
    counts = {a: max(1, math.ceil(s / edge - 1e-9)) for a, s in zip(box.axes, size, strict=True)}
    return UniformGrid(spatial(**counts), box)
