"""Writing values at positions that a tensor holds."""

from __future__ import annotations

from math import inf, nan
from typing import Any, Final, Literal, NamedTuple, get_args

from phimath.backend.contract.index import ScatterMode
from phimath.backend.discovery import combine
from phimath.create import zeros
from phimath.dimension import batch
from phimath.dtype import INT64, precision_bits, promote
from phimath.elementwise import clip, where
from phimath.errors import NotSupported, ShapeError, ValueRangeError
from phimath.index import in_range, index_vectors
from phimath.leaves import as_tensor, ungrouped
from phimath.shape import Shape, merge_shapes
from phimath.take import native_on
from phimath.tensor import Dense, Tensor

Mode = Literal["update", "add", "mean", "min", "max"]
OutsideHandling = Literal["check", "discard", "clamp", "undefined"]

# What cells hold that no value is written to, where no base is given.
_UNFILLED: Final = {"update": nan, "add": 0, "mean": nan, "min": nan, "max": nan}
_NEUTRAL: Final = {"min": inf, "max": -inf}


def scatter(
    base_grid: Tensor | Shape,
    indices: Tensor,
    values: Any,
    mode: Mode = "update",
    outside_handling: OutsideHandling = "check",
    *,
    default: float | None = None,
) -> Tensor:
    """Copy of a grid with values written at integer positions.

    base_grid: a tensor, or the shape of a new grid; its batch and channel dimensions follow from
        the values.
    indices: index vectors labelled with dimensions of the grid, or plain positions if it has a
        single one.  Dimensions
        that the grid lacks, other than batch and channel, list the values.
    mode: of several values at one position, `update` keeps one, `add`, `mean`, `min` and `max`
        combine them; all but
        `update` and `mean` include what the base held there.
    outside_handling: positions outside raise (`check`), are left out (`discard`) or moved to the
        closest cell
        (`clamp`); with `undefined` the caller promises that there are none.
    default: what cells of a new grid hold where nothing is written; NaN, or 0 for `add`, if left
        out.

    Raises:
        DTypeError: positions aren't integers.
        LabelError: the labels of the index vectors are not dimensions of the grid.
        ValueRangeError: a position lies outside; only checked where positions can be read.
    """
    _require_known(mode, get_args(Mode), "mode")
    _require_known(outside_handling, get_args(OutsideHandling), "outside_handling")
    values = as_tensor(values)
    grid = base_grid if isinstance(base_grid, Shape) else base_grid.shape
    indexed, components = index_vectors(indices, grid, None)
    groups = _groups(grid, indexed, merge_shapes(*(c.shape for c in components)), values.shape)
    if outside_handling == "discard":
        groups = groups._replace(spare_cells=1)
    position = _position(components, indexed, outside_handling)
    if isinstance(base_grid, Shape):
        return _onto_new(groups, position, values, mode, default)
    if mode == "mean":
        total, count = _sum_and_count(groups, position, values)
        return where(count > 0, total / where(count > 0, count, 1), base_grid)
    return _write(groups, base_grid, position, values, mode)


def _require_known(option: str, known: tuple[str, ...], name: str) -> None:
    if option not in known:
        raise NotSupported(
            f"There is no {name} {option!r} in scatter(). Use one of {', '.join(known)}."
        )


class _Groups(NamedTuple):
    """Dimensions of the result that the indices share, name and lack; those that list values."""

    shared: Shape
    indexed: Shape
    kept: Shape
    listed: Shape
    spare_cells: int = 0


def _groups(grid: Shape, indexed: Shape, positions: Shape, values: Shape) -> _Groups:
    rest = grid.without(indexed)
    listed: list[Any] = []
    shared = [dim for dim in rest.dims if dim.name in positions]
    for dim in positions.dims:
        if dim.name not in rest:
            (shared if dim.type is batch else listed).append(dim)
    names = {dim.name for dim in (*shared, *listed)}
    own = values.without(tuple(names))
    if clash := [name for name in own.names if name in indexed]:
        raise ShapeError(
            f"The values {values} to scatter have '{clash[0]}', which is indexed, but the indices "
            "lack "
            "it. Rename it in the values, or give one position per value."
        )
    kept = merge_shapes(Shape(*(dim for dim in rest.dims if dim.name not in names)), own)
    # Sizes and labels are checked here, once for all.
    merged = merge_shapes(
        Shape(*shared, *listed), values.only(tuple(names)), rest.only(tuple(names))
    )
    return _Groups(
        Shape(*(merged.dim(dim.name) for dim in shared)),
        indexed,
        kept,
        Shape(*(merged.dim(dim.name) for dim in listed)),
    )


