"""The equation of the pressure: flux balances with open fractions of faces and densities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, final

from phimath.boundary import PERIODIC, ZERO_GRADIENT, Boundary, Constant, as_boundary, pad
from phimath.create import expand, zeros
from phimath.join import stack
from phimath.reduce import max as max_of
from phimath.sparse import StencilOperator
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field.boundary import is_periodic, pressure_boundary, solver_side
from phisim.field.calculus import divergence, face_difference
from phisim.field.field import Field
from phisim.physics.check import check_same_points, check_scale

if TYPE_CHECKING:
    from phimath.sparse import Side


@final
@dataclass(frozen=True, eq=False)
class PressureEquation:
    """−∇·(a/ρ ∇p) = −∇·u / dt for the pressure of a staggered velocity.

    boundary: Of the pressure.
    scale: Of the right-hand side: 1/dt, or ρ/dt where ρ is the same everywhere.
    mobility: 1/ρ on faces; `None` where that is part of the scale.
    open_fraction: a on faces, `None` without obstacles.
    active: 1 in cells of fluid, 0 where the pressure is zero; `None` for fluid everywhere.
    """

    velocity: Field
    boundary: Boundary
    scale: float | Tensor
    mobility: Tensor | None
    open_fraction: Tensor | None
    active: Tensor | None

    @classmethod
    def of(
        cls,
        velocity: Field,
        dt: float | Tensor,
        density: Any,
        open_fraction: Tensor | None = None,
        active: Any = None,
    ) -> Self:
        """Arguments as of `fluid.make_incompressible`."""
        boundary = pressure_boundary(velocity.boundary, velocity.axes)
        varying = _varying_density(density, velocity)
        check_scale(dt, density if varying is None else varying.values)
        if varying is None:
            scale, mobility = density / dt, None
        else:
            scale, mobility = 1.0 / dt, 1.0 / varying.at_faces().values
        return cls(velocity, boundary, scale, mobility, open_fraction, _mask(active, velocity))

    @property
    def is_enclosed(self) -> bool:
        """Whether no side is open and there is no air, so that as much has to flow in as out."""
        return self.active is None and is_enclosed(self.boundary, self.velocity.axes)

    def coefficients(self) -> Tensor | None:
        """What multiplies the gradient on faces, `None` for 1."""
        factors = [f for f in (self.open_fraction, self.mobility) if f is not None]
        return None if not factors else factors[0] if len(factors) == 1 else factors[0] * factors[1]

    def operator(self) -> StencilOperator:
        """−∇·(a/ρ ∇p), with p = 0 in cells that are not active."""
        plain = pressure_operator(self.velocity, self.boundary, self.coefficients())
        return plain if self.active is None else _next_to_air(plain, self)

    def right_hand_side(self, flux: Field) -> Tensor:
        """For what flows through the faces, and pressures prescribed on sides."""
        values = -self.scale * divergence(flux).values
        if self._is_prescribed:
            values = values + self._from_sides()
        return values if self.active is None else self.active * values

    def boundary_of_change(self) -> Boundary:
        """Boundary of what is added to the pressure: what sides prescribe is met already."""
        return self.boundary.select(lambda _: 0) if self._is_prescribed else self.boundary

    @property
    def _is_prescribed(self) -> bool:
        parts = self.boundary.parts()
        return any(isinstance(part, Constant) and not _is_zero(part) for part in parts)

    def _from_sides(self) -> Tensor:
        nothing = zeros(self.velocity.resolution)
        slopes = [
            face_difference(nothing, self.boundary, axis, self.velocity)
            for axis in self.velocity.axes
        ]
        coefficients = self.coefficients()
        flow = stack(slopes, self.velocity.geometry.vector)
        flow = flow if coefficients is None else coefficients * flow
        return divergence(self.velocity.with_values(flow)).values

    def correction(self, pressure: Field, axis: str) -> Tensor:
        """Change of a velocity component by a pressure."""
        slope = face_difference(pressure.values, pressure.boundary, axis, pressure)
        if self.mobility is not None:
            slope = slope * self.mobility.vector[axis]
        return -slope / self.scale


def _varying_density(density: Any, velocity: Field) -> Field | None:
    """Density as a centered field; `None` if it is the same everywhere."""
    sides = {
        axis: PERIODIC if is_periodic(velocity.boundary, axis) else ZERO_GRADIENT
        for axis in velocity.axes
    }
    template = Field(velocity.geometry, wrap(0.0), as_boundary(sides))
    if isinstance(density, Field):
        check_same_points(density, template, "The density")
        return replace(template, values=density.values)
    if not isinstance(density, Tensor) or not density.shape.spatial:
        return None
    return replace(template, values=expand(density, velocity.resolution))


def _mask(active: Any, velocity: Field) -> Tensor | None:
    if active is None:
        return None
    if isinstance(active, Field):
        check_same_points(active, replace(velocity, is_staggered=False), "The mask of the fluid")
        active = active.values
    return expand(wrap(active) * 1.0, velocity.resolution)


def _is_zero(side: Constant) -> bool:
    return not isinstance(side.value, Tensor) and side.value == 0


def _next_to_air(plain: StencilOperator, equation: PressureEquation) -> StencilOperator:
    """The operator on active cells; what goes to air, where p = 0, is proportional to p."""
    active = equation.active
    assert active is not None
    to_air: Tensor = wrap(0.0)
    for axis, weight, wraps in zip(plain.columns, plain.weights, plain.periodic, strict=True):
        air = 1.0 - pad(active, {axis: (1, 1)}, PERIODIC if wraps else 1.0)
        below, above = air.get({axis: slice(None, -2)}), air.get({axis: slice(2, None)})
        lower, upper = weight.get({axis: slice(None, -1)}), weight.get({axis: slice(1, None)})
        to_air = to_air + lower * below + upper * above
    shift = active * to_air
    has_none = shift.available and float(max_of(shift, None)) == 0
    return pressure_operator(
        equation.velocity,
        equation.boundary,
        equation.coefficients(),
        shift=None if has_none else shift,
        mask=active,
    )


def pressure_operator(
    velocity: Field,
    boundary: Boundary,
    coefficients: Tensor | None,
    shift: Tensor | None = None,
    mask: Tensor | None = None,
) -> StencilOperator:
    """−∇·(a ∇p) + c p, for the pressure (with its boundary) of a staggered velocity.

    coefficients: a on the faces of the velocity; `None` for 1.
    shift: c.
    mask: 0 in cells that are left out.
    """
    axes = velocity.axes
    return StencilOperator.of(
        velocity.resolution.only(axes, reorder=True),
        {
            axis: (_side(boundary, axis, upper=False), _side(boundary, axis, upper=True))
            for axis in axes
        },
        {axis: velocity.geometry.spacing(axis) for axis in axes},
        coefficients=(
            1.0 if coefficients is None else {axis: coefficients.vector[axis] for axis in axes}
        ),
        shift=shift,
        mask=mask,
    )


def is_enclosed(boundary: Boundary, axes: tuple[str, ...]) -> bool:
    """Whether no side is open, so that as much has to flow in as out."""
    return all(
        _side(boundary, axis, upper=upper) != "face" for axis in axes for upper in (False, True)
    )


def _side(boundary: Boundary, axis: str, *, upper: bool) -> Side:
    return solver_side(boundary, axis, upper, None) or "closed"
