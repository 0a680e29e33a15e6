"""The heat equation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phisim.field.resample import resample
from phisim.physics import diffuse
from phisim.physics.check import check_field

if TYPE_CHECKING:
    from phimath.solve import Solve
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def heat(
    temperature: Field,
    diffusivity: Any,
    dt: float | Tensor,
    *,
    source: Field | Tensor | float = 0.0,
    solve: Solve | None = None,
) -> Field:
    """One step of ∂T/∂t = ∇·(α ∇T) + q.

    Args:
        temperature: Centered field T; on its boundary a number is a temperature, `ZERO_GRADIENT`
            insulates, `Robin(h, k, h * air)` cools.
        diffusivity: α in length² per time, anything that `diffuse.implicit` takes: layers, one per
            direction, or open fractions of faces that insulate.
        dt: Time step of any length.  Good values: α dt / dx² up to 10.
        source: q, in temperature per time: a number, one per cell, or a field.
        solve: Settings of the linear solve.

    Half of the source, diffusion by Crank-Nicolson, half of the source (Strang): second order in
    space and time.

    Source: Fourier, Théorie analytique de la chaleur (1822).
    """
    check_field(temperature, "A temperature")
    half = resample(source, to=temperature).values * (0.5 * dt)
    warmed = replace(temperature, values=temperature.values + half)
    spread = diffuse.crank_nicolson(warmed, diffusivity, dt, solve)
    return replace(spread, values=spread.values + half)
