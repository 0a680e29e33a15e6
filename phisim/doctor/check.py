"""One framework put to the test, in a process of its own.

`python -m phisim.doctor.check torch` prints one line of JSON.  A broken framework may end its
process, print at will, or hang; so the doctor itself never imports one.
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from phimath.backend.discovery import load
from phimath.context import using
from phimath.convert import to_device
from phimath.create import tensor
from phimath.dimension import spatial
from phimath.dtype import precision
from phimath.elementwise import sin
from phimath.errors import BackendNotInstalled
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.transform import value_and_gradient

MARK = "phisim-doctor:"  # frameworks write to stdout too


@dataclass(frozen=True)
class Finding:
    """What the test of one framework found.

    name: import name of the framework.
    state: 'works', 'missing' (not installed) or 'broken'.
    version: of the framework.
    devices: that it can compute on.
    computation: 'ok', or what went wrong.
    gradient: 'ok', 'not offered', or what went wrong.
    problem: first thing that went wrong, with advice; empty otherwise.
    seconds: that import and test took.
    """

    name: str
    state: str
    version: str = ""
    devices: tuple[str, ...] = ()
    computation: str = ""
    gradient: str = ""
    problem: str = ""
    seconds: float = 0.0


def examine(name: str) -> Finding:
    """Import a framework, compute and differentiate with it."""
    start = time.perf_counter()
    try:
        backend = load(name)
    except BackendNotInstalled as error:
        return Finding(name, "missing", problem=str(error))
    except Exception as error:  # foreign code: whatever it raises is the finding
        return Finding(name, "broken", problem=describe(error))
    version = str(getattr(sys.modules.get(name), "__version__", "unknown"))
    devices: tuple[str, ...] = ()
    computation = gradient = "not tried"
    try:
        devices = backend.devices()
        with using(backend), precision(32):  # not every device has 64 bit
            computation = "; ".join(filter(None, map(computation_fault, devices))) or "ok"
            gradient = gradient_fault() or "ok"
        if "value_and_gradient" in backend.unsupported:
            gradient = "not offered"
        problem = next((r for r in (computation, gradient) if r not in ("ok", "not offered")), "")
    except Exception as error:  # foreign code: whatever it raises is the finding
        problem = describe(error)
    seconds = time.perf_counter() - start
    state = "broken" if problem else "works"
    return Finding(name, state, version, devices, computation, gradient, problem, seconds)


def describe(error: BaseException) -> str:
    """Kind and text of an error."""
    return f"{type(error).__name__}: {error}"


def computation_fault(device: str) -> str:
    """Compare the sum of the first 100 squares on a device with n (n+1) (2n+1) / 6; empty if right.

    All partial sums are below 2²⁴, so 32-bit numbers hold them exactly.
    """
    numbers = to_device(tensor(np.arange(100, dtype=np.float32), spatial("x")), device)
    total, expected = float(sum_of(numbers * numbers, "x")), 99 * 100 * 199 / 6
    return "" if total == expected else f"the sum on {device} is {total}, expected {expected}"


def gradient_fault() -> str:
    """Compare the gradient of Σ x sin(x) with central differences; empty if right or missing."""

    def loss(x: Tensor) -> Tensor:
        return sum_of(x * sin(x), "x")

    points = np.array([0.3, 1.0, 2.5])
    try:
        _, gradient = value_and_gradient(loss)(tensor(points.astype(np.float32), spatial("x")))
    except NotImplementedError:
        return ""
    step = 1e-5
    differences = [
        ((p + step) * math.sin(p + step) - (p - step) * math.sin(p - step)) / (2 * step)
        for p in points
    ]
    found = gradient.numpy("x")
    if np.allclose(found, differences, rtol=1e-4, atol=0):
        return ""
    return f"the gradient is {found.tolist()}, differences give {differences}"


def main(arguments: list[str]) -> int:
    """Prints the finding for the framework named."""
    finding: dict[str, Any] = asdict(examine(arguments[0]))
    print(f"{MARK}{json.dumps(finding)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
