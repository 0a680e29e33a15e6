"""Gradients of long roll-outs: their time beside the forward run, and the memory they keep."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, final

from phisim.bench.measure import Timing
from phisim.bench.options import add_compiling, compiling, positive
from phisim.bench.process import in_fresh_process
from phisim.report import verdict

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

HELP: Final = "gradient of many diffusion steps: time over the forward run, and memory"
LEGEND: Final = (
    "Compiled.  'above short': peak memory above that of 100 steps, both in fresh processes.  "
    "Budgets of 'sqrt', which native code follows, too: 3.5 times the forward run, and 150 MB."
)

_POLICIES: Final = ("all", "sqrt", "binomial:20")
_SHORT: Final = 100
_BUDGETED: Final = "sqrt"
_RATIO: Final = 3.5
_BYTES: Final = 150e6


@final
@dataclass(frozen=True)
class GradientRow:
    """One policy on one backend.

    kept: bytes of the peak above the short roll-out's; `None` where the system doesn't tell.
    budget: limit of the ratio to the forward run; `None` without limits.
    """

    backend: str
    precision: int
    row: str
    forward: Timing
    gradient: Timing
    native_forward: Timing
    native_gradient: Timing
    kept: int | None
    budget: float | None
    fault: str

    @property
    def ratio(self) -> float:
        """Our gradient over our forward run."""
        return self.gradient.over(self.forward)

    @property
    def is_met(self) -> bool | None:
        """Whether time and memory are within their limits, and the gradient is native code's."""
        if self.fault:
            return False
        if self.budget is None:
            return None
        return self.ratio <= self.budget and (self.kept is None or self.kept <= _BYTES)

    def cells(self) -> dict[str, str]:
        """Times in milliseconds, memory in megabytes."""
        return {
            "backend": self.backend,
            "bits": str(self.precision),
            "row": self.row,
            "forward ms": _ms(self.forward),
            "native ms": _ms(self.native_forward),
            "gradient ms": _ms(self.gradient),
            "native sqrt ms": _ms(self.native_gradient),
            "gradient / forward": f"{self.ratio:.2f}×",
            "above short MB": "–" if self.kept is None else f"{self.kept / 1e6:.0f}",
            "": verdict(self.is_met, self.fault),
        }

    def numbers(self) -> dict[str, Any]:
        """Times in seconds, memory in bytes."""
        return {**asdict(self), "ratio": self.ratio}


def add_options(parser: ArgumentParser) -> None:
    """Size, policies, backends and precision."""
    parser.add_argument("--cells", type=positive, default=128, help="per axis; default: 128")
    parser.add_argument("--steps", type=positive, default=10_000, help="default: 10000")
    parser.add_argument(
        "--policy", action="append", type=_policy, metavar="POLICY",
        help=f"all, sqrt or binomial:SNAPSHOTS, repeatable; default: {', '.join(_POLICIES)}",
    )  # fmt: skip
    add_compiling(parser)


def run(options: Namespace) -> Iterator[GradientRow]:
    """Measure the policies chosen on the backends chosen; NumPy has no gradients."""
    for backend, bits in compiling(options):
        for policy in options.policy or _POLICIES:
            yield _measured(backend, bits, policy, options)


def _measured(backend: str, bits: int, policy: str, options: Namespace) -> GradientRow:
    request = {"backend": backend, "bits": bits, "cells": options.cells, "policy": policy}
    short, long = (
        in_fresh_process(
            "phisim.bench.long_rollout", {**request, "steps": steps, "repetitions": repetitions}
        )
        for steps, repetitions in ((_SHORT, 0), (options.steps, options.repetitions))
    )
    peaks = long["peak_bytes"], short["peak_bytes"]
    return GradientRow(
        backend,
        bits,
        f"{options.cells}², {options.steps} steps, {policy}",
        *(Timing(tuple(samples)) for samples in long["samples_s"]),
        kept=None if None in peaks else peaks[0] - peaks[1],
        budget=_RATIO if policy == _BUDGETED else None,
        fault=long["fault"],
    )


def _policy(text: str) -> str:
    """A policy's name, for argparse."""
    kind, _, snapshots = text.partition(":")
    is_binomial = kind == "binomial" and snapshots.isdecimal() and int(snapshots) > 0
    if text not in ("all", "sqrt") and not is_binomial:
        raise argparse.ArgumentTypeError(f"must be all, sqrt or binomial:SNAPSHOTS, not {text}")
    return text


def _ms(timing: Timing) -> str:
    return f"{timing.median * 1e3:.3g}"
