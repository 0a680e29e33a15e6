"""Random points in shapes, and boxes and grids around them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from phimath.dimension import channel, instance, spatial
from phimath.elementwise import maximum, minimum
from phimath.errors import ShapeError
from phimath.norm import norm, normalize
from phimath.random import random_normal, random_uniform
from phimath.reduce import max as max_of
from phimath.reduce import min as min_of
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.geometry.box import Box
from phisim.geometry.geometry import Geometry, axes_of
from phisim.geometry.sphere import Sphere
from phisim.geometry.uniform_grid import UniformGrid

if TYPE_CHECKING:
    from phimath.shape import Shape

# Points that are drawn in the bounding box before giving up, for each one that is wanted.
DRAWS_PER_POINT = 2000


def sample_uniform(shape: Geometry, count: Shape) -> Tensor:
    """Random locations (count, vector), equally likely everywhere in a shape.

    Args:
        shape: Boxes and spheres are sampled directly, also in compiled code, and differentiably;
            others by drawing in their bounding box until enough points lie inside.
        count: Dimensions of the points, e.g. `instance(points=100)`.

    Raises:
        ShapeError: the shape is infinite, or so thin that drawing in its bounding box finds no
            points.
    """
    vector = channel(vector=shape.axes)
    if isinstance(shape, Sphere):
        radius = random_uniform(count & shape.shape.without("vector")) ** (1 / shape.spatial_rank)
        direction = normalize(
            random_normal(count & shape.shape.without("vector"), vector), "vector"
        )
        return shape.center + direction * (radius * shape.radius)
    box = shape.bounding_box()
    _check_finite(box)
    if isinstance(shape, Box):
        return box.lower + random_uniform(count & box.shape.without("vector"), vector) * box.size
    return _by_rejection(shape, box, count, vector)


def _by_rejection(shape: Geometry, box: Box, count: Shape, vector: Shape) -> Tensor:
    wanted, drawn = count.volume, 0
    found: list[np.ndarray] = []
    draws = instance(draws=max(64, 2 * wanted))
    while sum(map(len, found)) < wanted:
        if drawn > DRAWS_PER_POINT * max(wanted, 64):
            raise ShapeError(
                f"Of {drawn} points in the bounding box {box}, {sum(map(len, found))} lie inside. "
                "The shape is empty, or too thin to be sampled this way."
            )
        points = box.lower + random_uniform(draws, vector) * box.size
        inside = shape.lies_inside(points).numpy(draws)
        found.append(points.numpy(draws & vector)[inside])
        drawn += draws.volume
    values = np.concatenate(found)[:wanted].reshape(*count.int_sizes, -1)
    return wrap(values, count & vector)


def _check_finite(box: Box) -> None:
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
    _check_finite(Box(lower, upper))
    space = float(max_of(upper - lower, None)) * margin
    box = Box(lower - space, upper + space)
    size = np.array([float(box.size.vector[axis]) for axis in box.axes])
    edge = (np.prod(size) / cells) ** (1 / len(size))
    counts = {a: max(1, math.ceil(s / edge - 1e-9)) for a, s in zip(box.axes, size, strict=True)}
    return UniformGrid(spatial(**counts), box)


def clip_length(vector: Tensor, shortest: float = 0.0, longest: float | Tensor = 1.0) -> Tensor:
    """Vectors (…, vector) with their lengths limited."""
    length = norm(vector, "vector")
    limited = minimum(maximum(length, shortest), longest)
    return normalize(vector, "vector") * limited
