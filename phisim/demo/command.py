"""The command: reads options, runs the simulation, writes the pictures and says what came out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from phimath.backend.discovery import installed
from phimath.context import using
from phimath.dtype import precision
from phisim.demo.plume import RESOLUTION, STEPS, PlumeResult, PlumeSettings, scene, simulate
from phisim.vis import Labels, plot_animation, plot_strip
from phisim.vis.libraries import PlottingNotInstalled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phisim.field import Field

PICTURES = 4  # frames in the strip
MOST_ENTRIES = {2: 4, 3: 2}  # of a batch, in a picture


def main(arguments: Sequence[str]) -> int:
    """Runs a demo; returns 0, errors are raised."""
    options = _parser().parse_args(arguments)
    resolution = RESOLUTION[options.dims] if options.resolution is None else options.resolution
    steps = STEPS[options.dims] if options.steps is None else options.steps
    settings = PlumeSettings(options.dims, resolution, steps, options.dt, options.batch)
    with using(options.backend, options.device), precision(options.precision):
        result = simulate(settings, progress=sys.stderr.isatty())
    paths = write_pictures(result, settings, options.out)
    print(
        summary(result, settings, f"{options.backend} on {result.device}, {options.precision} bit")
    )
    for path in paths:
        print(f"  {'written':26}{path}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="phisim demo",
        description="A buoyant plume of smoke past an obstacle in a closed box.",
        allow_abbrev=False,
    )
    parser.add_argument("name", choices=["plume"], help="which demo")
    add = parser.add_argument
    add("--backend", choices=installed(), default="numpy", help="framework (default: numpy)")
    add("--dims", type=int, choices=[2, 3], default=2, help="number of axes (default: 2)")
    add("--resolution", type=int, metavar="N", help=f"cells per axis ({_defaults(RESOLUTION)})")
    add("--steps", type=int, metavar="N", help=f"time steps ({_defaults(STEPS)})")
    add("--dt", type=float, default=0.5, metavar="S", help="time step in seconds (default: 0.5)")
    add("--precision", type=int, choices=[32, 64], default=32, help="bits (default: 32)")
    add("--device", metavar="NAME", help="e.g. cpu or cuda:0 (default: the framework's choice)")
    add("--batch", type=int, default=1, metavar="N", help="inflows to simulate at once")
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="folder (default: out)")
    return parser


def _defaults(by_dims: dict[int, int]) -> str:
    return "default: " + ", ".join(f"{value} in {dims}D" for dims, value in by_dims.items())


def write_pictures(result: PlumeResult, settings: PlumeSettings, folder: Path) -> list[Path]:
    """Writes animation and strip; without Matplotlib the animation only, with a message."""
    name = f"plume_{settings.dims}d" + (f"_batch{settings.batch}" if settings.batch > 1 else "")
    labels = Labels("Smoke rising past an obstacle", "smoke density", "m", "s")
    obstacles = [scene(settings).obstacle]
    frames = [_shown(frame, settings) for frame in result.frames]
    paths = [
        plot_animation(
            frames, folder / f"{name}.html",
            times=result.times, obstacles=obstacles, labels=labels,
        )
    ]  # fmt: skip
    last = len(frames) - 1
    chosen = np.unique(np.linspace(0, last, PICTURES + 1).round().astype(int))[1:]
    try:
        paths.append(
            plot_strip(
                [frames[i] for i in chosen], folder / f"{name}.png",
                velocity=[_shown(result.velocity[i], settings) for i in chosen],
                times=[result.times[i] for i in chosen], obstacles=obstacles, labels=labels,
            )
        )  # fmt: skip
    except PlottingNotInstalled as error:
        print(f"No PNG was written. {error}", file=sys.stderr)
    return paths


def _shown(field: Field, settings: PlumeSettings) -> Field:
    """The field with as many entries of the batch as fit into a picture."""
    if "inflow" not in field.shape:
        return field
    return field.get({"inflow": slice(0, MOST_ENTRIES[settings.dims])})


def summary(result: PlumeResult, settings: PlumeSettings, where: str) -> str:
    """The results as aligned lines."""
    unit = {2: "m²", 3: "m³"}[settings.dims]
    cells = " × ".join([str(settings.resolution)] * settings.dims)
    batch = f", {settings.batch} inflows" if settings.batch > 1 else ""
    lines = [
        ("plume", f"{cells} cells{batch}, {settings.steps} steps of {settings.dt:g} s"),
        ("computed by", where),
        ("smoke that flowed in", f"{_numbers(result.expected_mass)} {unit}"),
        ("smoke in the box", f"{_numbers(result.mass)} {unit}"),
        # Semi-Lagrangian schemes move values, not amounts.
        ("drift of advection", _percent(result.mass / result.expected_mass - 1.0)),
        ("max |div u| Δx / max |u|", f"{result.divergence:.1e}"),
        ("max |u| dt / Δx", f"{result.cells_per_step:.2f} cells per step"),
        ("speed", f"{result.steps_per_second:.1f} steps per second"),
    ]
    return "\n".join(f"  {name:26}{text}" for name, text in lines)


def _numbers(values: np.ndarray) -> str:
    return ", ".join(f"{value:.1f}" for value in np.atleast_1d(values))


def _percent(fractions: np.ndarray) -> str:
    return ", ".join(f"{100 * fraction:+.1f} %" for fraction in np.atleast_1d(fractions))
