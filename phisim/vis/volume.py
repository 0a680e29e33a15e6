"""The 3D view of an animation: isosurfaces on a coarse grid, so that files stay small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.create import vec
from phimath.dimension import spatial
from phimath.wrap import wrap
from phisim.vis.labels import Labels
from phisim.vis.libraries import load_library

if TYPE_CHECKING:
    from phisim.field import Field
    from phisim.geometry import Geometry

VOLUME_CELLS = 32  # along each axis
LEVELS = 255


def coarse_values(field: Field) -> tuple[np.ndarray, list[np.ndarray]]:
    """Values averaged over blocks to at most `VOLUME_CELLS` per axis, and the blocks' centers."""
    array = field.values.numpy(",".join(field.axes)).astype(np.float32)
    points = []
    for k, axis in enumerate(field.axes):
        lower, upper = (float(b.vector[axis]) for b in (field.bounds.lower, field.bounds.upper))
        count = array.shape[k]
        block = -(-count // VOLUME_CELLS)
        blocks = count // block
        # A remainder at the upper side is left out.
        array = np.moveaxis(array, k, 0)[: blocks * block]
        array = array.reshape(blocks, block, *array.shape[1:]).mean(axis=1)
        array = np.moveaxis(array, 0, k)
        points.append(lower + (np.arange(blocks) + 0.5) * block * (upper - lower) / count)
    return array, points


def volume_values(field: Field, limit: float) -> np.ndarray:
    """Values as bytes, from 0 to `LEVELS` at the colour limit: a quarter of the size of floats."""
    values = coarse_values(field)[0].ravel()
    return np.round(np.clip(values / limit, 0.0, 1.0) * LEVELS).astype(np.uint8)


def value_surfaces(field: Field, limit: float, colors: str) -> Any:  # Plotly is untyped
    """Three transparent surfaces of equal value, between a tenth and most of the colour limit."""
    points = coarse_values(field)[1]
    return load_library("plotly.graph_objects").Isosurface(
        **_coordinates(points),
        value=volume_values(field, limit),
        isomin=0.1 * LEVELS,
        isomax=0.7 * LEVELS,
        surface_count=3,
        opacity=0.45,
        colorscale=colors,
        cmin=0,
        cmax=LEVELS,
        showscale=False,
        caps={axis: {"show": False} for axis in "xyz"},
        hoverinfo="skip",
    )


def solid_surface(geometry: Geometry, field: Field, color: str) -> Any:
    """The surface of a geometry, as the level 0 of its signed distance."""
    points = coarse_values(field)[1]
    location: dict[str, Any] = {
        axis: wrap(x, spatial(axis)) for axis, x in zip(field.axes, points, strict=True)
    }
    distance = geometry.signed_distance(vec(**location)).numpy(",".join(field.axes))
    return load_library("plotly.graph_objects").Isosurface(
        **_coordinates(points),
        value=distance.astype(np.float32).ravel(),
        isomin=0.0,
        isomax=0.0,
        surface_count=1,
        colorscale=[[0, color], [1, color]],
        showscale=False,
        caps={axis: {"show": False} for axis in "xyz"},
        hoverinfo="skip",
    )


def _coordinates(points: list[np.ndarray]) -> dict[str, np.ndarray]:
    grids = np.meshgrid(*points, indexing="ij")
    return {k: grid.astype(np.float32).ravel() for k, grid in zip("xyz", grids, strict=True)}


def scene_layout(field: Field, labels: Labels) -> dict[str, Any]:
    """Axes and camera of the 3D view."""
    axes = {
        f"{k}axis": {
            "title": {"text": labels.axis(axis)},
            "range": [float(b.vector[axis]) for b in (field.bounds.lower, field.bounds.upper)],
        }
        for k, axis in zip("xyz", field.axes, strict=True)
    }
    # From far enough that no tick label is cut.
    return {"aspectmode": "data", "camera": {"eye": {"x": 1.9, "y": 1.9, "z": 0.8}}, **axes}
