"""Plans for padding by boundaries without tensors: made once, then run as few native calls."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.boundary.kinds import (
    ANTISYMMETRIC,
    NONE,
    Boundary,
    Constant,
    Extension,
    FaceValue,
    Prescribed,
)
from phimath.broadcast import Signature
from phimath.dtype import DType, promote
from phimath.shape import Shape
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.tensor import Number

Widths = tuple[tuple[str, int, int], ...]
UNLIMITED = 2**62


class Piece(NamedTuple):
    """Ghost values as part of an array: reversed along `flip`, repeated, and changed."""

    source: tuple[slice, ...]
    flip: tuple[int, ...]
    repeat: tuple[int, int] | None
    sign: int
    edge: tuple[slice, ...] | None
    added: Number


class Step(NamedTuple):
    """What is done along one axis: pieces are joined, then constants added."""

    axis: int
    lower: Piece | None
    upper: Piece | None
    constants: tuple[tuple[tuple[tuple[int, int], ...], Number], ...]


class Plan(NamedTuple):
    """All steps; `stored` and `dtype` say what the array must be brought to before."""

    stored: tuple[str, ...]
    dtype: DType
    steps: tuple[Step, ...]
    result: Signature


def run(backend: Backend[Any], native: Native, steps: Sequence[Step]) -> Native:
    """Native array with the ghost values of all steps."""
    for axis, lower, upper, constants in steps:
        if lower is not None or upper is not None:
            parts = [native]
            if lower is not None:
                parts.insert(0, ghosts(backend, native, lower))
            if upper is not None:
                parts.append(ghosts(backend, native, upper))
            native = backend.concat(parts, axis)
        for widths, number in constants:
            native = backend.pad(native, widths, number)
    return native


def ghosts(backend: Backend[Any], native: Native, piece: Piece) -> Native:
    """The ghost values of one side."""
    source, flip, repeat, sign, edge, added = piece
    ghost = backend.get(native, source)
    if flip:
        ghost = backend.flip(ghost, flip)
    if repeat is not None:
        ghost = backend.repeat(ghost, *repeat)
    if sign < 0:
        ghost = backend.function("negative")(ghost)
    if edge is not None:
        outermost = backend.get(native, edge)
        ghost = backend.function("add")(ghost, backend.function("multiply")(outermost, 2))
    if added:
        ghost = backend.function("add")(ghost, added)
    return ghost


def is_static(boundary: Boundary) -> bool:
    """Whether no prescribed value is a tensor, so that plans can be kept for the boundary."""
    if boundary.__class__ is Extension:
        return True
    if isinstance(boundary, Prescribed):
        return not isinstance(boundary.value, Tensor)
    return all(is_static(part) for part in boundary.parts())


def number_types(boundary: Boundary) -> tuple[type | None, ...]:
    """Types of the prescribed numbers, which decide that of the result: 1 and 1.0 are equal."""
    if boundary.__class__ is Extension:
        return ()
    return tuple(
        part.value.__class__ if isinstance(part, Prescribed) else None for part in boundary.parts()
    )


@lru_cache(maxsize=4096)
def make_plan(
    signature: Signature,
    entries: Widths,
    boundary: Boundary,
    types: tuple[type | None, ...],
    bits: int,
) -> Plan | None:
    """Steps for a boundary without tensors; `None` where there are too few values.

    types: `number_types` of the boundary, so that equal boundaries of other types have other plans.
    """
    del types
    shape = signature.shape
    names = [name for name, _, _ in entries]
    repeated = isinstance(boundary, Extension) and boundary.is_copy
    dtype = signature.dtype
    for name in names:
        for side in (boundary.at(name, upper=False), boundary.at(name, upper=True)):
            if isinstance(side, Prescribed):
                dtype = padded_dtype(dtype, DType(type(side.value)), bits)
    stored = signature.stored
    if not repeated and not all(name in stored for name in names):
        stored = Shape(*(dim for dim in shape.dims if dim.name in stored or dim.name in names))
    steps: list[Step] = []
    done: list[tuple[str, int, int]] = []
    if isinstance(boundary, Constant):
        steps, done, entries = [_surrounding(stored, entries, boundary)], list(entries), ()
    for name, lower, upper in sorted(entries, key=lambda entry: shape.position(entry[0])):
        size = shape.get_size(name)
        sides = (boundary.at(name, upper=False), boundary.at(name, upper=True))
        if any(w > capacity(side, size) for w, side in zip((lower, upper), sides, strict=True)):
            return None
        if name in stored:
            steps.append(_step(stored.rank, stored.position(name), size, (lower, upper), sides))
        kept = [0 if s is NONE else w for w, s in zip((lower, upper), sides, strict=True)]
        done.append((name, kept[0], kept[1]))
    result = signature.replace(
        dtype=dtype,
        shape=padded_shape(shape, tuple(done)),
        stored=padded_shape(stored, tuple(entry for entry in done if entry[0] in stored)),
    )
    return Plan(stored.names, dtype, tuple(steps), result)


def _surrounding(stored: Shape, entries: Widths, boundary: Constant) -> Step:
    """The same number on all sides in one step."""
    widths = {name: (lower, upper) for name, lower, upper in entries}
    assert not isinstance(boundary.value, Tensor)
    return Step(
        0, None, None, ((tuple(widths.get(name, (0, 0)) for name in stored.names), boundary.value),)
    )


def _step(
    rank: int, axis: int, size: int, widths: tuple[int, int], sides: tuple[Boundary, Boundary]
) -> Step:
    pieces = [
        piece(side, rank, axis, size, width, upper=upper)
        for upper, width, side in zip((False, True), widths, sides, strict=True)
    ]
    constants: dict[Number, list[int]] = {}
    for upper, (width, side) in enumerate(zip(widths, sides, strict=True)):
        if isinstance(side, Constant) and width:
            assert not isinstance(side.value, Tensor)
            constants.setdefault(side.value, [0, 0])[upper] = width
    return Step(
        axis,
        pieces[0],
        pieces[1],
        tuple(
            (tuple((w[0], w[1]) if i == axis else (0, 0) for i in range(rank)), number)
            for number, w in constants.items()
        ),
    )


def capacity(side: Boundary, size: int) -> int:
    """How many ghost values can be made at once from `size` interior ones."""
    if isinstance(side, Constant) or side is NONE:
        return UNLIMITED
    if isinstance(side, FaceValue):
        return size
    assert isinstance(side, Extension)
    if side.rule == "edge" and size:
        return UNLIMITED
    return size - 1 if side.rule == "reflect" else size


def piece(
    side: Boundary, rank: int, axis: int, size: int, width: int, *, upper: bool
) -> Piece | None:
    """Ghost values on one side, `None` where they aren't made of interior values."""
    if not isinstance(side, FaceValue):
        return _interior_piece(side, rank, axis, size, width, upper=upper)
    mirrored = _interior_piece(ANTISYMMETRIC, rank, axis, size, width, upper=upper)
    if mirrored is None or isinstance(side.value, Tensor):
        return mirrored
    return mirrored._replace(added=2 * side.value)


