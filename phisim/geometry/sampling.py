"""Random points in shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.dimension import channel, instance
from phimath.elementwise import minimum
from phimath.errors import ShapeError
from phimath.extremum import at_max
from phimath.join import stack
from phimath.norm import normalize, squared_norm
from phimath.random import random_normal, random_uniform
from phimath.wrap import wrap
from phisim.geometry.bounds import bounding_box, check_finite
from phisim.geometry.box import Box
from phisim.geometry.sphere import Sphere

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phimath.tensor import Tensor
    from phisim.geometry.geometry import Geometry

# Points that are drawn in the bounding box before giving up, for each one that is wanted.
DRAWS_PER_POINT = 2000


def sample_uniform(shape: Geometry, count: Shape) -> Tensor:
    """Random locations (count, vector), equally likely everywhere in a shape.

    Args:
        shape: Boxes and spheres are sampled directly, also in compiled code, and differentiably,
            with `count` points in each copy; others by drawing in the bounding box of all copies
            until enough points lie inside.
        count: Dimensions of the points, e.g. `instance(points=100)`.

    Raises:
        ShapeError: the shape is infinite, or so thin that drawing in its bounding box finds no
            points, or it has batch dimensions and is neither box nor sphere.
    """
    vector = channel(vector=shape.axes)
    if isinstance(shape, Sphere):
        radius = random_uniform(count & shape.shape.without("vector")) ** (1 / shape.spatial_rank)
        direction = normalize(
            random_normal(count & shape.shape.without("vector"), vector), "vector"
        )
        return shape.center + direction * (radius * shape.radius)
    if isinstance(shape, Box):
        check_finite(shape)
        dims = count & shape.shape.without("vector")
        return shape.lower + random_uniform(dims, vector) * shape.size
    box = bounding_box(shape)
    check_finite(box)
    if worlds := box.shape.without("vector"):
        raise ShapeError(
            f"Points are drawn for one world at a time, but {shape!r} has {worlds}. Select one by "
            "slicing."
        )
    return _by_rejection(shape, box, count, vector)


def farthest_points(points: Tensor, count: int) -> Tensor:
    """Some of many points, far from each other: each is the farthest from all chosen before.

    Args:
        points: Locations (points, vector) along one dimension, and batch dimensions.
        count: How many to choose, starting with the first.

    Returns: locations along the same dimension.

    Source: Gonzalez, Theor. Comput. Sci. 38 (1985).
    """
    listed = points.shape.non_batch.without("vector")
    if listed.rank != 1 or not 1 <= count <= listed.volume:
        raise ShapeError(
            f"Cannot choose {count} of points of shape {points.shape}. Give locations along one "
            "dimension, at least as many as wanted."
        )
    (name,) = listed.names
    chosen = [points.get({name: 0})]
    distance = squared_norm(points - chosen[0], "vector")
    while len(chosen) < count:
        chosen.append(at_max(points, distance, name))
        distance = minimum(distance, squared_norm(points - chosen[-1], "vector"))
    return stack(chosen, listed.with_size(name, count))


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
