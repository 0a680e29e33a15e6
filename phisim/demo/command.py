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
from phisim.demo.plume import RESOLUTION, PlumeResult, PlumeSettings, scene, simulate
from phisim.vis import Labels, plot_animation, plot_strip
from phisim.vis.libraries import PlottingNotInstalled

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURES = 4  # frames in the strip


def main(arguments: Sequence[str]) -> int:
    """Runs a demo; returns 0, errors are raised."""
    options = _parser().parse_args(arguments)
    resolution = RESOLUTION[options.dims] if options.resolution is None else options.resolution
    settings = PlumeSettings(options.dims, resolution, options.steps, options.dt, options.batch)
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
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("name", choices=["plume"], help="which demo")
    parser.add_argument("--backend", choices=installed(), default="numpy", help="framework")
    parser.add_argument("--dims", type=int, choices=[2, 3], default=2, help="number of axes")
    parser.add_argument(
        "--resolution",
        type=int,
        default=argparse.SUPPRESS,
        metavar="N",
        help="cells per axis (default: "
        + ", ".join(f"{n} in {d}D" for d, n in RESOLUTION.items())
        + ")",
    )
    parser.add_argument("--steps", type=int, default=120, metavar="N", help="time steps")
    parser.add_argument("--dt", type=float, default=1.0, metavar="S", help="time step in seconds")
    parser.add_argument("--precision", type=int, choices=[32, 64], default=32, help="bits")
    parser.add_argument(
        "--device", metavar="NAME", help="e.g. cpu or cuda:0; else the framework's choice"
    )
    parser.add_argument(
        "--batch", type=int, default=1, metavar="N", help="inflows to simulate at once"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out"), metavar="DIR", help="where to write"
    )
    parser.set_defaults(resolution=None)
    return parser


def write_pictures(result: PlumeResult, settings: PlumeSettings, folder: Path) -> list[Path]:
    """Writes animation and strip; without Matplotlib the animation only, with a message."""
    name = f"plume_{settings.dims}d" + (f"_batch{settings.batch}" if settings.batch > 1 else "")
    labels = Labels("Smoke rising past an obstacle", "smoke density", "m", "s")
    obstacles = [scene(settings).obstacle]
    paths = [
        plot_animation(
            result.frames, folder / f"{name}.html",
            times=result.times, obstacles=obstacles, labels=labels,
        )
    ]  # fmt: skip
    last = len(result.frames) - 1
    chosen = np.unique(np.linspace(0, last, PICTURES + 1).round().astype(int))[1:]
    try:
        paths.append(
            plot_strip(
                [result.frames[i] for i in chosen], folder / f"{name}.png",
                velocity=[result.velocity[i] for i in chosen],
                times=[result.times[i] for i in chosen], obstacles=obstacles, labels=labels,
            )
        )  # fmt: skip
    except PlottingNotInstalled as error:
        print(f"No PNG was written. {error}", file=sys.stderr)
    return paths


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
