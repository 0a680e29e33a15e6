"""Animations of scalar fields by Plotly, each one HTML file that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.errors import ShapeError
from phisim.vis.labels import Labels
from phisim.vis.libraries import load_library
from phisim.vis.panels import panels_of
from phisim.vis.volume import scene_layout, solid_surface, value_surfaces, volume_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phisim.field import Field
    from phisim.geometry import Geometry
    from phisim.vis.panels import Panel

SOLID = "#9aa3ad"
COLORS = "Inferno"
INK, PAPER = "#1f2933", "#ffffff"
PANEL_WIDTH, PANEL_HEIGHT = 400, 400
MILLISECONDS = 80  # per frame
PLAY = {
    "frame": {"duration": MILLISECONDS, "redraw": True},
    "transition": {"duration": 0},
    "fromcurrent": True,
}


def plot_animation(
    frames: Sequence[Field],
    file: str | Path,
    *,
    times: Sequence[float] | None = None,
    obstacles: Sequence[Geometry] = (),
    labels: Labels | None = None,
) -> Path:
    """Writes the frames as one HTML file with play, pause and a slider.

    Batch dimensions become panels next to each other.  A 3D field shows the two vertical planes
    through the middle, and isosurfaces if it has no batch dimension.

    Args:
        frames: Centered scalar fields on the same grid.
        file: Where to write; folders are created.
        times: Time of each frame; its number by default.
        obstacles: Geometries drawn on top.
        labels: Words and units.

    Returns: the path of the file.

    Raises:
        ShapeError: if there are no frames, or fields are no scalars in 2D or 3D.
    """
    if not frames or len(frames[0].axes) < 2 or frames[0].is_vector or frames[0].is_staggered:
        raise ShapeError(
            "An animation needs at least one frame, and centered scalar fields in 2D or 3D. "
            f"Got {len(frames)} frames{': ' + repr(frames[0]) if frames else ''}."
        )
    times = range(len(frames)) if times is None else times
    if len(times) != len(frames):
        raise ShapeError(
            f"{len(times)} times were given for {len(frames)} frames. Give one per frame."
        )
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = _figure(frames, times, obstacles, labels or Labels())
    figure.write_html(
        path, include_plotlyjs=True, animation_opts=PLAY, config={"displaylogo": False}
    )
    return path


def _figure(
    frames: Sequence[Field], times: Sequence[float], obstacles: Sequence[Geometry], labels: Labels
) -> Any:
    go = load_library("plotly.graph_objects")
    panels = panels_of(*frames)
    has_volume = frames[0].spatial_rank == 3 and len(panels) == 2
    figure = _empty_figure(panels, has_volume)
    limit = color_limit(frames)
    for i, panel in enumerate(panels):
        figure.add_trace(_heatmap(go, panel, frames[0], labels), row=1, col=i + 1)
    if has_volume:
        figure.add_trace(value_surfaces(frames[0], limit, COLORS), row=1, col=len(panels) + 1)
    moving = len(figure.data)
    for i, panel in enumerate(panels):
        for obstacle in obstacles:
            figure.add_trace(_outline(go, panel, obstacle, frames[0]), row=1, col=i + 1)
        _set_axes(figure, panel, frames[0], labels, i + 1)
    if has_volume:
        for obstacle in obstacles:
            figure.add_trace(solid_surface(obstacle, frames[0], SOLID), row=1, col=len(panels) + 1)
        figure.update_scenes(**scene_layout(frames[0], labels))
    figure.frames = [
        go.Frame(
            name=str(i),
            data=[
                *({"type": "heatmap", "z": panel.values(frame)} for panel in panels),
                *(
                    [{"type": "isosurface", "value": volume_values(frame, limit)}]
                    if has_volume
                    else []
                ),
            ],
            traces=list(range(moving)),
        )
        for i, frame in enumerate(frames)
    ]
    _set_layout(figure, times, labels, limit, len(panels) + has_volume)
    return figure


def color_limit(frames: Sequence[Field]) -> float:
    """Upper end of the colours for all frames; few cells lie above it, e.g. in the inflow."""
    last = max(float(np.quantile(_numbers(frame), 0.999)) for frame in frames)
    return last if last > 0 else 1.0


def _numbers(field: Field) -> np.ndarray:
    return field.values.numpy(field.values.shape)


def _empty_figure(panels: Sequence[Panel], has_volume: bool) -> Any:
    kinds = [{"type": "xy"}] * len(panels) + [{"type": "scene"}] * has_volume
    return load_library("plotly.subplots").make_subplots(
        rows=1,
        cols=len(kinds),
        specs=[kinds],
        subplot_titles=[p.title for p in panels] + ["isosurfaces"] * has_volume,
        horizontal_spacing=0.3 / len(kinds) / 1.5,
    )


def _heatmap(go: Any, panel: Panel, field: Field, labels: Labels) -> Any:
    horizontal, vertical = panel.axes
    name = labels.value.partition(" (")[0] or "value"
    return go.Heatmap(
        x=panel.positions(field, horizontal),
        y=panel.positions(field, vertical),
        z=panel.values(field),
        coloraxis="coloraxis",
        zsmooth="best",
        hovertemplate=f"{horizontal} %{{x:.1f}}<br>{vertical} %{{y:.1f}}<br>"
        f"{name} %{{z:.3f}}<extra></extra>",
    )


def _outline(go: Any, panel: Panel, obstacle: Geometry, field: Field) -> Any:
    x, y, distance = panel.distance(obstacle, field)
    return go.Contour(
        x=x,
        y=y,
        z=distance.astype(np.float32),
        # Plotly shades where the constraint is violated.
        contours={"type": "constraint", "operation": ">", "value": 0},
        fillcolor=SOLID,
        line={"color": "white", "width": 2},
        showscale=False,
        showlegend=False,
        hoverinfo="skip",
    )


def _set_axes(figure: Any, panel: Panel, field: Field, labels: Labels, column: int) -> None:
    horizontal, vertical = panel.axes
    ticks = {"showgrid": False, "zeroline": False, "ticks": "outside", "constrain": "domain"}
    figure.update_xaxes(
        title_text=labels.axis(horizontal),
        range=panel.extent(field, horizontal),
        row=1,
        col=column,
        **ticks,
    )
    anchor = f"x{column if column > 1 else ''}"
    figure.update_yaxes(
        title_text=labels.axis(vertical),
        range=panel.extent(field, vertical),
        scaleanchor=anchor,
        row=1,
        col=column,
        **ticks,
    )


def _set_layout(
    figure: Any, times: Sequence[float], labels: Labels, limit: float, columns: int
) -> None:
    figure.update_layout(
        title={"text": labels.title, "x": 0.5, "font": {"size": 20}},
        font={"family": "system-ui, sans-serif", "size": 14, "color": INK},
        paper_bgcolor=PAPER,
        width=max(PANEL_WIDTH * columns + 180, 660),
        height=PANEL_HEIGHT + 270,
        margin={"l": 70, "r": 40, "t": 90, "b": 40},
        coloraxis={
            "colorscale": COLORS, "cmin": 0, "cmax": limit,
            "colorbar": {"title": {"text": labels.value, "side": "right"}, "thickness": 16},
        },
        sliders=[_slider(times, labels)],
        updatemenus=[_buttons()],
    )  # fmt: skip


def _slider(times: Sequence[float], labels: Labels) -> dict[str, Any]:
    show = {
        "mode": "immediate",
        "frame": {"duration": 0, "redraw": True},
        "transition": {"duration": 0},
    }
    return {
        "steps": [
            {"method": "animate", "label": f"{time:.4g}", "args": [[str(i)], show]}
            for i, time in enumerate(times)
        ],
        "currentvalue": {
            "prefix": "t = ", "suffix": f" {labels.time}", "xanchor": "right", "font": {"size": 16},
        },
        "x": 0, "len": 1, "y": 0, "pad": {"t": 75},
    }  # fmt: skip


def _buttons() -> dict[str, Any]:
    stop = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    return {
        "type": "buttons", "direction": "left", "showactive": False,
        "x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "pad": {"t": 62},
        "buttons": [
            {"label": "▶ Play", "method": "animate", "args": [None, PLAY]},
            {"label": "❚❚ Pause", "method": "animate", "args": [[None], stop]},
        ],
    }  # fmt: skip
