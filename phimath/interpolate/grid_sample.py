"""Multilinear interpolation on grids.

The work is done on flat native arrays with one coordinate array per axis: one gather per corner of
a cell, then one linear
interpolation per axis and pair of corners.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.backend.discovery import combine
from phimath.boundary import Boundary, as_boundary
from phimath.boundary.pad import pad_entries
from phimath.boundary.sides import combine_sides, needs_components
from phimath.broadcast import Signature, prepare_operand
from phimath.dimension import Dim, channel
from phimath.dtype import FLOAT32, INT64, DType, float_dtype, precision_bits, promote
from phimath.errors import ShapeError
from phimath.interpolate.outside import axis_rule, bring_inside, for_padding, side_rule
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native


def grid_sample(grid: Tensor, coordinates: Tensor, extrap: Any = "zero-gradient") -> Tensor:
    """Values of `grid` between its points, by linear interpolation along each axis.

    Args:
        grid: values at the integer coordinates 0, 1, 2 … of its axes.
        coordinates: positions in units of cells; their channel dimension is labelled by the axes,
            e.g. `vec(x=0.5, y=2)`.
        extrap: boundary that says what lies outside of the grid; or anything that `as_boundary`
            takes.

    Returns: dimensions of `coordinates` but for the vector, and those of `grid` that aren't
        sampled.

    Raises:
        ShapeError: `coordinates` has no labels, or names an axis that `grid` lacks.
    """
    return sample_components(grid, _by_axis(grid, coordinates), as_boundary(extrap))


def sample_components(
    grid: Tensor, coordinates: Mapping[str, Tensor], boundary: Boundary
) -> Tensor:
    """Like `grid_sample` with one tensor of coordinates per axis, not stacked to vectors."""
    return _sample(grid, dict(coordinates), boundary, _interpolate)[0]


def sample_with_range(
    grid: Tensor, coordinates: Mapping[str, Tensor], boundary: Boundary
) -> tuple[Tensor, Tensor, Tensor]:
    """Interpolated values, and the lowest and highest of the surrounding grid values.

    Limiters keep the result of a higher-order scheme between the latter two.
    """
    sample, lowest, highest = _sample(grid, dict(coordinates), boundary, _interpolate_with_range)
    return sample, lowest, highest


def closest_grid_values(
    grid: Tensor,
    coordinates: Tensor,
    extrap: Any = "zero-gradient",
    *,
    stack_dim_prefix: str = "closest_",
) -> Tensor:
    """The 2^d grid values around each position, along one channel dimension of size 2 per axis.

    Args:
        grid: as for `grid_sample`.
        coordinates: as for `grid_sample`.
        extrap: as for `grid_sample`.
        stack_dim_prefix: comes before the names of the axes in the names of the new dimensions.
    """
    by_axis = _by_axis(grid, coordinates)
    corners = _sample(grid, by_axis, as_boundary(extrap), _corners)
    for axis in reversed(tuple(by_axis)):
        dim = Dim.make(stack_dim_prefix + axis, channel, 2, None)
        corners = [Stacked(pair, dim) for pair in zip(corners[::2], corners[1::2], strict=True)]
    return corners[0].dense() if corners[0].shape.is_uniform else corners[0]


def _by_axis(grid: Tensor, coordinates: Tensor) -> dict[str, Tensor]:
    labelled = [dim for dim in coordinates.shape.of_type(channel).dims if dim.labels]
    axes = grid.shape.spatial.names
    if not labelled and len(axes) == 1 and not coordinates.shape.of_type(channel):
        return {axes[0]: coordinates}
    if len(labelled) != 1 or not labelled[0].labels:
        raise ShapeError(
            f"Coordinates of shape {coordinates.shape} don't say which axes of {grid.shape} they "
            "belong to. "
            f"Label their channel dimension, e.g. channel(vector='{','.join(axes)}')."
        )
    vector = labelled[0]
    for label in labelled[0].labels:
        if label not in grid.shape:
            raise ShapeError(
                f"Coordinates are given for '{label}', but the grid {grid.shape} has no such "
                "dimension. "
                f"Its axes are {', '.join(axes)}."
            )
    return dict(zip(labelled[0].labels, coordinates.unstacked(vector.name), strict=True))


# --- components apart ---


def _sample(
    grid: Tensor,
    coordinates: dict[str, Tensor],
    boundary: Boundary,
    finish: Callable[..., list[Native]],
) -> list[Tensor]:
    if all(c.__class__ is Dense for c in coordinates.values()) and grid.__class__ is Dense:
        if not needs_components(boundary):
            return _sample_dense(grid, coordinates, boundary, finish)  # type: ignore[arg-type]
        name = _vector_of(grid.shape, tuple(coordinates))
    else:
        stacked = [t for t in (grid, *coordinates.values()) if isinstance(t, Stacked)]
        if not stacked:
            dense: dict[str, Tensor] = {axis: c.dense() for axis, c in coordinates.items()}
            return _sample(grid.dense(), dense, boundary, finish)
        name = stacked[0].along
        if isinstance(grid, Stacked) and grid.along in coordinates:
            return _sample(grid.dense(), coordinates, boundary, finish)
    shape = merge_shapes(
        *(c.shape for c in coordinates.values()), grid.shape.without(tuple(coordinates))
    )
    dim = shape.dim(name)
    parts: list[list[Tensor]] = []
    for i in range(shape.get_size(name)):
        at = {axis: c.get({name: i}) if name in c.shape else c for axis, c in coordinates.items()}
        label = dim.labels[i] if dim.labels else None
        part = (
            boundary.component(name, i, label, tuple(coordinates))
            if name in grid.shape
            else boundary
        )
        parts.append(_sample(_slice(grid, name, i, tuple(coordinates)), at, part, finish))
    return [Stacked(column, dim) for column in zip(*parts, strict=True)]


def _slice(grid: Tensor, name: str, index: int, axes: Sequence[str]) -> Tensor:
    return grid.get({name: index}) if name in grid.shape and name not in axes else grid


def _vector_of(shape: Shape, axes: Sequence[str]) -> str:
    names = [d.name for d in shape.of_type(channel).dims if d.labels and set(axes) & set(d.labels)]
    if not names:
        raise ShapeError(
            f"A boundary per direction needs a grid of vectors labelled by {', '.join(axes)}, not "
            f"{shape}."
        )
    return names[0]


# --- dense ---


class _Plan(NamedTuple):
    """Names worked out to positions, for one combination of signatures."""

    backend: Backend[Any]
    prepare: tuple[Callable[[Native], Native] | None, ...]
    order: tuple[str, ...]
    value_dtype: DType
    coordinate_dtype: DType
    rest_sizes: tuple[int, ...]
    shared: tuple[tuple[int, int, tuple[int, ...]], ...]
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    rows: int
    point_sizes: tuple[int, ...]
    result: Signature


def _sample_dense(
    grid: Dense,
    coordinates: dict[str, Dense],
    boundary: Boundary,
    finish: Callable[..., list[Native]],
) -> list[Tensor]:
    axes = tuple(coordinates)
    rules, widths, sides = [], [], {}
    for axis in axes:
        lower, upper = boundary.at(axis, upper=False), boundary.at(axis, upper=True)
        rule = axis_rule(side_rule(lower), side_rule(upper), grid.shape.get_size(axis))
        rules.append(rule)
        if any(rule.padding):
            widths.append((axis, *rule.padding))
            sides[axis] = (for_padding(lower, rule.size), for_padding(upper, rule.size))
    if widths:
        first = sides[widths[0][0]][0]
        same = all(low == first and up == first for low, up in sides.values())
        grid = pad_entries(grid, tuple(widths), first if same else combine_sides(sides)).dense()
    plan = _plan(
        grid.signature, axes, precision_bits(), *(c.signature for c in coordinates.values())
    )
    backend = plan.backend
    natives = [
        c.stored_native if prepare is None else prepare(c.stored_native)
        for c, prepare in zip(coordinates.values(), plan.prepare, strict=True)
    ]
    index, fractions, sign = _locate(backend, plan, natives, rules)
    flat = _flat_grid(grid, plan)
    corners = []
    take, add = backend.take, backend.function("add")
    axis = 1 if plan.rest_sizes else 0
    for corner in product((0, 1), repeat=len(axes)):
        offset = sum(stride for stride, upper in zip(plan.strides, corner, strict=True) if upper)
        values = take(flat, add(index, offset) if offset else index, axis)
        corners.append(backend.reshape(values, plan.rest_sizes + plan.point_sizes))
    results = finish(backend, corners, fractions)
    if sign is not None:
        results = [backend.function("multiply")(result, sign) for result in results]
    return [Dense(result, plan.result) for result in results]


@lru_cache(maxsize=2048)
def _plan(grid: Signature, axes: tuple[str, ...], bits: int, *coordinates: Signature) -> _Plan:
    backend = combine([grid.backend, *(c.backend for c in coordinates)])
    points = merge_shapes(*(c.shape for c in coordinates))
    names = {name for c in coordinates for name in c.stored.names}
    stored = Shape(*(dim for dim in points.dims if dim.name in names))
    rest_of_grid = grid.shape.without(axes)
    grid_stored = {*grid.stored.names, *axes}
    shared = [n for n in stored.names if n in rest_of_grid and n in grid_stored]
    rest = [n for n in rest_of_grid.names if n in grid_stored and n not in shared]
    shape = merge_shapes(points, rest_of_grid)
    sizes = tuple(grid.shape.get_size(axis) for axis in axes)
    inner = [*shared, *axes]
    strides = _strides([grid.shape.get_size(name) for name in inner])
    real = float_dtype()
    # Half-precision numbers can't tell the cells of a large grid apart.
    coordinate_dtype = FLOAT32 if real.bits < 32 else real
    dtype = promote(grid.dtype, real, bits=bits)
    return _Plan(
        backend,
        tuple(prepare_operand(c, backend, coordinate_dtype, stored) for c in coordinates),
        (*rest, *inner),
        dtype,
        coordinate_dtype,
        tuple(grid.shape.get_size(name) for name in rest),
        tuple(
            (grid.shape.get_size(n), strides[i], _only_axis(stored, n))
            for i, n in enumerate(shared)
        ),
        sizes,
        strides[len(shared) :],
        strides[0] * grid.shape.get_size(inner[0]),
        stored.int_sizes,
        Signature(backend, dtype, shape, Shape(*(shape.dim(n) for n in (*rest, *stored.names)))),
    )


def _strides(sizes: list[int]) -> tuple[int, ...]:
    strides = [1]
    for size in reversed(sizes[1:]):
        strides.append(strides[-1] * size)
    return tuple(reversed(strides))


def _only_axis(stored: Shape, name: str) -> tuple[int, ...]:
    return tuple(
        size if n == name else 1 for n, size in zip(stored.names, stored.int_sizes, strict=True)
    )


def _flat_grid(grid: Dense, plan: _Plan) -> Native:
    native = plan.backend.adopt(grid.backend, grid.stored_in(plan.order))
    if grid.dtype is not plan.value_dtype:
        native = plan.backend.cast(native, plan.value_dtype)
    count = 1
    for size in plan.rest_sizes:
        count *= size
    return plan.backend.reshape(native, (count, plan.rows) if plan.rest_sizes else (plan.rows,))


def _locate(
    backend: Backend[Any], plan: _Plan, natives: list[Native], rules: Sequence[Any]
) -> tuple[Native, list[Native], Native | None]:
    """Flat index of each cell's lowest corner, positions within the cell, sign of the sample."""
    function = backend.function
    add, subtract, multiply = function("add"), function("subtract"), function("multiply")
    maximum, minimum = function("maximum"), function("minimum")
    index, sign, fractions = None, None, []
    weight_dtype = plan.value_dtype if plan.value_dtype is not plan.coordinate_dtype else None
    for native, rule, size, stride in zip(natives, rules, plan.sizes, plan.strides, strict=True):
        inside, axis_sign = bring_inside(backend, native, rule)
        cell = minimum(backend.cast(inside, INT64), size - 2)
        fraction = subtract(inside, backend.cast(cell, plan.coordinate_dtype))
        fractions.append(fraction if weight_dtype is None else backend.cast(fraction, weight_dtype))
        offset = cell if stride == 1 else multiply(cell, stride)
        index = offset if index is None else add(index, offset)
        if axis_sign is not None:
            axis_sign = axis_sign if weight_dtype is None else backend.cast(axis_sign, weight_dtype)
            sign = axis_sign if sign is None else multiply(sign, axis_sign)
    # Coordinates that aren't numbers become the lowest integer, or 0 when that overflows; their
    # samples aren't numbers either.
    index = maximum(index, 0)
    for size, stride, sizes in plan.shared:
        first = backend.arange(0, size * stride, stride, INT64, backend.device(index))
        index = add(index, backend.reshape(first, sizes))
    if backend.sizes(index) != plan.point_sizes:
        index = backend.broadcast_to(index, plan.point_sizes)
    return backend.reshape(index, (prod(plan.point_sizes),)), fractions, sign


# --- what is made of the corners; the last axis varies fastest ---


def _interpolate(
    backend: Backend[Any], corners: list[Native], fractions: list[Native]
) -> list[Native]:
    add, subtract, multiply = (
        backend.function("add"),
        backend.function("subtract"),
        backend.function("multiply"),
    )
    for fraction in reversed(fractions):
        corners = [
            add(low, multiply(subtract(high, low), fraction))
            for low, high in zip(corners[::2], corners[1::2], strict=True)
        ]
    return corners


def _interpolate_with_range(
    backend: Backend[Any], corners: list[Native], fractions: list[Native]
) -> list[Native]:
    minimum, maximum = backend.function("minimum"), backend.function("maximum")
    lowest = highest = corners[0]
    for corner in corners[1:]:
        lowest, highest = minimum(lowest, corner), maximum(highest, corner)
    return [*_interpolate(backend, corners, fractions), lowest, highest]


def _corners(backend: Backend[Any], corners: list[Native], fractions: list[Native]) -> list[Native]:
    return corners
