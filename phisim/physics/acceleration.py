"""What accelerates a flow besides its pressure: buoyancy, and what numerics has damped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.create import vector_of
from phimath.elementwise import abs as magnitude
from phimath.errors import ShapeError
from phimath.linear_algebra import cross
from phimath.norm import norm, normalize
from phisim.field.calculus import curl, spatial_gradient
from phisim.field.field import Field
from phisim.field.resample import resample
from phisim.physics.check import check_field, check_velocity

if TYPE_CHECKING:
    from phimath.tensor import Tensor


def buoyancy(
    temperature: Field,
    gravity: Any,
    to: Field,
    *,
    expansion: float | Tensor = 1.0,
    reference: float | Tensor = 0.0,
) -> Field:
    """Acceleration −g β (T − T₀) of a fluid whose density changes little (Boussinesq).

    Args:
        temperature: Centered scalar field T, or any density of what rises, such as smoke.
        gravity: g, a vector or tuple in the order of the axes, pointing down; length per time².
        to: Velocity, on whose points the acceleration is needed.
        expansion: β, one per unit of T.
        reference: T₀, at which the fluid rests; a pressure balances what is the same everywhere.

    Source: Boussinesq, Théorie analytique de la chaleur (1903); Tritton, Physical Fluid Dynamics
        (1988), section 14.2.
    """
    check_field(temperature, "A temperature")
    check_velocity(to, to.axes)
    if "vector" in temperature.shape:
        raise ShapeError(f"A temperature is a scalar field, but has the shape {temperature.shape}.")
    lightness = (temperature - reference) * expansion
    return resample(lightness * gravity, to=to) * -1.0


def vorticity_confinement(velocity: Field, strength: float | Tensor) -> Field:
    """Acceleration ε h N × ω, N = ∇|ω| / |∇|ω||, which spins up vortices that numerics has damped.

    Args:
        velocity: Centered or staggered, in 2D or 3D.
        strength: ε, without units; good values: 0.1 to 0.5.

    h is the mean cell size, so that the effect vanishes with it.  It conserves neither momentum nor
    energy: for looks, not for measurements.

    Source: Fedkiw, Stam and Jensen, Visual simulation of smoke, SIGGRAPH 2001, after Steinhoff and
        Underhill (1994).
    """
    check_field(velocity, "A velocity")
    check_velocity(velocity, velocity.axes)
    vorticity = curl(velocity)
    w, is_flat = vorticity.values, velocity.spatial_rank == 2
    size = vorticity.with_values(magnitude(w) if is_flat else norm(w, "vector"))
    n = normalize(spatial_gradient(size).values, "vector")
    if is_flat:
        x, y = velocity.axes
        push = vector_of({x: n.vector[y] * w, y: -(n.vector[x] * w)})
    else:
        push = cross(n, w)
    scale = strength * velocity.geometry.volume ** (1.0 / velocity.spatial_rank)
    return resample(vorticity.with_values(push * scale), to=velocity)


__all__ = ["buoyancy", "vorticity_confinement"]
