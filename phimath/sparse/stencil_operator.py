"""Laplace operators on boxes of cells, declared so that solvers can read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias, cast, final, get_args

import numpy as np

from phimath.boundary import PERIODIC, pad
from phimath.convert import to_float
from phimath.elementwise import maximum, where
from phimath.errors import BoundaryError, ShapeError
from phimath.join import concat
from phimath.reduce import max as max_of
from phimath.reduce import mean
from phimath.reduce import min as min_of
from phimath.reduce import sum as sum_of
from phimath.shape import Shape
from phimath.sparse.enclosed_rooms import enclosed_rooms
from phimath.sparse.operator import SymmetricOperator
from phimath.stencil.difference import spacing as component
from phimath.tensor import Tensor
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.dimension import Dim

Side: TypeAlias = Literal["periodic", "closed", "face", "node"]
"""What u does at one side: repeat, have no gradient, vanish on the side half a cell away from the
outermost values, or vanish one cell away from them."""
Sides: TypeAlias = "tuple[Side, Side]"
Number: TypeAlias = "float | Tensor"

# What the difference to the zero outside counts for: half the distance is twice the gradient.
_FACTORS: Final[dict[str, float]] = {"periodic": 1.0, "closed": 0.0, "face": 2.0, "node": 1.0}


@final
@dataclass(frozen=True, eq=False)
class StencilOperator(SymmetricOperator):
    """−∇·(a ∇u) + c u by the balance of fluxes through the faces of each cell.

    Made by `StencilOperator.of`.

    cells: The dimensions that it couples, with their sizes; others list independent systems.
    sides: Lower and upper side per axis.
    weights: Per axis, on all n + 1 faces, what multiplies the difference across the face; the last
        face is the first if it is periodic.  Outside of other sides u is zero.
    scales: Per axis, the weight of all inner faces if a is the same everywhere, else `None`.
    shift: c.
    active: 0 in cells that are left out or closed all around, 1 elsewhere; `None` if there are
        none.
    rooms: Without c, 1 in each part that is cut off from open sides and the rest, 0 elsewhere;
        empty if that is the whole box.
    shares: The same, divided by the number of cells of each.
    """

    cells: Shape
    sides: tuple[Sides, ...]
    weights: tuple[Tensor, ...]
    scales: tuple[Number, ...] | None = None
    shift: Number | None = None
    active: Tensor | None = None
    rooms: tuple[Tensor, ...] = ()
    shares: tuple[Tensor, ...] = ()

    @classmethod
    def of(
        cls,
        cells: Shape,
        sides: Side | Mapping[str, Side | Sides],
        dx: Number | Mapping[str, Number] = 1.0,
        *,
        coefficients: Number | Mapping[str, Number] = 1.0,
        shift: Number | None = None,
        mask: Tensor | None = None,
    ) -> Self:
        """The operator on a box of cells.

        Args:
            cells: The dimensions to differentiate along.
            sides: 'periodic', 'closed' (no gradient), 'face' (u is zero on the side, half a cell
                beyond the outermost values) or 'node' (zero one cell beyond them): for all sides,
                per axis, or per axis as (lower, upper).
            dx: Size of a cell: a number, a vector labelled by the axes, or per axis; may have batch
                dimensions.
            coefficients: a ≥ 0, length² or what makes it with c: a number, or per axis a number or
                the values on the n + 1 faces along it (n if it is periodic), such as open
                fractions.  Zero closes a face.
            shift: c > 0, a number or values per cell.
            mask: 0 in cells that take no part: faces between these and others are closed.

        Raises:
            BoundaryError: there is no such side, one is missing, or one of two is periodic.
            ShapeError: coefficients have another number of faces.
        """
        pairs = _pairs(cells, sides)
        scales = tuple(
            _part(coefficients, axis, cells) / _square(_part(dx, axis, cells))
            for axis in cells.names
        )
        couplings = [_coupling(d, pair) for d, pair in zip(cells.dims, pairs, strict=True)]
        is_constant = not any(_varies(scale, cells) for scale in scales)
        if is_constant and mask is None:
            weights = tuple(c * s for c, s in zip(couplings, scales, strict=True))
            return cls(cells, pairs, weights, scales, shift)
        # Variable factors first: they decide in which order dimensions lie in memory, which must
        # not depend on the axis.
        weights = tuple(
            _on_all_faces(scale, dim, pair[0] == "periodic") * coupling
            for coupling, scale, dim, pair in zip(couplings, scales, cells.dims, pairs, strict=True)
        )
        if mask is not None:
            mask = to_float(mask)
            weights = tuple(
                _open_faces(mask, axis, pair[0] == "periodic") * weight
                for weight, axis, pair in zip(weights, cells.names, pairs, strict=True)
            )
        operator = cls(cells, pairs, weights, None, shift, mask)
        is_open = mask is None and all(_is_positive(scale) for scale in scales)
        return operator if is_open or shift is not None else operator._with_rooms()

    def _with_rooms(self) -> Self:
        """With the cells and rooms in which a constant u has no effect."""
        active = where(self._couplings() > 0, 1.0, 0.0)
        found = enclosed_rooms(self.weights, self.periodic, self.cells)
        if found is None:  # while a compiler traces, solids are taken not to divide the domain
            rooms = (active,) if self._is_closed else ()
        else:
            rooms = tuple(where(room, active, 0.0) for room in found)
        # Batch entries may lack this room.
        shares = tuple(room / maximum(sum_of(room, self.cells), 1.0) for room in rooms)
        return replace(self, active=active, rooms=rooms, shares=shares)

    @property
    def columns(self) -> tuple[str, ...]:
        """Axes of the cells."""
        return self.cells.names

    @property
    def periodic(self) -> tuple[bool, ...]:
        """Whether the box repeats along each axis."""
        return tuple(lower == "periodic" for lower, _ in self.sides)

    def apply(self, x: Tensor) -> Tensor:
        """Net outflow of each cell, and c x."""
        total = None if self.shift is None else self.shift * x
        for axis, weight in zip(self.cells.names, self.weights, strict=True):
            flux = weight * self.difference(x, axis)
            outflow = flux.get({axis: slice(None, -1)}) - flux.get({axis: slice(1, None)})
            total = outflow if total is None else total + outflow
        assert total is not None
        return total

    def difference(self, x: Tensor, axis: str) -> Tensor:
        """Upper less lower value at all n + 1 faces along an axis, with zero outside."""
        wraps = self.periodic[self.cells.position(axis)]
        padded = pad(x, {axis: (1, 1)}, PERIODIC if wraps else 0.0)
        return padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)})

    def _couplings(self) -> Tensor:
        """Sum of the weights of the faces of each cell."""
        total = None
        for axis, weight, wraps in zip(self.cells.names, self.weights, self.periodic, strict=True):
            pair = weight.get({axis: slice(None, -1)}) + weight.get({axis: slice(1, None)})
            if wraps and self.cells.get_size(axis) == 1:  # the cell is its own neighbour
                pair = 0.0 * pair
            total = pair if total is None else total + pair
        assert total is not None
        return total

    @property
    def diagonal(self) -> Tensor:
        """Diagonal, 1 where it would be 0."""
        diagonal = self._couplings()
        if self.shift is not None:
            diagonal = diagonal + self.shift
        return where(diagonal > 0, diagonal, 1.0)

    @property
    def norm(self) -> Tensor:
        """Largest sum of absolute values in a row, but at most the weights of outer faces more."""
        if self.scales is None:
            rows = 2.0 * self._couplings()
            return max_of(rows if self.shift is None else rows + self.shift, self.cells)
        total: Number | None = self.shift
        if isinstance(total, Tensor) and (dims := total.shape.only(self.cells.names)):
            total = max_of(total, dims)
        for scale, dim, sides in zip(self.scales, self.cells.dims, self.sides, strict=True):
            term = scale * _largest_row(dim, sides)
            total = term if total is None else total + term
        return wrap(total)

    @property
    def _is_closed(self) -> bool:
        return all(side in ("periodic", "closed") for pair in self.sides for side in pair)

    @property
    def is_singular(self) -> bool:
        """Without c and open sides a constant u has no effect, nor has u in inactive cells."""
        return self.active is not None or (self.shift is None and self._is_closed)

    def project(self, x: Tensor) -> Tensor:
        """Without the mean over each enclosed room, and without inactive cells."""
        if self.active is None:
            is_constant_null = self.shift is None and self._is_closed
            return x - mean(x, self.cells) if is_constant_null else x
        x = self.active * x
        for room, share in zip(self.rooms, self.shares, strict=True):
            x = x - share * sum_of(room * x, self.cells)
        return x

    def averaged(self) -> StencilOperator:
        """The operator without mask whose coefficients and shift are the means of these."""
        scales = tuple(
            _mean_of_inner(weight, axis, wraps, self.cells)
            for weight, axis, wraps in zip(
                self.weights, self.cells.names, self.periodic, strict=True
            )
        )
        shift = self.shift
        if isinstance(shift, Tensor) and _varies(shift, self.cells):
            shift = mean(shift, shift.shape.only(self.cells.names))
        weights = tuple(
            _coupling(dim, pair) * scale
            for dim, pair, scale in zip(self.cells.dims, self.sides, scales, strict=True)
        )
        return StencilOperator(self.cells, self.sides, weights, scales, shift)

    def relative_coefficients(self) -> Tensor:
        """Mean coefficient of the open faces of each cell, 1 for the operator's average."""
        average = self.averaged()
        open_faces = tuple(
            where(weight > 0, usual, 0.0)
            for weight, usual in zip(self.weights, average.weights, strict=True)
        )
        usual = replace(self, weights=open_faces)._couplings()
        return where(usual > 0, self._couplings() / where(usual > 0, usual, 1.0), 1.0)


