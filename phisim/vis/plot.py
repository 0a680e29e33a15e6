"""One picture of one field or tensor, by Matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.boundary import ZERO_GRADIENT
from phimath.errors import ShapeError
from phisim.field import CenteredGrid, Field
from phisim.vis.labels import Labels
from phisim.vis.libraries import load_library
from phisim.vis.panels import panels_of
from phisim.vis.strip import draw_arrows, draw_scalar

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.vis.panels import Panel


def plot(value: Field | Tensor, *, labels: Labels | None = None) -> Any:  # Matplotlib is untyped
    """Matplotlib figure of a scalar or vector field.

    1D: curves, one per vector component.  2D: colours for scalars; for vectors the magnitude and
    arrows.  3D: the two vertical planes through the middle.  Batch dimensions become panels.

    Args:
        value: Field, or tensor with spatial dimensions, which is drawn over the cell numbers.
        labels: Words and units.

    Returns: a `matplotlib.figure.Figure`, which notebooks show; `figure.savefig('name.png')` writes
        it.

    Raises:
        PlottingNotInstalled: Matplotlib is missing.
        ShapeError: if the value has no spatial dimension, other channels than one per axis, or too
            many entries.
    """
    field = _as_field(value)
    labels = labels or Labels()
    panels = panels_of(field)
    figure = load_library("matplotlib.figure").Figure(
        figsize=(4.2 * len(panels) + 0.8, 4.0 if field.spatial_rank > 1 else 3.2),
        layout="constrained",
    )
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    draw = _draw_curves if field.spatial_rank == 1 else _draw_plane
    for axes, panel in zip(grid, panels, strict=True):
        draw(axes, panel, field, labels)
        axes.set_title(panel.title)
        axes.set_xlabel(labels.axis(panel.axes[0]))
    if labels.title:
        figure.suptitle(labels.title)
    return figure


def _as_field(value: Field | Tensor) -> Field:
    if isinstance(value, Field):
        return value.at_centers()
    if not value.shape.spatial:
        raise ShapeError(
            f"A plot needs spatial dimensions, but the tensor has the shape {value.shape}. "
            "Change the type of a dimension, e.g. with rename_dims(t, 'points', spatial('x'))."
        )
    return CenteredGrid(value, ZERO_GRADIENT)


def _draw_curves(axes: Any, panel: Panel, field: Field, labels: Labels) -> None:
    (axis,) = panel.axes
    components = field.components if field.is_vector else {"": field.values}
    for name, values in components.items():
        axes.plot(panel.positions(field, axis), panel.own(values).numpy(axis), label=name or None)
    if len(components) > 1:
        axes.legend()
    axes.set_ylabel(labels.value)
    axes.grid(alpha=0.3)


def _draw_plane(axes: Any, panel: Panel, field: Field, labels: Labels) -> None:
    shown, colors = field, "viridis"
    if field.is_vector:
        # The longest arrow is that of the plane; its normal component is in the colours only.
        squares = [field.component(axis) ** 2 for axis in field.axes]
        shown = field.with_values(sum(squares[1:], squares[0]) ** 0.5)
    values = panel.values(shown)
    finite = values[np.isfinite(values)]
    limits = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if limits[0] < 0 < limits[1]:
        # Colours that part at zero need equal ends.
        colors, limits = "RdBu_r", (-max(map(abs, limits)), max(map(abs, limits)))
    image = draw_scalar(axes, panel, shown, limits, colors)
    if field.is_vector:
        draw_arrows(axes, panel, field, float(np.hypot(*panel.arrows(field)).max()) or 1.0)
    axes.set_ylabel(labels.axis(panel.axes[1]))
    axes.figure.colorbar(image, ax=axes, label=labels.value, shrink=0.85)
