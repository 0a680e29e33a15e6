"""Values that vary along a side, such as those of an inflow: at which points, and at others.

Along each axis of a side they have one value per cell, or one per face where a staggered component
has its points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.boundary import ZERO_GRADIENT, Boundary, pad
from phimath.interpolate import sample_components
from phimath.join import stack
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import Shape
    from phisim.geometry import UniformGrid


def is_profile(value: object) -> bool:
    """Whether a prescribed value varies along the side."""
    return isinstance(value, Tensor) and bool(value.shape.spatial)


def fitted(value: Any, points: Shape) -> Any:
    """A profile at its points or midway between them, as a component with these points needs it."""
    return _by_component(value, lambda part: _fitted(part, points))


def _fitted(value: Tensor, points: Shape) -> Tensor:
    for name in value.shape.spatial.names:
        if name in points:
            value = _midway(value, name, points.get_size(name))
    return value


def _midway(value: Tensor, name: str, wanted: int) -> Tensor:
    size = value.shape.get_size(name)
    if wanted == size + 1:
        value = pad(value, {name: (1, 1)}, ZERO_GRADIENT)
    elif wanted != size - 1:
        return value
    return (value.get({name: slice(1, None)}) + value.get({name: slice(None, -1)})) * 0.5


def moved_to_grid(boundary: Boundary, old: UniformGrid, new: UniformGrid) -> Boundary:
    """Boundary of a field that goes from one grid to another: profiles are interpolated."""

    def moved(value: Any) -> Any:
        return _by_component(value, lambda part: _interpolated(part, old, new))

    return boundary.select(moved)


def _interpolated(value: Tensor, old: UniformGrid, new: UniformGrid) -> Tensor:
    for name in value.shape.spatial.names:
        on_faces = value.shape.get_size(name) == old.resolution.get_size(name) + 1
        at = new.positions(name, faces=on_faces) - old.bounds.lower.vector[name]
        index = at / old.spacing(name) - (0.0 if on_faces else 0.5)
        value = sample_components(value, {name: index}, ZERO_GRADIENT)
    return value


def at_cells(boundary: Boundary, cells: Shape) -> Boundary:
    """Boundary of a centered field whose components were on faces."""
    return boundary.select(lambda value: fitted(value, cells))


def _by_component(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if not is_profile(value):
        return value
    if "vector" not in value.shape:
        return change(value)
    parts = [change(part) for part in value.unstacked("vector")]
    return stack(parts, value.shape.only("vector"))
