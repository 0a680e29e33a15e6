"""Padding: ghost values around a grid, as a boundary says.

Axes are padded one after the other, in the order of the shape, so that corners are defined: ghost
values of later axes are made from
those of earlier ones, and where two constants meet, the later axis wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import combine
from phimath.boundary.kinds import (
    NONE,
    PERIODIC,
    ZERO_GRADIENT,
    Boundary,
    Constant,
    FaceValue,
    Prescribed,
)
from phimath.boundary.plan import (
    Widths,
    capacity,
    ghosts,
    is_static,
    make_plan,
    number_types,
    padded_dtype,
    piece,
    run,
)
from phimath.boundary.sides import as_boundary, needs_components
from phimath.dimension import channel
from phimath.dtype import DType, precision_bits
from phimath.errors import BoundaryError, ShapeError
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.broadcast import Native


def pad(value: Tensor, widths: Mapping[str, Any] | tuple[int, int] | int, mode: Any = 0) -> Tensor:
    """Add ghost values, or remove outer ones where a width is negative.

    Args:
        value: grid to extend.
        widths: `{'x': (lower, upper), 'y': 1}`; a number or pair stands for all spatial dimensions.
        mode: boundary, or what `as_boundary` makes one of: a number, tensor, name, dict of sides;
            `None` pads nothing.

    Raises:
        BoundaryError: the boundary says nothing about a padded side, or needs more interior values
            than there are.
        DimensionError: a padded dimension doesn't exist.
    """
    entries = _parse_widths(widths, value.shape)
    boundary = mode if isinstance(mode, Boundary) else as_boundary(mode)
    if any(lower < 0 or upper < 0 for _, lower, upper in entries):
        value, entries = _crop(value, entries)
    if boundary is NONE or not entries:
        return value
    return pad_entries(value, entries, boundary)


def _parse_widths(widths: Any, shape: Shape) -> Widths:
    if not isinstance(widths, Mapping):
        widths = dict.fromkeys(shape.spatial.names, widths)
    entries: list[tuple[str, int, int]] = []
    for name, width in widths.items():
        shape.position(name)
        lower, upper = (width, width) if isinstance(width, int) else width
        if lower or upper:
            entries.append((name, lower, upper))
    return tuple(entries)


def _crop(value: Tensor, entries: Widths) -> tuple[Tensor, Widths]:
    index: dict[str, int | slice] = {}
    kept: list[tuple[str, int, int]] = []
    for name, lower, upper in entries:
        size = value.shape.get_size(name)
        first, stop = -min(lower, 0), size + min(upper, 0)
        if first > stop:
            raise ShapeError(
                f"Cannot remove {first} and {size - stop} values from '{name}' of size {size}. "
                "Use smaller widths."
            )
        if lower < 0 or upper < 0:
            index[name] = slice(first, stop)
        if lower > 0 or upper > 0:
            kept.append((name, max(lower, 0), max(upper, 0)))
    return value.get(index), tuple(kept)


def pad_entries(value: Tensor, entries: Widths, boundary: Boundary) -> Tensor:
    """Pad by non-negative `(name, lower, upper)`; no width is zero on both sides."""
    if not isinstance(value, Dense) or needs_components(boundary):
        return _pad_components(value, entries, boundary)
    planned = _pad_planned(value, entries, boundary) if is_static(boundary) else None
    return _pad_by_axis(value, entries, boundary) if planned is None else planned


def _pad_planned(value: Dense, entries: Widths, boundary: Boundary) -> Dense | None:
    signature = value.signature
    plan = make_plan(signature, entries, boundary, number_types(boundary), precision_bits())
    if plan is None:
        return None
    native = (
        value.stored_native
        if signature.stored.names == plan.stored
        else value.stored_in(plan.stored)
    )
    if plan.dtype is not signature.dtype:
        native = value.backend.cast(native, plan.dtype)
    return Dense(run(signature.backend, native, plan.steps), plan.result)


# --- components apart ---


def _pad_components(value: Tensor, entries: Widths, boundary: Boundary) -> Tensor:
    axes = tuple(name for name, _, _ in entries)
    if isinstance(value, Stacked) and value.along not in axes:
        name = value.along
    elif needs_components(boundary):
        name = _vector_dim(value.shape, axes)
    else:
        return pad_entries(value.dense(), entries, boundary)
    dim = value.shape.dim(name)
    all_axes = value.shape.spatial.names
    parts = [
        pad_entries(
            part,
            entries,
            boundary.component(name, i, dim.labels[i] if dim.labels else None, all_axes),
        )
        for i, part in enumerate(value.unstacked(name))
    ]
    return Stacked(parts, dim)


def _vector_dim(shape: Shape, axes: Sequence[str]) -> str:
    for dim in shape.of_type(channel).dims:
        if dim.labels and any(axis in dim.labels for axis in axes):
            return dim.name
    raise BoundaryError(
        f"A boundary per direction pads vectors, but {shape} has no channel dimension labelled by "
        f"{', '.join(axes)}. "
        "Pad a vector, or use combine_sides()."
    )


# --- axis by axis: values that are tensors, and more ghost values than interior ones ---


def _pad_by_axis(value: Dense, entries: Widths, boundary: Boundary) -> Dense:
    original = value.shape
    done: list[tuple[str, int, int]] = []
    for name, lower, upper in sorted(entries, key=lambda entry: original.position(entry[0])):
        sides = (boundary.at(name, upper=False), boundary.at(name, upper=True))
        value = _pad_axis(value, name, (lower, upper), sides, (original, tuple(done)))
        done.append((name, lower, upper))
    return value


def _pad_axis(
    value: Dense,
    name: str,
    widths: tuple[int, int],
    sides: tuple[Boundary, Boundary],
    padded: tuple[Shape, Widths],
) -> Dense:
    if sides[0] == PERIODIC and max(widths) > value.shape.get_size(name) > 0:
        return _tile(value, name, widths)
    remaining = [0 if side is NONE else width for width, side in zip(widths, sides, strict=True)]
    while any(remaining):
        size = value.shape.get_size(name)
        now = [
            min(width, capacity(side, size)) for width, side in zip(remaining, sides, strict=True)
        ]
        if not any(now):
            raise BoundaryError(
                f"The boundary '{sides[0] if remaining[0] else sides[1]}' cannot extend '{name}' "
                f"of size {size}: it has too "
                "few interior values. Use ZERO_GRADIENT or a constant."
            )
        value = _pad_once(value, name, (now[0], now[1]), sides, padded)
        remaining = [width - done for width, done in zip(remaining, now, strict=True)]
    return value


def _tile(value: Dense, name: str, widths: tuple[int, int]) -> Dense:
    """Periodic copies, cut to size."""
    shape, backend = value.shape, value.backend
    value = _storing(value, {name}, shape)
    stored = value.signature.stored
    size, axis = shape.get_size(name), stored.position(name)
    first, total = -widths[0] % size, size + sum(widths)
    native = backend.concat([value.stored_native] * -(-(first + total) // size), axis)
    index = tuple(
        slice(first, first + total) if i == axis else slice(None) for i in range(stored.rank)
    )
    result = value.signature.replace(
        shape=shape.with_size(name, total), stored=stored.with_size(name, total)
    )
    return Dense(backend.get(native, index), result)


def _pad_once(
    value: Dense,
    name: str,
    widths: tuple[int, int],
    sides: tuple[Boundary, Boundary],
    padded: tuple[Shape, Widths],
) -> Dense:
    value = _prepared(value, name, sides, padded)
    backend, stored = value.backend, value.signature.stored
    axis, size, native = stored.position(name), value.shape.get_size(name), value.stored_native
    parts = [native]
    for upper, (width, side) in enumerate(zip(widths, sides, strict=True)):
        if not width:
            continue
        target = stored.with_size(name, width)
        found = piece(side, stored.rank, axis, size, width, upper=bool(upper))
        ghost = None if found is None else ghosts(backend, native, found)
        if isinstance(side, Constant):
            ghost = _prescribed(side, value, target, padded)
        elif isinstance(side, FaceValue) and isinstance(side.value, Tensor):
            doubled = backend.function("multiply")(_prescribed(side, value, target, padded), 2)
            ghost = backend.function("add")(ghost, doubled)
        parts.insert(len(parts) if upper else 0, ghost)
    grown = size + sum(widths)
    signature = value.signature.replace(
        shape=value.shape.with_size(name, grown), stored=stored.with_size(name, grown)
    )
    return Dense(backend.concat(parts, axis), signature)


def _prepared(
    value: Dense, name: str, sides: tuple[Boundary, Boundary], padded: tuple[Shape, Widths]
) -> Dense:
    """The grid with all dimensions of the ghost values, in a type and framework that hold both."""
    values = [side.value for side in sides if isinstance(side, Prescribed)]
    tensors = [v for v in values if isinstance(v, Tensor)]
    dtype = value.dtype
    for v in values:
        dtype = padded_dtype(
            dtype, v.dtype if isinstance(v, Tensor) else DType(type(v)), precision_bits()
        )
    backend = combine([value.backend, *(t.backend for t in tensors)])
    if backend is not value.backend:
        native = backend.adopt(value.backend, value.stored_native)
        value = Dense(native, value.signature.replace(backend=backend))
    value = value.cast(dtype).dense()
    grown = {name, *(n for n, _, _ in padded[1])}
    brought = [t.shape.without([n for n in t.shape.names if n in grown]) for t in tensors]
    return _storing(
        value, {name}.union(*(t.shape.names for t in tensors)), merge_shapes(value.shape, *brought)
    )


def _storing(value: Dense, needed: set[str], shape: Shape) -> Dense:
    """The tensor expanded to `shape`, with the `needed` dimensions no longer lazy."""
    stored = value.signature.stored
    if shape is value.shape and needed.issubset(stored.names):
        return value
    expanded = value.expanded(shape).dense()
    new = Shape(*(dim for dim in shape.dims if dim.name in stored or dim.name in needed))
    return Dense(expanded.stored_in(new.names), value.signature.replace(shape=shape, stored=new))


def _prescribed(
    side: Prescribed, grid: Dense, target: Shape, padded: tuple[Shape, Widths]
) -> Native:
    """Prescribed values with the stored axes of the grid and the sizes of the ghost layer."""
    value, backend = side.value, grid.backend
    if not isinstance(value, Tensor):
        device = backend.device(grid.stored_native)
        return backend.full(target.int_sizes, value, grid.dtype, device)
    for name, lower, upper in padded[1]:
        # A profile along a face, e.g. an inflow, is continued beyond the corners of the grid.
        if name in value.shape and value.shape.get_size(name) == padded[0].get_size(name):
            value = pad_entries(value, ((name, lower, upper),), ZERO_GRADIENT)
    full = value.cast(grid.dtype).expanded(target).dense()
    return backend.adopt(full.backend, full.stored_in(target.names))