def _position(components: list[Tensor], indexed: Shape, outside: OutsideHandling) -> Tensor:
    """Row-major positions in the grid; one past the end for those to discard."""
    result: Tensor | None = None
    inside: Tensor | None = None
    for component, dim in zip(components, indexed.dims, strict=True):
        size = Shape(dim).int_sizes[0]
        if outside == "check":
            component = _checked(component, Shape(dim))
        elif outside == "clamp":
            component = clip(component, 0, size - 1)
        elif outside == "discard":
            here = (component >= 0) & (component < size)
            inside = here if inside is None else inside & here
        result = component if result is None else result * size + component
    assert result is not None
    return result if inside is None else where(inside, result, indexed.volume)


def _checked(component: Tensor, along: Shape) -> Tensor:
    try:
        return in_range(component, along)
    except ValueRangeError as error:
        raise ValueRangeError(
            f"{error} Or pass outside_handling='discard' or 'clamp' to scatter()."
        ) from None


def _onto_new(
    groups: _Groups, position: Tensor, values: Tensor, mode: Mode, default: float | None
) -> Tensor:
    unfilled = _UNFILLED[mode] if default is None else default
    if mode == "add" and unfilled == 0:
        return _write(groups, zeros(dtype=values.dtype), position, values, mode)
    total, count = _sum_and_count(groups, position, values)
    if mode == "mean":
        return where(count > 0, total / where(count > 0, count, 1), unfilled)
    if mode == "add":
        return where(count > 0, total, unfilled)
    start = as_tensor(_NEUTRAL.get(mode, 0) if values.dtype.is_floating or mode in _NEUTRAL else 0)
    return where(count > 0, _write(groups, start, position, values, mode), unfilled)


def _sum_and_count(groups: _Groups, position: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    total = _write(groups, zeros(dtype=values.dtype), position, values, "add")
    # Counted without the channels of the values, which all are written alike.
    few = groups._replace(kept=Shape())
    count = _write(few, zeros(dtype=INT64), position, zeros(dtype=INT64) + 1, "add")
    return total, count


def _write(
    groups: _Groups, base: Tensor, position: Tensor, values: Tensor, mode: ScatterMode
) -> Tensor:
    dtype = promote(base.dtype, values.dtype, bits=precision_bits())
    if base.dtype is values.dtype:
        dtype = base.dtype
    shared, indexed, kept, listed, spare_cells = groups
    base = base.cast(dtype).expanded(Shape(*shared.dims, *indexed.dims, *kept.dims)).dense()
    values = values.cast(dtype).expanded(Shape(*shared.dims, *listed.dims, *kept.dims)).dense()
    position = position.expanded(Shape(*shared.dims, *listed.dims)).dense()
    backend = combine([base.backend, values.backend, position.backend])
    native = native_on(backend, base, shared, indexed, kept)
    native = backend.reshape(native, (shared.volume, indexed.volume, kept.volume))
    if spare_cells:  # takes what is discarded
        native = backend.pad(native, ((0, 0), (0, spare_cells), (0, 0)), 0)
    written = backend.scatter(
        native,
        _shaped(position, backend, shared, listed),
        _shaped(values, backend, shared, listed, kept),
        mode,
    )
    if spare_cells:
        written = backend.get(written, (slice(None), slice(0, indexed.volume), slice(None)))
    shape = Shape(*shared.dims, *indexed.dims, *kept.dims)
    return ungrouped(backend.reshape(written, shape.int_sizes), backend, *shape)


def _shaped(tensor: Dense, backend: Any, *groups: Shape) -> Any:
    native = native_on(backend, tensor, *groups)
    return backend.reshape(native, tuple(group.volume for group in groups))


__all__ = ["scatter"]