@lru_cache(maxsize=4096)
def _interior_piece(
    side: Boundary, rank: int, axis: int, size: int, width: int, *, upper: bool
) -> Piece | None:
    if width == 0 or not isinstance(side, Extension) or side is NONE:
        return None
    start = {
        "periodic": 0 if upper else size - width,
        "edge": size - 1 if upper else 0,
        "symmetric": size - width if upper else 0,
        "reflect": size - 1 - width if upper else 1,
    }[side.rule]
    count = 1 if side.rule == "edge" else width

    def index(first: int, number: int) -> tuple[slice, ...]:
        return tuple(
            slice(first, first + number) if i == axis else slice(None) for i in range(rank)
        )

    return Piece(
        index(start, count),
        (axis,) if side.rule in ("symmetric", "reflect") and width > 1 else (),
        (width, axis) if count < width else None,
        side.sign,
        index(size - 1 if upper else 0, 1) if side.edge else None,
        0,
    )


def padded_shape(shape: Shape, entries: Widths) -> Shape:
    """Shape with the sizes grown by the widths."""
    for name, lower, upper in entries:
        shape = shape.with_size(name, shape.get_size(name) + lower + upper)
    return shape


_KIND_ORDER = ("bool", "uint", "int", "float", "complex")


def padded_dtype(dtype: DType, other: DType, bits: int) -> DType:
    """Padding moves values, so their type stays unless the ghost values are of a wider kind."""
    if _KIND_ORDER.index(other.kind) <= _KIND_ORDER.index(dtype.kind) or {
        dtype.kind,
        other.kind,
    } == {"uint", "int"}:
        return dtype
    return promote(dtype, other, bits=bits)
