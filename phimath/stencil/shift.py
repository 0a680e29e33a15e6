"""Shifted grids and what is made of neighbouring values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phimath.boundary import NONE, ZERO_GRADIENT, Boundary, as_boundary, pad
from phimath.dimension import Dim, batch, channel, spatial
from phimath.elementwise import where
from phimath.errors import ShapeError
from phimath.shape import Shape
from phimath.stacked import Stacked
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.shape import DimFilter

SHIFT = channel("shift")


def moved(padded: Tensor, name: str, offset: int, reach: tuple[int, int]) -> Tensor:
    """Values `offset` further along one dimension, without the padding by `reach`."""
    size = padded.shape.get_size(name) - reach[0] - reach[1]
    first = reach[0] + offset
    return padded.get({name: slice(first, first + max(size, 0))})


def reach_of(offsets: Sequence[int]) -> tuple[int, int]:
    """How far the offsets go below and above."""
    return max(0, -min(offsets)), max(0, *offsets)


def shift(
    x: Tensor,
    offsets: Sequence[int],
    dims: DimFilter = spatial,
    padding: Any = ZERO_GRADIENT,
    stack_dim: Shape | str | None = SHIFT,
) -> list[Tensor]:
    """Values of `x` so many points further along each of `dims`, one result per offset.

    Args:
        x: grid.
        offsets: whole numbers of points; one result each.
        dims: directions of the shift.
        padding: boundary of `x`; `None` keeps only points where all shifted values exist.
        stack_dim: lists the directions; `None` if there is only one.
    """
    directions = x.shape.resolve(dims)
    boundary = as_boundary(padding)
    reach = reach_of(offsets)
    results: list[list[Tensor]] = [[] for _ in offsets]
    for name in directions.names:
        source = x if boundary is NONE else pad(x, {name: reach}, boundary)
        for parts, offset in zip(results, offsets, strict=True):
            part = moved(source, name, offset, reach)
            parts.append(
                _cropped(part, directions.names, name, reach) if boundary is NONE else part
            )
    return [list_directions(parts, directions.names, stack_dim) for parts in results]


def _cropped(value: Tensor, names: Sequence[str], but: str, reach: tuple[int, int]) -> Tensor:
    """The points at which values shifted along any direction exist."""
    for name in names:
        if name != but:
            value = moved(value, name, 0, reach)
    return value


def list_directions(
    parts: Sequence[Tensor], names: Sequence[str], dim: Shape | str | None
) -> Tensor:
    """One result per direction, listed along `dim` and labelled by the directions."""
    if dim is None:
        if len(parts) != 1:
            raise ShapeError(
                f"Results for {len(parts)} directions ({', '.join(names)}) need a dimension to be "
                "listed along. "
                "Give stack_dim, e.g. channel('vector'), or only one of dims."
            )
        return parts[0]
    template = channel(dim).single if isinstance(dim, str) else dim.single
    return Stacked(parts, Dim.make(template.name, template.type, None, tuple(names)))


def index_shift(
    x: Tensor, offsets: Sequence[Mapping[str, int] | Tensor | int], padding: Any = None
) -> list[Tensor]:
    """For each offset vector, the grid whose value at a point is that of `x` at this distance.

    Args:
        x: grid.
        offsets: vectors such as `{'x': 1, 'y': -1}` or `vec(x=1, y=-1)`; dimensions left out, and
            0, aren't shifted.
        padding: boundary of `x`; `None` keeps only points where all shifted values exist.
    """
    vectors = [_as_vector(offset) for offset in offsets]
    names = list(dict.fromkeys(name for vector in vectors for name in vector))
    reach = {name: reach_of([vector.get(name, 0) for vector in vectors]) for name in names}
    boundary = as_boundary(padding)
    padded = x if boundary is NONE else pad(x, reach, boundary)
    results: list[Tensor] = []
    for vector in vectors:
        result = padded
        for name in names:
            result = moved(result, name, vector.get(name, 0), reach[name])
        results.append(result)
    return results


def _as_vector(offset: Mapping[str, int] | Tensor | int) -> dict[str, int]:
    if isinstance(offset, Mapping):
        return dict(offset)
    if isinstance(offset, Tensor):
        dim = offset.shape.single
        if not dim.labels:
            raise ShapeError(
                f"The offset of shape {offset.shape} has no labels. Name its directions, e.g. "
                "vec(x=1, y=0)."
            )
        return {
            label: int(part)
            for label, part in zip(dim.labels, offset.unstacked(dim.name), strict=True)
        }
    if offset != 0:
        raise ShapeError(
            f"The offset {offset} doesn't say along which dimension. Write e.g. {{'x': {offset}}}."
        )
    return {}


_NEIGHBOR = "_neighbor"


def neighbor_reduce(
    reduce_fun: Callable[..., Tensor], grid: Tensor, dims: DimFilter = spatial, padding: Any = None
) -> Tensor:
    """Reduce each two neighbours along each of `dims`: 4 values in 2D, 8 in 3D.

    Args:
        reduce_fun: reduction such as `mean`, `sum`, `max`, `min`.
        grid: values; the result has one value less along `dims`, unless there is a padding.
        dims: directions of the neighbours.
        padding: boundary at the upper ends.
    """
    for name in grid.shape.resolve(dims).names:
        lower, upper = shift(grid, (0, 1), name, padding, None)
        grid = reduce_fun(Stacked((lower, upper), Dim(_NEIGHBOR, batch, 2)).dense(), _NEIGHBOR)
    return grid


def at_max_neighbor(
    values: Tensor,
    key_grid: Tensor,
    dims: DimFilter = spatial,
    padding: Any = None,
    *,
    offsets: Sequence[int] = (0, 1),
    diagonal: bool = True,
) -> Tensor:
    """Of neighbouring `values`, the one where `key_grid` is largest.

    Args:
        values: values to choose from.
        key_grid: real values to compare.
        dims: directions of the neighbours.
        padding: boundary of both grids; `None` keeps only points whose neighbours all exist.
        offsets: which neighbours, 0 is the point itself.
        diagonal: whether neighbours along several dimensions at once are compared too.
    """
    return _at_extreme_neighbor(
        values, key_grid, dims, as_boundary(padding), offsets, diagonal=diagonal
    )


def at_min_neighbor(
    values: Tensor,
    key_grid: Tensor,
    dims: DimFilter = spatial,
    padding: Any = None,
    *,
    offsets: Sequence[int] = (0, 1),
    diagonal: bool = True,
) -> Tensor:
    """Of neighbouring `values`, the one where `key_grid` is smallest; see `at_max_neighbor`."""
    return _at_extreme_neighbor(
        values, -key_grid, dims, as_boundary(padding), offsets, diagonal=diagonal
    )


def _at_extreme_neighbor(
    values: Tensor,
    keys: Tensor,
    dims: DimFilter,
    boundary: Boundary,
    offsets: Sequence[int],
    *,
    diagonal: bool,
) -> Tensor:
    names = keys.shape.resolve(dims).names
    # Values that don't vary along a direction can't be told apart there.
    names_of_values = [name for name in names if name in values.shape]
    values = (
        values if len(names_of_values) == len(names) else values.expanded(keys.shape.only(names))
    )
    if diagonal:
        for name in names:
            candidates = shift(values, offsets, name, boundary, None)
            values, keys = _best(candidates, shift(keys, offsets, name, boundary, None))
        return values
    vectors = list(
        dict.fromkeys(
            tuple(o if n == name else 0 for n in names) for name in names for o in offsets
        )
    )
    steps = [dict(zip(names, vector, strict=True)) for vector in vectors]
    padding = None if boundary is NONE else boundary
    return _best(index_shift(values, steps, padding), index_shift(keys, steps, padding))[0]


def _best(values: Sequence[Tensor], keys: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    value, key = values[0], keys[0]
    for other, other_key in zip(values[1:], keys[1:], strict=True):
        larger = other_key > key
        value, key = where(larger, other, value), where(larger, other_key, key)
    return value, key
