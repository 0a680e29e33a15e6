"""Bubbles that push each other apart: their energy, its gradient, and L-BFGS-B, beside native code.

Optimisers run on the host: both sides call the same one, with a gradient compiled by the framework.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

import phimath as math
from phimath import (
    NotConverged,
    Solve,
    dual,
    instance,
    l2_loss,
    norm,
    rename_dims,
    value_and_gradient,
    where,
)
from phimath.create import vector_of
from phimath.solve.minimization.minimize import minimize_report
from phisim.bench.arrays import natives
from phisim.bench.comparison import Comparison, Problem, compare
from phisim.bench.galaxy import vectors
from phisim.bench.native import reference
from phisim.bench.options import Variant, add_variants, positive, variants
from phisim.geometry import Box, shortest_distance

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from phimath import Tensor
    from phisim.bench.native import Framework

HELP: Final = "overlapping bubbles: time of the energy, its gradient, and L-BFGS-B iterations"
LEGEND: Final = "A budget limits the ratio of compiled code."

_BUDGET: Final = 1.1
_SLACK: Final = 1.05


def energy_of(radii: Tensor, domain: Box) -> Callable[[Tensor], Tensor]:
    """The energy of `examples/bubbles.py`."""

    def energy(positions: Tensor) -> Tensor:
        others = rename_dims(positions, instance, dual)
        distance = norm(shortest_distance(positions, others, domain), eps=1e-8)
        overlap = 1 - distance / (radii + rename_dims(radii, instance, dual))
        touching = (overlap >= 0) & (overlap < 1 - 2e-4)
        return l2_loss(where(touching, overlap, 0.0))

    return energy


@final
@dataclass(frozen=True)
class Bubbles:
    """Host arrays: components of positions (axis, bubble) and radii (bubble) in a periodic box."""

    positions: np.ndarray
    radii: np.ndarray
    size: float


def add_options(parser: ArgumentParser) -> None:
    """Sizes and variants."""
    parser.add_argument("--bubbles", type=positive, default=1000, help="default: 1000")
    parser.add_argument("--dims", type=int, choices=(2, 3), default=2, help="default: 2")
    parser.add_argument("--iterations", type=positive, default=20, help="of L-BFGS-B; default: 20")
    add_variants(parser)


def run(options: Namespace) -> Iterator[Comparison]:
    """Measure all variants chosen."""
    for variant in variants(options):
        with variant.chosen() as framework:
            bubbles = random_bubbles(options.bubbles, options.dims, variant.precision)
            for problem in problems(bubbles, options.iterations, variant, framework):
                yield compare(problem, variant, framework, options.repetitions)


def random_bubbles(count: int, dims: int, bits: int) -> Bubbles:
    """Of radius 1 and ½, in a cube that they nearly fill."""
    random = np.random.default_rng(0)
    radii = np.where(random.random(count) > 0.5, 1.0, 0.5)
    volumes = np.pi * radii**2 if dims == 2 else 4 / 3 * np.pi * radii**3
    size = float((_SLACK * volumes.sum()) ** (1 / dims))
    positions = size * random.random((dims, count))
    return Bubbles(positions.astype(f"float{bits}"), radii.astype(f"float{bits}"), size)


def problems(
    bubbles: Bubbles, iterations: int, variant: Variant, framework: Framework
) -> Iterator[Problem]:
    """The rows; without derivatives, the energy only."""
    native = reference(variant.backend, "bubbles")
    start = [framework.array(x) for x in bubbles.positions]
    radii = framework.array(bubbles.radii)
    positions = vectors(start)
    corner = vector_of(dict.fromkeys("xyz"[: len(start)], bubbles.size))
    domain = Box(0 * corner, corner)
    energy = energy_of(math.wrap(radii, instance("points")), domain)
    compiled = variant.function(energy)
    fixed = {"radii": radii, "size": bubbles.size}
    plain = variant.native(partial(native.energy, **fixed), framework)
    yield Problem(
        "energy", partial(compiled, positions), partial(plain, start), natives, natives, _BUDGET
    )
    if variant.backend == "numpy":
        return
    both = variant.function(value_and_gradient(energy))
    plain = variant.native(partial(native.value_and_gradient, **fixed), framework)
    yield Problem(
        "gradient", partial(both, positions), partial(plain, start), natives, natives, _BUDGET
    )
    suppress = (NotConverged,)
    solve = Solve("L-BFGS-B", x0=positions, max_iterations=iterations, suppress=suppress)
    yield Problem(
        f"{iterations} iterations",
        lambda: minimize_report(compiled, solve),
        partial(native_minimum, plain, bubbles.positions, iterations, framework),
        lambda info: [info.value.numpy(), np.asarray(info.evaluations)],
        lambda result: [np.asarray(result.fun), np.asarray(result.nfev)],
        _BUDGET,
        tolerance=1e-8 if variant.precision == 64 else 1e-3,
    )


def native_minimum(
    value_and_gradient: Callable[..., Any], start: np.ndarray, iterations: int, framework: Framework
) -> Any:
    """SciPy's result; the optimiser computes in 64 bit, the function in the type of `start`."""
    from scipy.optimize import minimize

    def of_vector(vector: np.ndarray) -> tuple[float, np.ndarray]:
        parts = vector.astype(start.dtype).reshape(start.shape)
        value, gradient = value_and_gradient([framework.array(part) for part in parts])
        slope = np.concatenate([np.asarray(part) for part in gradient])
        return float(value), slope.astype(np.float64)

    options = {"maxiter": iterations}
    return minimize(of_vector, start.ravel(), jac=True, method="L-BFGS-B", options=options)
