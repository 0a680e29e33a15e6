"""Shapes given by a function, by values on a grid, or by heights above a plane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self, final

from phimath.boundary import ZERO_GRADIENT
from phimath.create import vector_of
from phimath.dimension import spatial
from phimath.elementwise import clip, sqrt
from phimath.errors import NotSupported, ShapeError
from phimath.interpolate import grid_sample
from phimath.norm import norm
from phimath.reduce import max as max_of
from phimath.reduce import min as min_of
from phimath.tensor import Tensor
from phisim.geometry.box import Box
from phisim.geometry.geometry import Geometry, as_vector, check_axes
from phisim.geometry.uniform_grid import UniformGrid

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import Shape


class _Implicit(Geometry):
    """A shape whose volume is not known."""

    @property
    def volume(self) -> Tensor:
        """Not known.

        Raises:
            NotSupported: always.
        """
        raise NotSupported(
            f"The volume of a {type(self).__name__} is not known. Sum the covered fractions of a "
            "grid: math.sum(resample(shape, to=grid, soft=True).values) times the cell volume."
        )


@final
@dataclass(frozen=True, eq=False)
class SDF(_Implicit):
    """Shape where a function is negative: `SDF(lambda x: norm(x, 'vector') - 1, Box(…))`.

    function: Signed distance of locations (…, vector), in the units of the axes; what is no true
        distance, but has a gradient of about 1 near the surface, is fine for inside tests and
        covered fractions.
    bounds: Box around the shape.
    offset: How far the shape was moved, (…, vector).
    """

    function: Callable[[Tensor], Tensor]
    bounds: Box
    offset: Tensor | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.bounds.axes

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the box around it."""
        return self.bounding_box().center

    def signed_distance(self, location: Tensor) -> Tensor:
        """Value of the function."""
        check_axes(location, self.axes, "The SDF")
        return self.function(location if self.offset is None else location - self.offset)

    def bounding_box(self) -> Box:
        """The given box, moved."""
        return self.bounds if self.offset is None else self.bounds.shifted(self.offset)

    def at(self, center: Tensor) -> Self:
        """Same shape elsewhere."""
        delta = as_vector(center, self.axes, "The SDF") - self.bounds.center
        return replace(self, offset=delta)


