"""Maxwell's equations on Yee's grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from phimath.boundary import PERIODIC, ZERO_GRADIENT, Boundary, pad
from phimath.create import expand, vector_of
from phimath.elementwise import sqrt
from phimath.errors import BoundaryError, ShapeError
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field.grids import CenteredGrid
from phisim.field.values import evaluate
from phisim.physics.check import check_time_step, warn_of_waves
from phisim.physics.integrate import leapfrog

if TYPE_CHECKING:
    from phimath.shape import Shape
    from phisim.geometry import Box, UniformGrid

COMPONENTS: tuple[str, ...] = ("x", "y", "z")
# Each component with the two that its curl is made of.
CYCLIC = (("x", "y", "z"), ("y", "z", "x"), ("z", "x", "y"))
Vector = tuple[Tensor, Tensor, Tensor]


@final
@dataclass(frozen=True, eq=False)
class YeeGrid:
    """Electric and magnetic fields with three components each, on a grid of one to three axes.

    electric: Components on the edges of cells along their own axis, at nodes of all others.
    magnetic: On the faces normal to their own axis.
    boundary: `PERIODIC`, or `CONDUCTING` for walls along which the electric field vanishes.

    Nothing varies along axes that the grid lacks.  Made by `yee_grid`.
    """

    geometry: UniformGrid
    electric: Vector
    magnetic: Vector
    boundary: Boundary

    @property
    def energy(self) -> Tensor:
        """∑ (E² + H²) / 2 times the cell volume, for ε = μ = 1."""
        total: Any = 0.0
        for part in (*self.electric, *self.magnetic):
            total = total + sum_of(part * part, self.geometry.axes)
        return total * (0.5 * self.geometry.volume)


CONDUCTING = ZERO_GRADIENT


def yee_grid(
    electric: Any = (0.0, 0.0, 0.0),
    magnetic: Any = (0.0, 0.0, 0.0),
    boundary: Boundary = PERIODIC,
    bounds: Box | UniformGrid | None = None,
    **resolution: int,
) -> YeeGrid:
    """Electric and magnetic fields from three numbers, tensors, or functions of the location each.

    Args:
        electric: E_x, E_y, E_z, e.g. `(0, 0, lambda x, y: sin(x))`.
        magnetic: H_x, H_y, H_z.
        boundary: `PERIODIC` or `CONDUCTING`.
        bounds: Domain.
        **resolution: Cells per axis, of `x`, `y` and `z`.

    Raises:
        BoundaryError: there is no such boundary.
        ShapeError: other axes, or not three components.
    """
    if boundary not in (PERIODIC, CONDUCTING):
        raise BoundaryError(f"A Yee grid is PERIODIC or CONDUCTING, not {boundary}.")
    grid = CenteredGrid(0.0, PERIODIC, bounds, None, **resolution).geometry
    if not set(grid.axes) <= set(COMPONENTS):
        raise ShapeError(f"A Yee grid has the axes x, y, z, not {','.join(grid.axes)}.")
    empty = YeeGrid(grid, _nothing(), _nothing(), boundary)
    return replace(
        empty,
        electric=_on_points(electric, empty, "electric"),
        magnetic=_on_points(magnetic, empty, "magnetic"),
    )


def maxwell(
    fields: YeeGrid,
    dt: float | Tensor,
    *,
    permittivity: float | Tensor = 1.0,
    permeability: float | Tensor = 1.0,
    current: Any = None,
) -> YeeGrid:
    """One step of ε ∂E/∂t = ∇×H − j,  μ ∂H/∂t = −∇×E.

    Args:
        fields: E and H at the same time.
        dt: Time step; negative steps go back in time.
        permittivity: ε: a number, or one per cell, of which edges have the mean of those around.
        permeability: μ.
        current: j, three components where those of E lie, or numbers.

    The scheme of Yee as kick, drift, kick: second order, reversible, the energy doesn't drift, and
    ∇·(μ H) stays what it is to round-off.
    Notes: unstable for c dt √(Σ 1/dxᵢ²) > 1, c = 1/√(ε μ), which raises a `StabilityWarning`.  Good
        values: half of that.

    Source: Yee, IEEE Trans. Antennas Propag. 14 (1966); Taflove and Hagness, Computational
        Electrodynamics (2005), chapter 3.
    """
    check_time_step(dt)
    warn_of_waves(fields.geometry, 1.0 / sqrt(wrap(permittivity * permeability) * 1.0), dt)
    inverse = [1.0 / _at_edges(permittivity, fields, c) for c in COMPONENTS]

    def electric_rate(magnetic: Vector) -> Vector:
        curls = [_inside(_curl(magnetic, c, fields, back=True), c, fields) for c in COMPONENTS]
        if current is not None:
            curls = [part - j for part, j in zip(curls, current, strict=True)]
        return _three([part * factor for part, factor in zip(curls, inverse, strict=True)])

    def magnetic_rate(electric: Vector) -> Vector:
        curls = [_curl(electric, c, fields, back=False) for c in COMPONENTS]
        return _three([part * (-1.0 / permeability) for part in curls])

    electric, magnetic = leapfrog(
        electric_rate, magnetic_rate, fields.electric, fields.magnetic, dt
    )
    return replace(fields, electric=electric, magnetic=magnetic)


def magnetic_divergence(fields: YeeGrid) -> Tensor:
    """∇·H at cell centers, which no step changes."""
    total: Tensor = wrap(0.0)
    for axis, part in zip(COMPONENTS, fields.magnetic, strict=True):
        if axis in fields.geometry.axes:
            total = total + _forward(part, axis, fields)
    return total


def _curl(vector: Vector, component: str, fields: YeeGrid, *, back: bool) -> Tensor:
    """One component of the curl, at the points of the other field."""
    _, a, b = next(row for row in CYCLIC if row[0] == component)
    parts = dict(zip(COMPONENTS, vector, strict=True))
    difference = _backward if back else _forward
    total: Tensor = expand(wrap(0.0), _points(component, fields, electric=back))
    if a in fields.geometry.axes:
        total = total + difference(parts[b], a, fields)
    if b in fields.geometry.axes:
        total = total - difference(parts[a], b, fields)
    return total


def _forward(values: Tensor, axis: str, fields: YeeGrid) -> Tensor:
    """Slope between nodes."""
    if fields.boundary == PERIODIC:
        values = pad(values, {axis: (0, 1)}, PERIODIC)
    return _steps(values, axis) / fields.geometry.spacing(axis)


def _backward(values: Tensor, axis: str, fields: YeeGrid) -> Tensor:
    """Slope at nodes, 0 on walls."""
    if fields.boundary == PERIODIC:
        return _steps(pad(values, {axis: (1, 0)}, PERIODIC), axis) / fields.geometry.spacing(axis)
    return _steps(pad(values, {axis: (1, 1)}, ZERO_GRADIENT), axis) / fields.geometry.spacing(axis)


def _steps(values: Tensor, axis: str) -> Tensor:
    return values.get({axis: slice(1, None)}) - values.get({axis: slice(None, -1)})


def _inside(values: Tensor, component: str, fields: YeeGrid) -> Tensor:
    """Without what would change the electric field along walls."""
    if fields.boundary == PERIODIC:
        return values
    for axis in fields.geometry.axes:
        if axis != component:
            values = pad(values.get({axis: slice(1, -1)}), {axis: (1, 1)}, 0.0)
    return values


# --- points ---


def _points(component: str, fields: YeeGrid, *, electric: bool) -> Shape:
    """Cells, or nodes along the axes where the component lies on them."""
    shape = fields.geometry.resolution
    for axis in fields.geometry.axes:
        on_nodes = (axis != component) == electric
        if on_nodes and fields.boundary != PERIODIC:
            shape = shape.with_size(axis, shape.get_size(axis) + 1)
    return shape


def _on_points(values: Any, fields: YeeGrid, which: str) -> Vector:
    if not isinstance(values, (tuple, list)) or len(values) != 3:
        raise ShapeError(f"The {which} field needs three components, not {values!r}.")
    parts, grid = [], fields.geometry
    is_electric = which == "electric"
    for component, value in zip(COMPONENTS, values, strict=True):
        if callable(value) and not isinstance(value, Tensor):
            location = vector_of(
                {
                    axis: grid.positions(
                        axis, (axis != component) == is_electric, fields.boundary == PERIODIC
                    )
                    for axis in grid.axes
                }
            )
            value = evaluate(value, location, grid.axes)
        parts.append(expand(wrap(value) * 1.0, _points(component, fields, electric=is_electric)))
    return _three(parts)


def _at_edges(value: float | Tensor, fields: YeeGrid, component: str) -> float | Tensor:
    """Mean over the cells around each edge."""
    if not isinstance(value, Tensor) or not value.shape.spatial:
        return value
    wraps = fields.boundary == PERIODIC
    value = expand(value, fields.geometry.resolution)
    for axis in fields.geometry.axes:
        if axis != component:
            around = pad(
                value, {axis: (1, 0 if wraps else 1)}, PERIODIC if wraps else ZERO_GRADIENT
            )
            value = 0.5 * (around.get({axis: slice(1, None)}) + around.get({axis: slice(None, -1)}))
    return value


def _nothing() -> Vector:
    return (wrap(0.0), wrap(0.0), wrap(0.0))


def _three(parts: list[Tensor]) -> Vector:
    return (parts[0], parts[1], parts[2])


__all__ = ["CONDUCTING", "YeeGrid", "magnetic_divergence", "maxwell", "yee_grid"]