def _pairs(cells: Shape, sides: Side | Mapping[str, Side | Sides]) -> tuple[Sides, ...]:
    named: Mapping[str, Side | Sides] = (
        dict.fromkeys(cells.names, sides) if isinstance(sides, str) else sides
    )
    if set(named) != set(cells.names):
        raise BoundaryError(
            f"Sides are given along {', '.join(named)}, but the cells extend along "
            f"{', '.join(cells.names)}. Give those of each axis, and no others."
        )
    return tuple(_pair(axis, named[axis]) for axis in cells.names)


def _pair(axis: str, given: Side | Sides) -> Sides:
    lower, upper = (given, given) if isinstance(given, str) else given
    for side in (lower, upper):
        if side not in _FACTORS:
            raise BoundaryError(
                f"There is no side {side!r}, given along '{axis}'. Use one of "
                f"{', '.join(map(repr, get_args(Side)))}."
            )
    if (lower == "periodic") != (upper == "periodic"):
        raise BoundaryError(
            f"Along '{axis}' one side is periodic and the other is not. The box repeats on both "
            "sides or on none."
        )
    return lower, upper


def _part(value: Number | Mapping[str, Number], axis: str, cells: Shape) -> Number:
    if isinstance(value, Mapping):
        if axis not in value:
            raise ShapeError(
                f"There is no value for '{axis}', only for {', '.join(value)}. Give one for each "
                f"of {', '.join(cells.names)}."
            )
        return value[axis]
    return component(value, axis)


