"""The Schrödinger equation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from phimath.convert import to_complex
from phimath.elementwise import exp
from phimath.norm import squared_norm
from phimath.spectral import fft, fftfreq, ifft
from phimath.wrap import wrap
from phisim.field.field import Field
from phisim.field.spectral import spacing_of
from phisim.physics.check import check_field, check_same_points, check_time_step

if TYPE_CHECKING:
    from phimath.tensor import Tensor


def schroedinger(
    psi: Field,
    potential: Field | Tensor | float,
    dt: float | Tensor,
    *,
    mass: float | Tensor = 1.0,
    hbar: float = 1.0,
) -> Field:
    """One step of iħ ∂ψ/∂t = −ħ²/2m ∇²ψ + V ψ in a periodic domain.

    Args:
        psi: Centered wave function, real or complex.
        potential: V in units of energy; a centered field, or a number.
        dt: Time step; negative steps go back in time.
        mass: m.
        hbar: ħ in units of energy times time.

    Half of the potential, all of the motion by Fourier transforms, half of the potential (Strang):
    unitary, reversible, second order in time, exact in space for resolved waves and for V = 0.

    Raises:
        BoundaryError: a side is not periodic.
        ShapeError: the potential lies on another grid.

    Source: Feit, Fleck and Steiger, J. Comput. Phys. 47 (1982).
    """
    check_field(psi, "A wave function")
    check_time_step(dt)
    dx = spacing_of(psi, "schroedinger")
    if isinstance(potential, Field):
        check_same_points(potential, psi, "The potential")
        potential = potential.values
    half = exp(to_complex(wrap(potential * dt)) * (-0.5j / hbar))
    frequency = fftfreq(psi.resolution, dx)
    square = squared_norm(frequency, "vector")
    energy = square * ((2 * math.pi) ** 2 * hbar / 2) / mass
    motion = exp(to_complex(energy * dt) * -1j)
    kicked = to_complex(psi.values) * half
    moved = ifft(fft(kicked, psi.axes) * motion, psi.axes)
    return replace(psi, values=moved * half)
