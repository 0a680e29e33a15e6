"""Checks of what users pass to physics."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from phimath.elementwise import abs as magnitude
from phimath.elementwise import is_finite
from phimath.errors import DTypeError, ShapeError, StabilityWarning, ValueRangeError
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of
from phimath.solve import Solve
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field.resample import same_grid

if TYPE_CHECKING:
    from phisim.field.field import Field
    from phisim.geometry import UniformGrid


def check_velocity(velocity: Field, axes: tuple[str, ...]) -> None:
    """Raise unless `velocity` is a vector field with these axes."""
    check_field(velocity, "A velocity")
    if not velocity.is_vector or velocity.axes != axes:
        raise ShapeError(
            f"A velocity needs one component per axis {','.join(axes)}, but got a field with the "
            "axes "
            f"{','.join(velocity.axes)} and values of shape {velocity.shape}. Use a StaggeredGrid, "
            "or label a vector by the axes."
        )


def check_field(value: object, what: str) -> None:
    """Raise unless `value` is a field."""
    if not (hasattr(value, "geometry") and hasattr(value, "boundary")):
        raise ShapeError(
            f"{what} must be a field, not {type(value).__name__}. Make one with CenteredGrid or "
            "StaggeredGrid."
        )


def check_same_points(value: Field, reference: Field, what: str) -> None:
    """Raise unless `value` is a field on the points of another."""
    check_field(value, what)
    if value.is_staggered != reference.is_staggered:
        place = "faces" if reference.is_staggered else "centers"
        raise ShapeError(f"{what} must lie at cell {place}. Use at_{place}().")
    if not same_grid(value.geometry, reference.geometry):
        raise _other_grid(value, reference, what)


def check_face_velocity(velocity: Field, reference: Field) -> None:
    """Raise unless `velocity` lies on the faces of the grid of another field."""
    check_velocity(velocity, reference.axes)
    if not velocity.is_staggered:
        raise ShapeError(
            "The velocity must be staggered, but lies at cell centers. Use velocity.at_faces()."
        )
    if not same_grid(velocity.geometry, reference.geometry):
        raise _other_grid(velocity, reference, "The velocity")


def _other_grid(value: Field, reference: Field, what: str) -> ShapeError:
    return ShapeError(
        f"{what} must lie on the same grid {reference.geometry}, not on {value.geometry}. Use "
        "resample(…, to=…)."
    )


def check_time_step(dt: float | Tensor, negative: bool = True) -> None:
    """Raise unless dt is finite, and not negative where the scheme cannot go back in time."""
    steps = _real_number(dt, "dt", "The time step")
    if not steps.available:
        return
    if not bool(all_of(is_finite(steps), None)):
        raise ValueRangeError(
            f"The time step must be finite, but dt is {dt}. Give a number, e.g. dt=1.0."
        )
    if not negative and bool(any_of(steps < 0, None)):
        raise ValueRangeError(
            f"The time step must not be negative, but dt is {dt}: diffusion cannot go back in time."
        )


def largest_known(value: float | Tensor) -> float | None:
    """Largest magnitude; `None` where values are not known yet."""
    number = wrap(value)
    return float(max_of(magnitude(number), None)) if number.available else None


def warn_of_waves(grid: UniformGrid, speed: float | Tensor, dt: float | Tensor) -> None:
    """Warn if dt is too long for an explicit scheme for waves: c dt √(Σ 1/dxᵢ²) > 1.

    Source: Courant, Friedrichs and Lewy, Math. Ann. 100 (1928).
    """
    fastest, step = largest_known(speed), largest_known(dt)
    if fastest is None or step is None or not fastest:
        return
    rate = fastest * math.sqrt(
        sum(float(max_of(1.0 / grid.spacing(axis), None)) ** 2 for axis in grid.axes)
    )
    limit = 1.0 / rate
    # Steps chosen to be exactly at the limit are not beyond it.
    if step > limit * (1 + 1e-6):
        warnings.warn(
            f"Waves of speed {fastest:.3g} grow without bound: the step {step:.3g} exceeds the "
            f"limit {limit:.3g} for this grid. Use half of the limit.",
            StabilityWarning,
            stacklevel=3,
        )


def check_scale(dt: float | Tensor, density: float | Tensor) -> None:
    """Raise unless the pressure can be scaled by density / dt: dt is not 0, density positive."""
    steps = _real_number(dt, "dt", "The time step")
    if steps.available and bool(any_of(steps == 0, None)):
        raise ValueRangeError(
            f"The pressure refers to a time step that is not 0, but dt is {dt}. Give the step of "
            "the simulation, or leave dt away."
        )
    densities = _real_number(density, "density", "The density")
    if densities.available and not bool(all_of(densities > 0, None)):
        raise ValueRangeError(
            f"The density must be positive, but is {density}. Give mass per volume, e.g. "
            "density=1.0."
        )


def check_solve(solve: object) -> None:
    """Raise unless `solve` is `None` or the settings of a solve."""
    if solve is not None and not isinstance(solve, Solve):
        advice = f"Solve({solve!r})" if isinstance(solve, str) else "Solve('CG', rel_tol=1e-5)"
        raise DTypeError(
            f"solve must be a Solve, not {solve!r} of type {type(solve).__name__}. Write {advice}."
        )


def _real_number(value: object, name: str, what: str) -> Tensor:
    """The value as a tensor of real numbers."""
    if isinstance(value, (str, tuple, list, complex)) or value is None:
        raise _not_a_number(value, name, what)
    number = value if isinstance(value, Tensor) else wrap(float(value))  # type: ignore[arg-type]
    if number.dtype.kind == "complex":
        raise _not_a_number(value, name, what)
    return number


def _not_a_number(value: object, name: str, what: str) -> DTypeError:
    return DTypeError(
        f"{what} must be a real number or a tensor of them, but {name} is {value!r} of type "
        f"{type(value).__name__}. Write e.g. {name}=1.0, or one per world: "
        f"{name}=tensor([0.5, 1.0], batch('world'))."
    )
