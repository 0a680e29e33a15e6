"""Fields from NumPy arrays and back, in fixed layouts.

Axes of an array, first to last: batch dimensions, the grid's axes in the order of its bounds,
channel dimensions.  A staggered field is a dictionary of one such array per component, without the
vector axis; component x has n + 1 values along x, or n if x is periodic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.dimension import batch, channel, spatial
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.wrap import wrap
from phisim.field.boundary import is_periodic, with_ghosts
from phisim.field.field import HOOKS, Field
from phisim.field.grids import CenteredGrid, StaggeredGrid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.tensor import Tensor
    from phisim.geometry import Box

Arrays = np.ndarray | dict[str, np.ndarray]


def to_numpy(field: Field) -> Arrays:
    """Values as one read-only array, or one per component, in the layout of this module."""
    if field.is_staggered:
        return {axis: _array(component, field) for axis, component in field.components.items()}
    return _array(field.values, field)


def _array(values: Tensor, field: Field) -> np.ndarray:
    shape = values.shape
    return values.numpy((*shape.batch.names, *field.axes, *shape.channel.names))


def from_numpy(
    arrays: np.ndarray | Mapping[str, np.ndarray],
    boundary: Any,
    bounds: Box,
    *,
    batch_dims: str = "",
) -> Field:
    """Field from arrays in the layout that `field.numpy()` gives; shares their memory where it can.

    Args:
        arrays: One array for a centered field, scalar or with one component per axis as its last
            axis, or a dictionary of one array per axis for a staggered field.
        boundary: What lies beyond the sides.
        bounds: Domain, whose axes name the array's.
        batch_dims: Names of the leading axes, e.g. `'world,time'`.

    Raises:
        ShapeError: if the number of axes or the sizes don't fit.
    """
    names = tuple(name.strip() for name in batch_dims.split(",") if name.strip())
    if not isinstance(arrays, np.ndarray):
        components = {
            axis: _wrapped(array, names, bounds.axes, False) for axis, array in arrays.items()
        }
        cells = {a: _cells(component, a, boundary, bounds) for a, component in components.items()}
        return StaggeredGrid(components, boundary, bounds, spatial(**cells))
    return CenteredGrid(_wrapped(arrays, names, bounds.axes, True), boundary, bounds)


def _cells(component: Tensor, axis: str, boundary: Any, bounds: Box) -> int:
    one_cell = spatial(**dict.fromkeys(bounds.axes, 1))
    template = CenteredGrid(0.0, boundary, bounds, one_cell)
    return component.shape.get_size(axis) - (0 if is_periodic(template.boundary, axis) else 1)


def _wrapped(
    array: np.ndarray, batch_names: tuple[str, ...], axes: tuple[str, ...], allow_vector: bool
) -> Tensor:
    rank = len(batch_names) + len(axes)
    is_vector = allow_vector and array.ndim == rank + 1 and array.shape[-1] == len(axes)
    if array.ndim != rank and not is_vector:
        layout = ", ".join((*batch_names, *axes))
        vector = f", optionally followed by a vector of {len(axes)}" if allow_vector else ""
        raise ShapeError(
            f"An array of shape {array.shape} does not have the layout ({layout}){vector}. "
            "Name leading axes by batch_dims='…', or reorder with numpy.transpose."
        )
    vector_dim = (channel(vector=axes),) if is_vector else ()
    return wrap(
        array, *(batch(name) for name in batch_names), *(spatial(a) for a in axes), *vector_dim
    )


def staggered_tensor(field: Field) -> Tensor:
    """Components of a staggered field as one uniform tensor, n + 1 values along every axis.

    Component x keeps its faces along x (the first repeated at the end if x is periodic) and gets
    one ghost value at the upper end of the other axes, which the boundary gives.
    """
    if not field.is_staggered:
        raise ShapeError(
            f"staggered_tensor needs a staggered field, not {field!r}. Use field.at_faces() first, "
            "or field.values."
        )
    padded = []
    for own, component in field.components.items():
        widths = {
            axis: (0, 1) for axis in field.axes if axis != own or is_periodic(field.boundary, axis)
        }
        padded.append(
            with_ghosts(component, field.boundary, widths, field.geometry, own, staggered=True)
        )
    return stack(padded, field.geometry.vector)


HOOKS["numpy"] = to_numpy
HOOKS["staggered_tensor"] = staggered_tensor
