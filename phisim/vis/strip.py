"""A row of pictures that tells the story of a simulation, by Matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.errors import ShapeError
from phisim.vis.animation import SOLID, color_limit
from phisim.vis.labels import Labels
from phisim.vis.libraries import load_library
from phisim.vis.panels import panels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phisim.field import Field
    from phisim.geometry import Geometry
    from phisim.vis.panels import Panel

ARROWS = 14  # along the longer side of a panel


def plot_strip(
    frames: Sequence[Field],
    file: str | Path,
    *,
    velocity: Sequence[Field] = (),
    times: Sequence[float] | None = None,
    obstacles: Sequence[Geometry] = (),
    labels: Labels | None = None,
) -> Path:
    """Writes frames side by side as one picture (PNG, PDF or SVG, by the ending of the file).

    Rows are entries of batch dimensions, in 3D the two vertical planes through the middle.

    Args:
        frames: Centered scalar fields on the same grid, few enough to be told apart.
        file: Where to write; folders are created.
        velocity: Vector field of each frame, drawn as arrows; none by default.
        times: Time of each frame; its number by default.
        obstacles: Geometries drawn on top.
        labels: Words and units.

    Returns: the path of the file.

    Raises:
        PlottingNotInstalled: Matplotlib is missing.
        ShapeError: if there are no frames, or numbers of frames, velocities and times differ.
    """
    times = range(len(frames)) if times is None else times
    if not frames or len(times) != len(frames) or len(velocity) not in (0, len(frames)):
        raise ShapeError(
            "A strip needs one time, and one or no velocity, per frame, but got "
            f"{len(frames)} frames, {len(times)} times and {len(velocity)} velocities."
        )
    figure = _strip_figure(frames, velocity, times, obstacles, labels or Labels())
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return path


def _strip_figure(
    frames: Sequence[Field],
    velocity: Sequence[Field],
    times: Sequence[float],
    obstacles: Sequence[Geometry],
    labels: Labels,
) -> Any:
    panels = panels_of(*frames)
    figure, grid = _axes_grid(panels, frames)
    limit, speed = color_limit(frames), _top_speed(velocity, panels)
    image: Any = None
    for row, panel in enumerate(panels):
        for column, frame in enumerate(frames):
            axes = grid[row][column]
            image = draw_scalar(axes, panel, frame, (0.0, limit))
            if velocity:
                draw_arrows(axes, panel, velocity[column], speed)
            for obstacle in obstacles:
                _draw_obstacle(axes, panel, obstacle, frame)
            _label(axes, panel, labels, labels.at_time(times[column]), (row, column, len(panels)))
    figure.colorbar(
        image, ax=grid, label=labels.value, extend="max", extendfrac=0.03, aspect=30, pad=0.015
    )
    if labels.title:
        unit = f" {labels.length}/{labels.time}" if labels.length and labels.time else ""
        arrows = f"   (arrows: velocity up to {speed:.2g}{unit})" if velocity else ""
        figure.suptitle(labels.title + arrows, fontsize=14)
    return figure


def _axes_grid(panels: Sequence[Panel], frames: Sequence[Field]) -> tuple[Any, Any]:
    # Figures made without pyplot open no window and need no closing.
    figure_class = load_library("matplotlib.figure").Figure
    size = (3.0 * len(frames) + 1.4, 3.0 * len(panels) + 0.8)
    figure = figure_class(figsize=size, layout="constrained")
    return figure, figure.subplots(
        len(panels), len(frames), squeeze=False, sharex="row", sharey="row"
    )


def draw_scalar(
    axes: Any, panel: Panel, field: Field, limits: tuple[float, float], colors: str = "inferno"
) -> Any:
    """Draws a scalar field as coloured cells."""
    horizontal, vertical = panel.axes
    return axes.imshow(
        panel.values(field),
        origin="lower",
        extent=(*panel.extent(field, horizontal), *panel.extent(field, vertical)),
        cmap=colors,
        vmin=limits[0],
        vmax=limits[1],
        interpolation="bilinear",
        aspect="equal",
    )


def draw_arrows(axes: Any, panel: Panel, field: Field, speed: float, color: str = "white") -> None:
    """Draws some arrows of a vector field; that of `speed` is twice as long as their distance."""
    horizontal, vertical = panel.axes
    u, v = panel.arrows(field)
    stride = -(-max(u.shape) // ARROWS)
    start = stride // 2
    x = panel.positions(field, horizontal)[start::stride]
    y = panel.positions(field, vertical)[start::stride]
    lower, upper = panel.extent(field, horizontal)
    gap = stride * (upper - lower) / u.shape[1]
    axes.quiver(
        x, y, u[start::stride, start::stride], v[start::stride, start::stride],
        color=color, alpha=0.8, width=0.006, angles="xy", scale_units="xy", scale=speed / (2 * gap),
    )  # fmt: skip


def _top_speed(velocity: Sequence[Field], panels: Sequence[Panel]) -> float:
    speeds = [np.hypot(*panel.arrows(field)).max() for field in velocity for panel in panels]
    return float(max(speeds, default=1.0)) or 1.0


def _draw_obstacle(axes: Any, panel: Panel, obstacle: Geometry, field: Field) -> None:
    x, y, distance = panel.distance(obstacle, field)
    if distance.min() < 0:
        axes.contourf(x, y, distance, levels=[distance.min(), 0], colors=[SOLID], zorder=3)
        axes.contour(x, y, distance, levels=[0], colors="white", linewidths=1.2, zorder=4)


def _label(axes: Any, panel: Panel, labels: Labels, time: str, place: tuple[int, int, int]) -> None:
    row, column, rows = place
    horizontal, vertical = panel.axes
    if row == rows - 1:
        axes.set_xlabel(labels.axis(horizontal))
    if column == 0:
        title = f"{panel.title}\n" if panel.title else ""
        axes.set_ylabel(title + labels.axis(vertical))
    if row == 0:
        axes.set_title(time, fontsize=11)
