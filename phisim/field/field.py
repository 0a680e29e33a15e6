"""Fields: values sampled on a grid, with a rule for what lies beyond its sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, final

from phimath.boundary import Boundary
from phimath.dimension import Varying
from phimath.errors import ShapeError
from phimath.formatting import format_tensor
from phimath.join import stack
from phimath.selection import parse_selection
from phimath.shape import Shape
from phimath.tensor import Operators, Tensor, apply
from phimath.view import DimensionView
from phimath.wrap import wrap
from phisim.field.boundary import combine_boundaries, is_periodic, sliced_boundary
from phisim.geometry import Box, UniformGrid
from phisim.geometry.geometry import as_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phimath.table import Operation

# Functions of the modules above that methods need, registered when these are imported.
HOOKS: dict[str, Callable[..., Any]] = {}


@final
@dataclass(frozen=True, eq=False, repr=False)
class Field(Operators["Field"]):
    """Values on the cells of a grid (centered) or on its faces (staggered), and the boundary.

    Staggered values hold one component per axis along `vector`: component x lives on the distinct
    faces normal to x, which are n + 1, or n if x is periodic.  Make fields with `CenteredGrid` and
    `StaggeredGrid`.
    """

    geometry: UniformGrid
    values: Tensor
    boundary: Boundary
    is_staggered: bool = False

    priority: ClassVar[int] = 100

    # --- what it is ---

    @property
    def is_centered(self) -> bool:
        """Whether values belong to cell centers."""
        return not self.is_staggered

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.geometry.axes

    @property
    def spatial_rank(self) -> int:
        """Number of axes."""
        return self.geometry.spatial_rank

    @property
    def resolution(self) -> Shape:
        """Number of cells per axis, as a shape."""
        return self.geometry.resolution

    @property
    def bounds(self) -> Box:
        """The domain."""
        return self.geometry.bounds

    @property
    def dx(self) -> Tensor:
        """Cell size, (…, vector)."""
        return self.geometry.dx

    @property
    def shape(self) -> Shape:
        """Dimensions of the values."""
        return self.values.shape

    @property
    def points(self) -> Tensor:
        """Sample points (…, vector): cell centers; for staggered fields use `face_points(axis)`."""
        if self.is_staggered:
            raise ShapeError(
                "A staggered field has different sample points per component. Use face_points('x')."
            )
        return self.geometry.center

    def face_points(self, axis: str) -> Tensor:
        """Sample points (…, vector) of one staggered component."""
        return self.geometry.face_centers(axis, is_periodic(self.boundary, axis))

    def component(self, axis: str) -> Tensor:
        """Values of the vector component along `axis`."""
        if "vector" not in self.values.shape:
            raise ShapeError(
                f"A scalar field of shape {self.shape} has no component '{axis}'. A vector field "
                "is needed here."
            )
        return self.values.get({"vector": self.axes.index(axis)})

    @property
    def components(self) -> dict[str, Tensor]:
        """Values of the vector components by axis."""
        return {axis: self.component(axis) for axis in self.axes}

    @property
    def is_vector(self) -> bool:
        """Whether there is one component per axis."""
        return "vector" in self.shape and self.shape.get_labels("vector") == self.axes

    def check_rebuilt(self) -> None:
        """Refuse values that do not lie on the grid, such as those of fields joined along an axis.

        Raises:
            ShapeError: a spatial dimension of the values is no axis, or has another size.
        """
        if not isinstance(self.values, Tensor) or self.values.shape.spatial is self.resolution:
            return
        for dim in self.values.shape.spatial.dims:
            cells = self.resolution.get_size(dim.name) if dim.name in self.resolution else 0
            sizes = dim.size.sizes if isinstance(dim.size, Varying) else (dim.size,)
            allowed = (cells, cells + 1) if self.is_staggered else (cells,)
            if not cells or not set(sizes) <= set(allowed):
                raise ShapeError(
                    f"Values with {self.values.shape.spatial} do not lie on a grid of "
                    f"{self.resolution} cells. Change field.values and make a new field of the "
                    "result, e.g. CenteredGrid(values, boundary, bounds)."
                )

    # --- changed copies ---

    def with_values(self, values: Any) -> Self:
        """Same grid and boundary with other values, in the layout of `values`."""
        return replace(self, values=wrap(values))

    def with_components(self, components: Sequence[Tensor]) -> Self:
        """Same grid and boundary with one value tensor per axis."""
        return replace(self, values=stack(list(components), self.geometry.vector))

    def with_boundary(self, boundary: Any) -> Field:
        """Same field with another boundary, whose values are written into prescribed faces."""
        return HOOKS["with_boundary"](self, boundary)

    def at_centers(self) -> Field:
        """The field resampled to cell centers."""
        return HOOKS["to_centers"](self)

    def at_faces(self) -> Field:
        """The vector field resampled to faces."""
        return HOOKS["to_faces"](self)

    # --- as tensors and arrays ---

    def reduced(self, reduction: str, dims: Any) -> Tensor:
        """Result of `math.sum`, `math.mean` and so on; sums count faces on the sides by half."""
        return HOOKS["reduced"](self, reduction, dims)

    def numpy(self) -> Any:
        """Array (batch…, axes…, channels…), or a dictionary of one per staggered component."""
        return HOOKS["numpy"](self)

    def staggered_tensor(self) -> Tensor:
        """Staggered components as one tensor with n + 1 values along every axis."""
        return HOOKS["staggered_tensor"](self)

    # --- indexing ---

    def get(self, index: dict[str, int | slice]) -> Field:
        """Slice along batch and channel dimensions."""
        self._check_sliceable(index)
        return self._sliced(self.values.get(index), index)

    def select(self, parts: dict[str, Any]) -> Field:
        """Slice by integers, slices, labels and lists along batch and channel dimensions."""
        self._check_sliceable(parts)
        return self._sliced(self.values.select(parts), parts)

    def _sliced(self, values: Tensor, parts: Mapping[str, Any]) -> Field:
        boundary = sliced_boundary(self.boundary, parts, self.shape, self.axes)
        return replace(
            self, values=values, geometry=_sliced(self.geometry, parts), boundary=boundary
        )

    def unstacked(self, name: str) -> tuple[Field, ...]:
        """Slices along one dimension."""
        return tuple(self.get({name: i}) for i in range(self.shape.get_size(name)))

    def _check_sliceable(self, parts: dict[str, Any]) -> None:
        for name in parts:
            if name in self.axes or (self.is_staggered and name == "vector"):
                raise ShapeError(
                    f"Slicing a field along '{name}' would change its grid. Slice its values "
                    "instead: "
                    + ("field.component('x')." if name == "vector" else f"field.values.{name}[…].")
                )

    def __getitem__(self, selection: Any) -> Field:
        return self.select(parse_selection(selection, self.shape))

    def __getattr__(self, name: str) -> DimensionView:
        if name.startswith("_") or name not in self.values.shape:
            raise AttributeError(
                f"A field of shape {self.values.shape} has neither a dimension nor an attribute "
                f"'{name}'."
            )
        return DimensionView(self, name)  # type: ignore[arg-type]

    # --- arithmetic ---

    def elementwise(self, operation: Operation, operands: Sequence[Any]) -> Field:
        """Run an operation on values and boundaries, on the grid of the first field."""
        first = next(operand for operand in operands if isinstance(operand, Field))
        aligned = [_aligned(operand, first) for operand in operands]
        # First: other boundaries explain other numbers of faces.
        boundary = combine_boundaries(operation, aligned, first.axes)
        values = apply(operation, *(o.values if isinstance(o, Field) else o for o in aligned))
        result = replace(first, values=values, boundary=boundary)
        return _restore_prescribed(result, aligned)

    def __repr__(self) -> str:
        kind = "StaggeredGrid" if self.is_staggered else "CenteredGrid"
        cells = ", ".join(f"{dim.name}={dim.size}" for dim in self.resolution.dims)
        values = format_tensor(self.values, "summary")
        return f"{kind}({cells}, {self.bounds}, boundary={self.boundary}, values: {values})"


def _aligned(operand: Any, target: Field) -> Any:
    if isinstance(operand, Field):
        has_same_points = operand.is_staggered == target.is_staggered and HOOKS["same_grid"](
            operand.geometry, target.geometry
        )
        return operand if has_same_points else HOOKS["resample"](operand, target)
    if isinstance(operand, (tuple, list)):
        operand = as_vector(operand, target.axes, "The field")
    if isinstance(operand, Tensor) and target.is_staggered:
        _check_on_faces(operand, target)
    return operand


def _check_on_faces(operand: Tensor, target: Field) -> None:
    if operand.shape.spatial and operand.shape.spatial != target.values.shape.spatial:
        raise ShapeError(
            f"A tensor of shape {operand.shape} has no defined place on the faces of "
            f"{target.shape}. Make it a field first, e.g. CenteredGrid(tensor, …), or use "
            "field.component('x')."
        )


def _restore_prescribed(result: Field, operands: Sequence[Any]) -> Field:
    """Prescribed faces follow the boundary where operands had different kinds of boundaries."""
    fields = [operand for operand in operands if isinstance(operand, Field)]
    if result.is_staggered and any(
        field.boundary is not fields[0].boundary for field in fields[1:]
    ):
        return HOOKS["prescribe"](result)
    return result


def _sliced(geometry: UniformGrid, parts: Mapping[str, Any]) -> UniformGrid:
    shape = geometry.bounds.shape
    own = {name: part for name, part in parts.items() if name in shape and name != "vector"}
    if not own:
        return geometry
    lower, upper = (
        corner.select({n: p for n, p in own.items() if n in corner.shape})
        for corner in (geometry.bounds.lower, geometry.bounds.upper)
    )
    return UniformGrid(geometry.resolution, Box(lower, upper))
