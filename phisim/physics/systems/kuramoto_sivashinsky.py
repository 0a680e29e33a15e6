"""The Kuramoto-Sivashinsky equation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from phimath.create import vector_of
from phimath.elementwise import exp, real, where
from phimath.norm import squared_norm
from phimath.spectral import fft, fftfreq, ifft
from phisim.field.spectral import spacing_of
from phisim.physics.check import check_field, check_time_step

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def kuramoto_sivashinsky(u: Field, dt: float | Tensor) -> Field:
    """One step of ∂u/∂t = −∇²u − ∇⁴u − ½|∇u|², without the mean of u, in a periodic domain.

    The integral form; the slope of u in 1D obeys the other one, ∂w/∂t + w ∂w/∂x + … = 0.

    Args:
        u: Centered scalar field; lengths are in units of the film, the most unstable wave has 2π√2.
        dt: Time step.  Good values: up to 0.1 for cells of size 0.5.

    Linear terms exactly, the other by a second-order exponential Runge-Kutta method; spatial
    derivatives by Fourier transforms, of which the shortest third is left out of the product.

    Raises:
        BoundaryError: a side is not periodic.

    Source: Cox and Matthews, Exponential time differencing for stiff systems, J. Comput. Phys. 176
        (2002), equation 22; Orszag (1971) for the third.
    """
    check_field(u, "The height of a film")
    check_time_step(dt)
    frequency = fftfreq(u.resolution, spacing_of(u, "kuramoto_sivashinsky"))
    waves = {axis: frequency.vector[axis] * (2 * math.pi) for axis in u.axes}
    square = squared_norm(vector_of(waves), "vector")
    linear = square - square * square
    step = linear * dt
    grown = exp(step)
    first, second = _phi(step)
    kept = _kept(u, waves)

    def steepness(spectrum: Tensor) -> Tensor:
        total = None
        for k in waves.values():
            slope = real(ifft(spectrum * (k * 1j), u.axes))
            total = slope * slope if total is None else total + slope * slope
        assert total is not None
        return fft(total, u.axes) * (kept * -0.5)

    spectrum = fft(u.values, u.axes)
    start = steepness(spectrum)
    predicted = spectrum * grown + start * (first * dt)
    corrected = predicted + (steepness(predicted) - start) * (second * dt)
    return replace(u, values=real(ifft(corrected * where(square > 0, 1.0, 0.0), u.axes)))


def _phi(z: Tensor) -> tuple[Tensor, Tensor]:
    """(eᶻ − 1)/z and (eᶻ − 1 − z)/z², by their series near 0."""
    is_small = abs(z) < 0.05
    safe = where(is_small, 1.0, z)
    first = where(is_small, 1 + z / 2 * (1 + z / 3 * (1 + z / 4)), (exp(safe) - 1) / safe)
    second = where(
        is_small,
        0.5 * (1 + z / 3 * (1 + z / 4 * (1 + z / 5))),
        (exp(safe) - 1 - safe) / (safe * safe),
    )
    return first, second


def _kept(u: Field, waves: dict[str, Tensor]) -> Tensor:
    """1 for waves of more than three cells along every axis, not counting their mean."""
    kept = None
    for axis, k in waves.items():
        limit = (2 * math.pi / 3) / u.geometry.spacing(axis)
        part = where(abs(k) < limit, 1.0, 0.0)
        kept = part if kept is None else kept * part
    assert kept is not None
    return kept