def _square(value: Number) -> Number:
    return value * value


def _varies(value: Number, cells: Shape) -> bool:
    return isinstance(value, Tensor) and any(name in value.shape for name in cells.names)


def _is_positive(value: Number) -> bool:
    """False also where that is not known."""
    if not isinstance(value, Tensor):
        return value > 0
    return value.available and bool(min_of(value, None) > 0)


@lru_cache(maxsize=256)
def _coupling(dim: Dim, sides: Sides) -> Tensor:
    """Per face, how often the difference across it counts."""
    factors = np.ones(cast("int", dim.size) + 1)
    factors[[0, -1]] = [_FACTORS[side] for side in sides]
    return wrap(factors, Shape(dim._replace(size=len(factors), labels=None)))


@lru_cache(maxsize=256)
def _largest_row(dim: Dim, sides: Sides) -> float:
    """Largest sum of absolute values in a row of the operator along one axis, in units of scale."""
    size = cast("int", dim.size)
    if sides[0] == "periodic":
        return 4.0 if size > 1 else 0.0
    rows = np.full(size, 4.0)
    # Beyond a side there is no neighbour.
    rows[0] += _FACTORS[sides[0]] - 2
    rows[-1] += _FACTORS[sides[1]] - 2
    return float(rows.max())


def _on_all_faces(values: Number, dim: Dim, wraps: bool) -> Number:
    """Values on n + 1 faces; the first is repeated at the end if it is periodic."""
    if not isinstance(values, Tensor) or dim.name not in values.shape:
        return values
    size, found = cast("int", dim.size), values.shape.get_size(dim.name)
    if wraps and found == size:
        return concat([values, values.get({dim.name: slice(0, 1)})], dim.name)
    if found != size + 1:
        raise ShapeError(
            f"There are coefficients on {found} faces along '{dim.name}', but {size} cells have "
            f"{size + 1}{f', or {size} if the last is the first' if wraps else ''}."
        )
    return values


def _open_faces(mask: Tensor, axis: str, wraps: bool) -> Tensor:
    """1 on faces between cells of the mask or at sides, 0 on the other faces."""
    padded = pad(mask, {axis: (1, 1)}, PERIODIC if wraps else 1.0)
    return padded.get({axis: slice(1, None)}) * padded.get({axis: slice(None, -1)})


def _mean_of_inner(weight: Tensor, axis: str, wraps: bool, cells: Shape) -> Tensor:
    """Mean over the faces whose weight does not depend on the kind of side."""
    count = weight.shape.get_size(axis)
    inner = weight.get({axis: slice(1, None if wraps else max(count - 1, 2))})
    return mean(inner, inner.shape.only(cells.names))


__all__ = ["Side", "StencilOperator"]
