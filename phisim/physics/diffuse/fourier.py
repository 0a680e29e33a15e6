"""Diffusion of periodic fields, exact for all waves on the grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from phimath.elementwise import exp, real
from phimath.errors import NotSupported
from phimath.spectral import fft, fftfreq, ifft
from phisim.field.spectral import by_component, spacing_of
from phisim.physics.check import check_field, check_time_step
from phisim.physics.diffuse.diffusivity import Diffusivity

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


def fourier(field: Field, diffusivity: Any, dt: float | Tensor) -> Field:
    """A step of ∂u/∂t = ν ∇²u in a periodic domain: each wave decays by exp(−ν k² dt).

    Args:
        field: Centered or staggered field.
        diffusivity: ν in length² per time: a number, or one per direction along `vector`; both may
            have batch dimensions.
        dt: Time step of any length.

    Exact in time and for all waves on the grid; conserves the mean.

    Raises:
        BoundaryError: a side is not periodic.
        NotSupported: the diffusivity varies between cells.
        ValueRangeError: dt or the diffusivity is negative or not finite.
    """
    check_field(field, "What diffuses")
    check_time_step(dt, negative=False)
    frequency = fftfreq(field.resolution, spacing_of(field, "diffuse.fourier"))
    nu = Diffusivity.of(diffusivity, field)
    if nu.varies:
        raise NotSupported(
            "diffuse.fourier needs the same diffusivity everywhere. Use diffuse.implicit."
        )
    exponent = None
    for axis in field.axes:
        wave = frequency.vector[axis] * (2 * math.pi)
        term = nu.along(axis) * (wave * wave)
        exponent = term if exponent is None else exponent + term
    assert exponent is not None
    decay = exp(exponent * -dt)

    def decayed(values: Tensor) -> Tensor:
        result = ifft(fft(values, field.axes) * decay, field.axes)
        return result if values.dtype.kind == "complex" else real(result)

    return by_component(field, decayed)
