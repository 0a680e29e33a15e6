"""Forward run and gradient of many diffusion steps, to be measured in a process of its own."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.boundary import PERIODIC
from phimath.dimension import spatial
from phimath.norm import l2_loss
from phimath.transform import Binomial, gradient, iterate
from phimath.wrap import wrap
from phisim.bench.arrays import natives
from phisim.bench.comparison import disagreement
from phisim.bench.measure import interleaved, seconds_of
from phisim.bench.native import Rollout, reference
from phisim.bench.options import Variant
from phisim.bench.process import answer, peak_memory
from phisim.field import CenteredGrid
from phisim.physics import diffuse

if TYPE_CHECKING:
    from phimath.transform.loop.checkpoint import Checkpoint
    from phisim.field import Field

_RATE: Final = 0.1  # ν dt / dx²
_TOLERANCE: Final = {32: 1e-3, 64: 1e-10}  # round-off of thousands of steps


def policy_of(name: str) -> Checkpoint:
    """'all', 'sqrt', or for 'binomial:20' the one of 20 snapshots."""
    if name == "all" or name == "sqrt":
        return name
    return Binomial(int(name.removeprefix("binomial:")))


def final(heat: Field, steps: int, checkpoint: Checkpoint) -> Field:
    """After explicit steps; on unit cells, with dt = 1, the diffusivity is the rate."""
    return iterate(diffuse.explicit, steps, heat, checkpoint=checkpoint, diffusivity=_RATE, dt=1.0)


def loss(heat: Field, steps: int, checkpoint: Checkpoint) -> Any:
    """Half the sum of squares at the end."""
    return l2_loss(final(heat, steps, checkpoint).values)


def measure(
    backend: str, bits: int, cells: int, steps: int, policy: str, repetitions: int
) -> dict[str, Any]:
    """Seconds, and the peak of memory of our gradient: native code, which has its own, runs later.

    Without repetitions, the peak alone.
    """
    variant = Variant(backend, "compiled", bits)
    with variant.chosen() as framework:

        def synchronize(result: Any) -> None:
            framework.synchronize(natives(result))

        drawn = np.random.default_rng(0).random((cells, cells)).astype(variant.dtype)
        values = framework.array(drawn)
        heat = CenteredGrid(wrap(values, spatial("x,y")), PERIODIC)
        chosen = {"steps": steps, "checkpoint": policy_of(policy)}
        derivative = gradient(partial(loss, **chosen), "heat", get_output=False)
        backward = partial(variant.function(derivative), heat)
        first = seconds_of(backward, synchronize)
        peak = peak_memory()
        if not repetitions:
            return {"peak_bytes": peak}
        forward = partial(variant.function(partial(final, **chosen)), heat)
        native: Rollout = reference(backend, "rollout")
        plain = [partial(f, values, _RATE, steps) for f in (native.final, native.gradient)]
        timings = interleaved([forward, backward, *plain], repetitions, synchronize)
        ours, theirs = ([np.asarray(a) for a in natives(call())] for call in (backward, plain[1]))
    return {
        "peak_bytes": peak,
        "first_s": first,
        "samples_s": [timing.samples for timing in timings],
        "fault": disagreement(ours, theirs, _TOLERANCE[bits]),
    }


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1:], measure))
