"""Stars that attract each other, all pairs: one explicit Euler step beside native code."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

import phimath as math
from phimath import channel, dual, instance, norm, rename_dims, safe_div
from phisim.bench.comparison import Comparison, Problem, compare
from phisim.bench.native import Galaxy, reference
from phisim.bench.options import Variant, add_variants, positive, variants

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from phimath import Tensor
    from phisim.bench.native import Framework

HELP: Final = "all-pairs gravity: time of a step beside that of native code"
LEGEND: Final = "A budget limits the ratio of compiled steps."

_BUDGET: Final = 1.1
_STEP: Final = 0.001


def step(
    positions: Tensor, velocities: Tensor, masses: Tensor, dt: float = 0.001, gravity: float = 1.0
) -> tuple[Tensor, Tensor, Tensor]:
    """That of `examples/galaxy.py`."""
    differences = math.pairwise_differences(positions)
    cubes = norm(differences) ** 3
    others = rename_dims(masses, instance, dual)
    acceleration = gravity * math.sum(safe_div(others * differences, cubes), dual)
    return positions + dt * velocities, velocities + dt * acceleration, masses


class Stars(NamedTuple):
    """Host arrays: components of vectors (axis, star) and masses (star)."""

    positions: np.ndarray
    velocities: np.ndarray
    masses: np.ndarray


def add_options(parser: ArgumentParser) -> None:
    """Sizes and variants."""
    parser.add_argument("--stars", type=positive, default=2000, help="default: 2000")
    parser.add_argument("--dims", type=int, choices=(2, 3), default=2, help="default: 2")
    add_variants(parser)


def run(options: Namespace) -> Iterator[Comparison]:
    """Measure all variants chosen."""
    for variant in variants(options):
        with variant.chosen() as framework:
            stars = random_stars(options.stars, options.dims, variant.precision)
            problem = prepared(stars, variant, framework)
            yield compare(problem, variant, framework, options.repetitions)


def random_stars(count: int, dims: int, bits: int) -> Stars:
    """In a unit cube, with a mass of about one half in all."""
    random = np.random.default_rng(0)
    drawn = (
        random.random((dims, count)),
        0.1 * random.standard_normal((dims, count)),
        random.random(count) / count,
    )
    return Stars(*(values.astype(f"float{bits}") for values in drawn))


def prepared(stars: Stars, variant: Variant, framework: Framework) -> Problem:
    """The step of ours and that of native code, on the same stars."""
    native: Galaxy = reference(variant.backend, "galaxy")
    positions, velocities = ([framework.array(x) for x in a] for a in stars[:2])
    masses = framework.array(stars.masses)
    state = vectors(positions), vectors(velocities), math.wrap(masses, instance("points"))
    plain = variant.native(partial(native.step, dt=_STEP), framework)
    return Problem(
        "step",
        partial(variant.function(step), *state),
        partial(plain, positions, velocities, masses),
        components,
        lambda result: [*result[0], *result[1]],
        _BUDGET,
    )


def vectors(components: list[Any]) -> Tensor:
    """Components are kept apart, as a step returns them."""
    wrapped = [math.wrap(native, instance("points")) for native in components]
    names = ",".join("xyz"[: len(components)])
    return math.stack(wrapped, channel(vector=names))


def components(result: tuple[Tensor, ...]) -> list[Any]:
    """Native arrays of the components of positions and velocities."""
    return [part.native("points") for tensor in result[:2] for part in tensor.vector]
