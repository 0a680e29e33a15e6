"""Regular grids of equal cells, the sample points of grid fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self, final
from weakref import WeakValueDictionary

import numpy as np

from phimath.create import vector_of
from phimath.dimension import Dim, channel, spatial
from phimath.dtype import precision_bits
from phimath.errors import ShapeError
from phimath.reduce import any as any_of
from phimath.reduce import prod
from phimath.shape import Shape
from phimath.wrap import wrap
from phisim.geometry.box import Box
from phisim.geometry.geometry import Geometry, check_axes

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@final
@dataclass(frozen=True, eq=False, repr=False)
class UniformGrid(Geometry):
    """`resolution` (spatial dimensions named like the axes) equal cells that fill `bounds`."""

    resolution: Shape
    bounds: Box

    def __post_init__(self) -> None:
        names, axes = self.resolution.names, self.bounds.axes
        if set(names) != set(axes) or self.resolution.spatial is not self.resolution:
            raise ShapeError(
                f"The resolution {self.resolution} does not fit the domain with the axes "
                f"{','.join(axes)}. "
                f"Give one number of cells per axis, e.g. {', '.join(f'{a}=64' for a in axes)}."
            )
        for name in names:
            if self.resolution.get_size(name) < 1:
                raise ShapeError(
                    f"The resolution along '{name}' is {self.resolution.get_size(name)}. A grid "
                    "needs at least 1 cell per axis."
                )
        lower, upper = self.bounds.lower, self.bounds.upper
        if lower.available and upper.available and bool(any_of(upper <= lower, None)):
            raise ShapeError(
                f"The domain {self.bounds} has zero size along an axis. A grid needs a positive "
                "size along each, e.g. Box(x=1.0)."
            )
        object.__setattr__(self, "bounds", _one_object(self.bounds))
        if names != axes:
            object.__setattr__(self, "resolution", self.resolution.only(axes, reorder=True))

    def __repr__(self) -> str:
        cells = ", ".join(f"{dim.name}={dim.size}" for dim in self.resolution.dims)
        return f"UniformGrid({cells}, {self.bounds})"

    def static_fields(self) -> tuple[str, ...]:
        """Domains given by numbers are part of a program: compilation can compare them."""
        return ("bounds",) if _is_host_number(self.bounds) else ()

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes in the order of the domain's bounds."""
        return self.resolution.names

    @property
    def vector(self) -> Shape:
        """The channel dimension of vectors on this grid, labelled by the axes."""
        return channel(vector=self.axes)

    @property
    def dx(self) -> Tensor:
        """Cell size, (…, vector)."""
        return self.bounds.size / vector_of(
            {a: float(self.resolution.get_size(a)) for a in self.axes}
        )

    def spacing(self, axis: str) -> Tensor:
        """Cell size along one axis."""
        spacing = _host_spacing if _is_host_number(self.bounds) else _spacing
        return spacing(self.bounds, axis, self.resolution.get_size(axis), precision_bits())

    @property
    def volume(self) -> Tensor:
        """Volume of one cell."""
        return prod(self.dx, "vector")

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Cell centers, (spatial, vector)."""
        return self._points(None, True)

    @property
    def shape(self) -> Shape:
        """Cells, and `vector`."""
        return self.bounds.shape & self.resolution

    def positions(self, axis: str, faces: bool = False, periodic: bool = False) -> Tensor:
        """Coordinates along one axis: of the cell centers, or of the distinct faces."""
        return self.bounds.lower.vector[axis] + self.cell_positions(
            axis, faces, periodic
        ) * self.spacing(axis)

    def cell_positions(self, axis: str, faces: bool = False, periodic: bool = False) -> Tensor:
        """Positions along one axis in cells from the lower side: of centers, or distinct faces."""
        return _cell_positions(axis, self.resolution.get_size(axis), faces, periodic)

    def face_centers(self, axis: str, periodic: bool) -> Tensor:
        """Centers of the faces normal to `axis`, (spatial, vector); n + 1, or n if periodic."""
        return self._points(axis, periodic)

    def _points(self, face_axis: str | None, periodic: bool) -> Tensor:
        return vector_of({a: self.positions(a, a == face_axis, periodic) for a in self.axes})

    def at(self, center: Tensor) -> Self:
        """Same grid, with its middle elsewhere."""
        check_axes(center, self.axes, "The grid")
        return type(self)(self.resolution, self.bounds.at(center))

    def shifted(self, delta: Tensor) -> Self:
        """Same grid, moved by a vector."""
        return type(self)(self.resolution, self.bounds.shifted(delta))

    def bounding_box(self) -> Box:
        """The domain."""
        return self.bounds

    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance to the surface of the domain, negative inside."""
        return self.bounds.signed_distance(location)


def _spacing(bounds: Box, axis: str, cells: int, bits: int) -> Tensor:
    index = bounds.axes.index(axis)
    return (bounds.upper.vector[index] - bounds.lower.vector[index]) / cells


# Keyed by precision, too: it decides the type of the result.
_host_spacing = lru_cache(maxsize=256)(_spacing)


@lru_cache(maxsize=256)
def _cell_positions(axis: str, cells: int, faces: bool, periodic: bool) -> Tensor:
    count = cells + (1 if faces and not periodic else 0)
    return wrap(np.arange(count) + (0.0 if faces else 0.5), Shape(Dim(axis, spatial, count)))


def _is_host_number(bounds: Box) -> bool:
    corners = (bounds.lower, bounds.upper)
    return all(c.rank == 1 and c.backend.name == "numpy" for c in corners)


def _one_object(bounds: Box) -> Box:
    """The same object for equal domains given by numbers, so that `is` compares them."""
    if not _is_host_number(bounds):
        return bounds
    key = (bounds.axes, bounds.lower.numpy().tobytes(), bounds.upper.numpy().tobytes())
    return _DOMAINS.setdefault(key, bounds)


# Weak: a domain is forgotten when no grid uses it.
_DOMAINS: WeakValueDictionary[tuple[tuple[str, ...], bytes, bytes], Box] = WeakValueDictionary()
