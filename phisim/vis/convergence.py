"""A picture of how solves converged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.errors import ShapeError
from phimath.solve import SolveInfo
from phisim.vis.libraries import load_library

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of more systems the one with the largest and the one with the smallest residual bound an area.
_MOST_CURVES = 4


def plot_convergence(solves: SolveInfo | Iterable[SolveInfo]) -> Any:  # Matplotlib is untyped
    """Residuals over the iterations, as a Matplotlib figure; dotted, what had to be reached.

    Args:
        solves: A report, several, or a `SolveTape(record_trajectories=True)`.

    Raises:
        ShapeError: no report has a history.
        PlottingNotInstalled: Matplotlib is missing.
    """
    listed = [solves] if isinstance(solves, SolveInfo) else list(solves)
    shown = [info for info in listed if info.history is not None]
    if not shown:
        raise ShapeError(
            f"None of {len(listed)} reports has a history. Solve inside of `with "
            "SolveTape(record_trajectories=True) as solves:` and plot that."
        )
    figure = load_library("matplotlib.figure").Figure(figsize=(6.5, 4), layout="constrained")
    axes = figure.subplots()
    for position, info in enumerate(shown):
        _draw(axes, info, f"C{position % 10}")
    axes.set(yscale="log", xlabel="iteration", ylabel="residual ‖b − A x‖")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _draw(axes: Any, info: SolveInfo, color: str) -> None:
    assert info.history is not None
    systems = info.history.shape.without("iteration").names
    values = info.history.numpy((*systems, "iteration")).reshape(-1, info.iterations + 1)
    rows = np.where(values > 0, values, np.nan)  # zero has no place on a logarithmic axis
    numbers = np.arange(rows.shape[1])
    if len(rows) > _MOST_CURVES:
        low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
        axes.fill_between(numbers, low, high, color=color, alpha=0.3)
        rows = high[None]
    for i, row in enumerate(rows):
        axes.plot(numbers, row, ".-", color=color, label=None if i else _label(info))
    largest = float(np.max(info.tolerance.numpy(info.tolerance.shape.names)))
    if largest > 0:
        axes.axhline(largest, color=color, linestyle=":")


def _label(info: SolveInfo) -> str:
    means = f" with {info.preconditioner}" if info.preconditioner else ""
    purpose = "" if info.purpose == "solution" else f" ({info.purpose})"
    return f"{info.method}{means}{purpose}"
