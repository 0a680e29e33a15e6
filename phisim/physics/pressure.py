"""The finite-volume Laplacian of the pressure, with open fractions of faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

import numpy as np

from phimath.boundary import PERIODIC, ZERO, Boundary, pad
from phimath.dimension import Dim, spatial
from phimath.elementwise import maximum, where
from phimath.join import concat
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.shape import Shape
from phimath.sparse import SymmetricOperator
from phimath.sparse.rooms import enclosed_rooms
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.tensor import Tensor
    from phisim.field.field import Field


@final
@dataclass(frozen=True, eq=False)
class PressureStencil:
    """∇·(a ∇p) per cell, from all n + 1 faces per axis; if periodic, the last is the first.

    coupling: per axis, how the difference across each face acts on the velocity there: 1, at open
        sides 2 (the pressure vanishes half a
    cell away), at closed sides 0.
    open_fraction: per axis, on the same faces; `None` without obstacles.
    spacing: cell size per axis.
    """

    axes: tuple[str, ...]
    periodic: tuple[bool, ...]
    coupling: tuple[Tensor, ...]
    open_fraction: tuple[Tensor, ...] | None
    spacing: tuple[Tensor, ...]
    is_singular: bool

    @classmethod
    def of(cls, velocity: Field, boundary: Boundary, open_fraction: Tensor | None) -> Self:
        """Stencil for the pressure (with its boundary) of a staggered velocity."""
        axes = velocity.axes
        periodic = tuple(boundary.at(axis, upper=False) == PERIODIC for axis in axes)
        sides = [[boundary.at(axis, upper=upper) for upper in (False, True)] for axis in axes]
        coupling = tuple(
            _coupling(axis, velocity.resolution.get_size(axis), pair)
            for axis, pair in zip(axes, sides, strict=True)
        )
        fractions = None
        if open_fraction is not None:
            fractions = tuple(
                _closed_ring(open_fraction.vector[axis], axis)
                if wraps
                else open_fraction.vector[axis]
                for axis, wraps in zip(axes, periodic, strict=True)
            )
        singular = not any(side == ZERO for pair in sides for side in pair)
        spacing = tuple(velocity.geometry.spacing(axis) for axis in axes)
        return cls(axes, periodic, coupling, fractions, spacing, singular)

    def difference(self, pressure: Tensor, axis: str) -> Tensor:
        """p(right) − p(left) of all n + 1 faces, with zero outside unless it is periodic."""
        wraps = self.periodic[self.axes.index(axis)]
        padded = pad(pressure, {axis: (1, 1)}, PERIODIC if wraps else 0.0)
        return padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)})

    def gradient(self, pressure: Tensor, axis: str) -> Tensor:
        """Pressure gradient on the distinct faces of a staggered component."""
        i = self.axes.index(axis)
        gradient = self.difference(pressure, axis) * (self.coupling[i] / self.spacing[i])
        return gradient.get({axis: slice(None, -1)}) if self.periodic[i] else gradient

    def operator(self) -> PressureOperator:
        """−∇·(a ∇p), which is positive semi-definite."""
        weights = tuple(c / (h * h) for c, h in zip(self.coupling, self.spacing, strict=True))
        if self.open_fraction is not None:
            weights = tuple(w * a for w, a in zip(weights, self.open_fraction, strict=True))
        diagonal = _diagonal(self.axes, weights)
        active = None if self.open_fraction is None else where(diagonal > 0, 1.0, 0.0)
        # Closed all around are also the cells of axes of one cell.
        jacobi = where(diagonal > 0, diagonal, 1.0)
        rooms = self._rooms(weights, active)
        shares = tuple(_share(room, self.axes) for room in rooms)
        return PressureOperator(self, weights, jacobi, active, rooms, shares)

    def _rooms(self, weights: tuple[Tensor, ...], active: Tensor | None) -> tuple[Tensor, ...]:
        """Where a constant pressure has no effect; without obstacles there is one room at most."""
        if active is None:
            return ()
        cells = active.shape.spatial.only(self.axes, reorder=True)
        rooms = enclosed_rooms(weights, self.periodic, cells)
        if rooms is None:  # while a compiler traces, solids are taken not to divide the domain
            return (active,) if self.is_singular else ()
        return tuple(where(room, active, 0.0) for room in rooms)


@final
@dataclass(frozen=True, eq=False)
class PressureOperator(SymmetricOperator):
    """−∇·(a ∇p).

    weights: per axis, what multiplies the difference across each face in the flux balance.
    jacobi: diagonal, 1 in cells that are closed all around.
    active: 0 in these cells, 1 elsewhere; `None` without obstacles.
    rooms: 1 in each part that obstacles and closed sides cut off, 0 elsewhere.
    shares: the same, divided by the number of cells of each.
    """

    stencil: PressureStencil
    weights: tuple[Tensor, ...]
    jacobi: Tensor
    active: Tensor | None
    rooms: tuple[Tensor, ...]
    shares: tuple[Tensor, ...]

    def apply(self, x: Tensor) -> Tensor:
        """Net outflow of each cell."""
        total = None
        for axis, weight in zip(self.stencil.axes, self.weights, strict=True):
            flux = weight * self.stencil.difference(x, axis)
            balance = flux.get({axis: slice(None, -1)}) - flux.get({axis: slice(1, None)})
            total = balance if total is None else total + balance
        assert total is not None
        return total

    @property
    def diagonal(self) -> Tensor:
        """Diagonal, nowhere zero."""
        return self.jacobi

    @property
    def norm(self) -> Tensor:
        """Twice the largest diagonal entry: the rows of a flux balance sum to at most zero."""
        return 2.0 * max_of(self.jacobi, self.jacobi.shape.spatial)

    @property
    def is_singular(self) -> bool:
        """Without an open side, a constant pressure has no effect."""
        return self.stencil.is_singular

    def project(self, x: Tensor) -> Tensor:
        """Without the mean over each enclosed room, and without closed cells."""
        cells = x.shape.spatial
        if self.active is None:
            return x - sum_of(x, cells) * (1.0 / cells.volume) if self.is_singular else x
        x = self.active * x
        for room, share in zip(self.rooms, self.shares, strict=True):
            x = x - share * sum_of(room * x, cells)
        return x


def _share(room: Tensor, axes: tuple[str, ...]) -> Tensor:
    # Batch entries may lack this room.
    return room / maximum(sum_of(room, axes), 1.0)


def _coupling(axis: str, cells: int, sides: list[Boundary]) -> Tensor:
    coupling = np.ones(cells + 1)
    if sides[0] != PERIODIC:
        coupling[[0, -1]] = [2.0 if side == ZERO else 0.0 for side in sides]
    return wrap(coupling, Shape(Dim(axis, spatial, cells + 1)))


def _closed_ring(values: Tensor, axis: str) -> Tensor:
    """The first face repeated at the end."""
    return concat([values, values.get({axis: slice(0, 1)})], axis)


def _diagonal(axes: tuple[str, ...], weights: tuple[Tensor, ...]) -> Tensor:
    total = None
    for axis, weight in zip(axes, weights, strict=True):
        pair = weight.get({axis: slice(None, -1)}) + weight.get({axis: slice(1, None)})
        total = pair if total is None else total + pair
    assert total is not None
    return total
