"""Diffusion of fields."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from phimath.errors import StabilityWarning, ValueRangeError
from phimath.reduce import max as max_of
from phimath.tensor import Tensor
from phisim.field.calculus import laplace
from phisim.field.field import HOOKS, Field
from phisim.physics.check import check_field, check_time_step

if TYPE_CHECKING:
    from phisim.geometry import UniformGrid


def explicit(
    field: Field, diffusivity: float | Tensor, dt: float | Tensor, substeps: int = 1
) -> Field:
    """Forward Euler steps of ∂u/∂t = ν ∇²u.

    Args:
        field: Centered or staggered field.
        diffusivity: ν in units of length² per time; may have batch dimensions.
        dt: Time step, divided among the substeps.
        substeps: Number of steps of size dt / substeps.

    First order in time, second in space.  Conserves the sum over all cells where the sides are
    periodic or have no gradient.
    Notes: unstable for ν dt Σ 1/dxᵢ² > 1/2 per substep, which raises a `StabilityWarning`.  Good
        values: half of that.

    Raises:
        ValueRangeError: if dt or the diffusivity is negative or not finite, or substeps < 1.
    """
    check_field(field, "What diffuses")
    check_time_step(dt, negative=False)
    if substeps < 1:
        raise ValueRangeError(f"substeps must be at least 1, not {substeps}.")
    _check_stability(field.geometry, diffusivity, dt, substeps)
    amount = diffusivity * dt / substeps
    for _ in range(substeps):
        change = laplace(field).values
        field = replace(field, values=field.values + amount * change)
        if field.is_staggered:
            field = HOOKS["prescribe"](field)
    return field


def stability_limit(grid: UniformGrid, diffusivity: float) -> float:
    """Largest stable step of the explicit scheme: 1 / (2 ν Σ 1/dxᵢ²).

    Source: von Neumann analysis, e.g. LeVeque, Finite Difference Methods (2007), section 9.4.
    """
    curvature = sum(1.0 / _smallest(grid.spacing(axis)) ** 2 for axis in grid.axes)
    return math.inf if diffusivity == 0 else 0.5 / (diffusivity * curvature)


def _smallest(value: Tensor) -> float:
    return -float(max_of(-value, None))


def _check_stability(
    grid: UniformGrid, diffusivity: float | Tensor, dt: float | Tensor, substeps: int
) -> None:
    for value in (diffusivity, dt):
        if isinstance(value, Tensor) and not value.available:
            return
    largest = (
        float(max_of(diffusivity, None)) if isinstance(diffusivity, Tensor) else float(diffusivity)
    )
    if (
        not math.isfinite(largest)
        or (_smallest(diffusivity) if isinstance(diffusivity, Tensor) else largest) < 0
    ):
        raise ValueRangeError(
            f"The diffusivity must be finite and not negative, but is {diffusivity}."
        )
    step = (float(max_of(dt, None)) if isinstance(dt, Tensor) else float(dt)) / substeps
    limit = stability_limit(grid, largest)
    # Steps chosen to be exactly at the limit are not beyond it.
    if step > limit * (1 + 1e-6):
        warnings.warn(
            f"Explicit diffusion is unstable: the step {step:.3g} exceeds the limit {limit:.3g} "
            "for this grid and "
            f"diffusivity {largest:.3g}. Use at least {math.ceil(step * substeps / limit)} "
            "substeps.",
            StabilityWarning,
            stacklevel=3,
        )
