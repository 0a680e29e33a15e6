"""Paths of sample points in a velocity field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from phimath.elementwise import is_finite, where
from phisim.field.boundary import is_periodic
from phisim.field.resample import component_at_centers, component_at_faces
from phisim.field.sample import sample_component

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.tensor import Tensor
    from phisim.field.field import Field
    from phisim.physics.integrate import Tableau


@final
@dataclass(frozen=True, eq=False)
class Paths:
    """Sample points of one component, and the velocity that moves them.

    start: positions per axis, in cells from the lower corner.
    speed: velocity at these points per axis, in units of length per time.
    """

    velocity: Field
    start: Mapping[str, Tensor]
    speed: Mapping[str, Tensor]

    @classmethod
    def of(cls, field: Field, component: str | None, velocity: Field) -> Paths:
        """Paths from the points of one staggered component, or of cell centers (`None`).

        velocity: On the grid of the field.
        """
        grid = field.geometry
        start: dict[str, Tensor] = {}
        speed: dict[str, Tensor] = {}
        for axis in field.axes:
            periodic = is_periodic(field.boundary, axis)
            start[axis] = grid.cell_positions(axis, axis == component, periodic)
            speed[axis] = (
                component_at_centers(velocity, axis)
                if component is None
                else component_at_faces(velocity, axis, component)
            )
        return cls(velocity, start, speed)

    def after(self, dt: float | Tensor, method: Tableau) -> dict[str, Tensor]:
        """Positions after a time in this velocity, which doesn't change; before, if negative."""
        speeds = [self.speed]
        for row in method.stages:
            points = self._moved(dt, row, speeds)
            speeds.append(self._known(points) if method.falls_back else self._speeds(points))
        ends = self._moved(dt, method.weights, speeds)
        if not method.falls_back:
            return ends
        straight = _finite(self._moved(dt, (1.0,), speeds[:1]), self.start)
        return _finite(ends, straight)

    def _speeds(self, points: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if self.velocity.is_centered:
            return {a: sample_component(self._component_of(a), None, points) for a in points}
        return {axis: sample_component(self.velocity, axis, points) for axis in points}

    def _known(self, points: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Velocities, NaN at points that are not finite; these are never looked up."""
        found = self._speeds(_finite(points, self.start))
        return {axis: found[axis] + 0.0 * point for axis, point in points.items()}

    def _component_of(self, axis: str) -> Field:
        return self.velocity.get({"vector": self.velocity.axes.index(axis)})

    def _moved(
        self, dt: float | Tensor, weights: tuple[float, ...], speeds: list[Mapping[str, Tensor]]
    ) -> dict[str, Tensor]:
        points: dict[str, Tensor] = {}
        for axis, start in self.start.items():
            scale = dt / self.velocity.geometry.spacing(axis)
            total = None
            for weight, speed in zip(weights, speeds, strict=True):
                if weight:
                    term = speed[axis] if weight == 1.0 else weight * speed[axis]
                    total = term if total is None else total + term
            points[axis] = start if total is None else start + total * scale
        return points


def _finite(points: Mapping[str, Tensor], otherwise: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {axis: where(is_finite(p), p, otherwise[axis]) for axis, p in points.items()}