@final
@dataclass(frozen=True, eq=False)
class SDFGrid(_Implicit):
    """Shape by signed distances at the centers of a grid's cells, linear in between.

    values: (…, spatial), in the units of the axes.
    bounds: Domain of the grid.  Outside of the outermost cell centers their distance is added.
    """

    values: Tensor
    bounds: Box

    def __post_init__(self) -> None:
        UniformGrid(self.values.shape.spatial, self.bounds)

    @property
    def grid(self) -> UniformGrid:
        """The cells."""
        return UniformGrid(self.values.shape.spatial, self.bounds)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.bounds.axes

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.values.shape.without(self.values.shape.spatial) & self.bounds.shape

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the grid."""
        return self.bounds.center

    def signed_distance(self, location: Tensor) -> Tensor:
        """Interpolated distance."""
        check_axes(location, self.axes, "The SDFGrid")
        grid = self.grid
        half = grid.dx * 0.5
        inside = clip(location, grid.bounds.lower + half, grid.bounds.upper - half)
        index = (inside - grid.bounds.lower) / grid.dx - 0.5
        beyond = norm(location - inside, "vector")
        return grid_sample(self.values, index, ZERO_GRADIENT) + beyond

    def bounding_box(self) -> Box:
        """The domain of the grid."""
        return self.bounds

    def at(self, center: Tensor) -> Self:
        """Same shape elsewhere."""
        return replace(self, bounds=self.bounds.at(center))


def as_sdf(shape: Geometry, bounds: Box | None = None, **resolution: int) -> SDF | SDFGrid:
    """A shape by its signed distances: as a function, or with a resolution at cells of a grid.

    Args:
        shape: Any geometry.
        bounds: Box around it; a tenth larger than the shape by default.
        resolution: Cells per axis.
    """
    if resolution:
        return sample_sdf(shape, bounds, **resolution)
    return SDF(shape.signed_distance, bounds or shape.bounding_box().scaled(1.1))


def sample_sdf(shape: Geometry, bounds: Box | None = None, **resolution: int) -> SDFGrid:
    """The signed distances of a shape at the cells of a grid; arguments as of `as_sdf`."""
    box = bounds or shape.bounding_box().scaled(1.1)
    grid = UniformGrid(spatial(**resolution), box)
    return SDFGrid(shape.signed_distance(grid.center), box)


@final
@dataclass(frozen=True, eq=False)
class Heightmap(_Implicit):
    """What lies below (or above) a surface given by its height over the other axes.

    heights: (…, spatial) at cell centers over the other axes, linear in between, in length.
    bounds: Box with all axes: the domain of the heights, and the end that `bounding_box` gives a
        solid which goes on without end below (or above) and to the sides; `& box` cuts it there.
    axis: Name of the axis along which heights are measured.
    fill: Whether the solid is `'below'` or `'above'` the surface.
    """

    heights: Tensor
    bounds: Box
    axis: str
    fill: Literal["below", "above"] = "below"

    def __post_init__(self) -> None:
        others = tuple(axis for axis in self.bounds.axes if axis != self.axis)
        if self.axis not in self.bounds.axes or set(self.heights.shape.spatial.names) != set(
            others
        ):
            raise ShapeError(
                f"Heights of shape {self.heights.shape} along '{self.axis}' do not fit a box with "
                f"the axes {','.join(self.bounds.axes)}: one spatial dimension is needed per other "
                "axis."
            )

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of all axes."""
        return self.bounds.axes

    @property
    def shape(self) -> Shape:
        """Dimensions of the copies, and `vector`."""
        return self.heights.shape.without(self.heights.shape.spatial) & self.bounds.shape

    @property
    def center(self) -> Tensor:  # type: ignore[override]
        """Center of the box."""
        return self.bounds.center

    def height_at(self, location: Tensor) -> Tensor:
        """Height of the surface at locations (…, vector); constant beyond the box."""
        return grid_sample(self.heights, self._index(location), ZERO_GRADIENT)

    def signed_distance(self, location: Tensor) -> Tensor:
        """Distance along the axis, times the cosine of the slope below: exact for planes."""
        check_axes(location, self.axes, "The Heightmap")
        slope = 0.0
        for axis in self._others:
            step = vector_of({a: (self._spacing(a) if a == axis else 0.0) for a in self.axes})
            rise = self.height_at(location + step) - self.height_at(location - step)
            slope = slope + (rise / (2.0 * self._spacing(axis))) ** 2
        above = (location.vector[self.axis] - self.height_at(location)) / sqrt(1.0 + slope)
        return above if self.fill == "below" else -above

    def bounding_box(self) -> Box:
        """The box, up to the highest (down to the lowest) point."""
        lower, upper = (
            {a: corner.vector[a] for a in self.axes}
            for corner in (self.bounds.lower, self.bounds.upper)
        )
        dims = self.heights.shape.spatial
        if self.fill == "below":
            upper[self.axis] = max_of(self.heights, dims)
        else:
            lower[self.axis] = min_of(self.heights, dims)
        return Box(vector_of(lower), vector_of(upper))

    def at(self, center: Tensor) -> Self:
        """Same surface elsewhere."""
        delta = as_vector(center, self.axes, "The Heightmap") - self.center
        heights = self.heights + delta.vector[self.axis]
        return replace(self, heights=heights, bounds=self.bounds.shifted(delta))

    @property
    def _others(self) -> tuple[str, ...]:
        return tuple(axis for axis in self.axes if axis != self.axis)

    def _spacing(self, axis: str) -> Any:
        return self.bounds.size.vector[axis] / float(self.heights.shape.get_size(axis))

    def _index(self, location: Tensor) -> Tensor:
        lower = self.bounds.lower
        return vector_of(
            {
                axis: (location.vector[axis] - lower.vector[axis]) / self._spacing(axis) - 0.5
                for axis in self._others
            }
        )
