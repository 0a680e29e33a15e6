"""Surfaces as points and the line segments or triangles between them."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from phimath.create import vector_of
from phimath.dimension import Dim, channel, instance, spatial
from phimath.errors import ShapeError
from phimath.shape import Shape
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.geometry.surface import closest_surface

if TYPE_CHECKING:
    from phisim.geometry.box import Box
    from phisim.geometry.geometry import Geometry


class SurfaceMesh(NamedTuple):
    """Points of a surface, and which belong together.

    vertices: Positions (vertices, vector) in the units of the axes.
    elements: Indices of vertices (elements, corner): two per segment in 2D, three per triangle in
        3D, in an order such that the surface's left side, or its outer side by the right-hand rule,
        points out of the shape.
    """

    vertices: Tensor
    elements: Tensor


def surface_mesh(shape: Geometry, bounds: Box | None = None, **resolution: int) -> SurfaceMesh:
    """The surface of a shape where it crosses the cells of a grid, in 2D and 3D.

    Args:
        shape: One shape with a signed distance.
        bounds: Domain of the grid; a tenth larger than the shape by default.
        **resolution: Cells per axis.

    Vertices are those of simplices into which cells are cut, moved to the closest point of the
    surface: second order.  How they are connected is found on the host, once; positions are
    differentiable by the shape.

    Raises:
        ShapeError: other axes than those of the shape, several copies, or nothing crosses the grid.

    Source: Doi and Koide, An efficient method of triangulating equi-valued surfaces by using
        tetrahedral cells, IEICE Trans. E74 (1991); Kuhn (1960) for the simplices.
    """
    axes = shape.axes
    if tuple(sorted(resolution)) != tuple(sorted(axes)) or len(axes) not in (2, 3):
        raise ShapeError(
            f"surface_mesh needs cells along {', '.join(axes)} of a shape in 2D or 3D, but got "
            f"{resolution}. Write e.g. surface_mesh(shape, x=32, y=32)."
        )
    if shape.shape.without("vector"):
        raise ShapeError(
            f"surface_mesh takes a single shape, not copies along {shape.shape.without('vector')}. "
            "Take the union of them."
        )
    box = bounds or shape.bounding_box().scaled(1.1)
    nodes = {
        axis: np.linspace(
            float(box.lower.vector[axis]), float(box.upper.vector[axis]), resolution[axis] + 1
        )
        for axis in axes
    }
    location = vector_of({axis: wrap(nodes[axis], spatial(axis)) for axis in axes})
    distance = np.asarray(shape.signed_distance(location).numpy(axes), dtype=float)
    points = np.stack(np.meshgrid(*nodes.values(), indexing="ij"), -1).reshape(-1, len(axes))
    edges, elements = _cut(distance)
    if not len(elements):
        raise ShapeError(f"The surface of {shape} crosses no cell of the grid in {box}.")
    vertices = _between(points, distance.ravel(), edges)
    elements = _turned(vertices, elements, points[edges[:, 1]] - points[edges[:, 0]])
    start = wrap(vertices, Shape(Dim("vertices", instance, len(vertices))) & channel(vector=axes))
    corners = Shape(Dim("elements", instance, len(elements))) & channel(corner=len(axes))
    return SurfaceMesh(closest_surface(shape, start).position, wrap(elements, corners))


def _simplices(sizes: tuple[int, ...]) -> np.ndarray:
    """Node numbers (simplices, corners): each cell is cut along its diagonal into d! of them."""
    rank = len(sizes)
    strides = np.array([int(np.prod(sizes[i + 1 :])) for i in range(rank)])
    first = np.indices([size - 1 for size in sizes]).reshape(rank, -1).T @ strides
    paths = [np.cumsum([0, *strides[list(order)]]) for order in permutations(range(rank))]
    return (first[:, None, None] + np.array(paths)).reshape(-1, rank + 1)


# How simplices are cut, by the number of corners inside, which come first: elements as pairs of an
# inner and an outer corner.
_CUTS: Final[dict[int, dict[int, tuple[tuple[tuple[int, int], ...], ...]]]] = {
    2: {1: (((0, 1), (0, 2)),), 2: (((0, 2), (1, 2)),)},
    3: {
        1: (((0, 1), (0, 2), (0, 3)),),
        2: (((0, 2), (0, 3), (1, 3)), ((0, 2), (1, 3), (1, 2))),
        3: (((0, 3), (1, 3), (2, 3)),),
    },
}


def _cut(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges (vertices, inner and outer node) that the surface crosses, and elements of these."""
    simplices = _simplices(distance.shape)
    is_outside = distance.ravel()[simplices] > 0
    # Inner corners first.
    simplices = np.take_along_axis(simplices, np.argsort(is_outside, axis=1, kind="stable"), 1)
    inner = (~is_outside).sum(1)
    found = [
        simplices[inner == count][:, np.array(element)]
        for count, elements in _CUTS[distance.ndim].items()
        for element in elements
    ]
    pairs = np.concatenate(found).reshape(-1, 2)
    edges, index = np.unique(pairs, axis=0, return_inverse=True)
    return edges, index.reshape(-1, distance.ndim)


def _between(points: np.ndarray, distance: np.ndarray, edges: np.ndarray) -> np.ndarray:
    inner, outer = edges.T
    part = distance[inner] / (distance[inner] - distance[outer])
    return points[inner] + part[:, None] * (points[outer] - points[inner])


def _turned(vertices: np.ndarray, elements: np.ndarray, outwards: np.ndarray) -> np.ndarray:
    """Elements whose side points from the inner to the outer ends of their edges."""
    corners = vertices[elements]
    if vertices.shape[1] == 2:
        along = corners[:, 1] - corners[:, 0]
        normal = np.stack([-along[:, 1], along[:, 0]], -1)
    else:
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    is_wrong = (normal * outwards[elements].sum(1)).sum(-1) < 0
    elements[is_wrong, :2] = elements[is_wrong, 1::-1]
    return elements


__all__ = ["SurfaceMesh", "surface_mesh"]
