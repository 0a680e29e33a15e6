"""Coordinates outside of a grid, brought inside as its boundary says.

Each axis of the grid is padded by at most one ghost value per side; coordinates are clamped,
wrapped or folded to where the padded grid
has values.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.boundary import NONE, REFLECT, ZERO_GRADIENT, Boundary, Constant, Extension, FaceValue
from phimath.errors import NotSupported

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native


class Side(NamedTuple):
    """What happens to coordinates beyond one side.

    kind: `clamp` to, `fold` about, or `wrap` around a place `offset` outside of the outermost
        value.
    """

    kind: str
    offset: float
    padding: int
    sign: int = 1


_CONSTANT = Side("clamp", 1.0, 1)
_FACE = Side("clamp", 0.5, 1)
_EDGE = Side("clamp", 0.0, 0)
_EXTENSIONS = {
    "periodic": Side("wrap", 0.0, 0),
    "zero-gradient": _EDGE,
    "none": _EDGE,
    "symmetric": Side("fold", 0.5, 1),
    "antisymmetric": Side("fold", 0.5, 1, -1),
    "reflect": Side("fold", 0.0, 0),
}


def side_rule(boundary: Boundary) -> Side:
    """Rule for a boundary of one side."""
    # Compared by class: `isinstance` of abstract classes takes longer than the whole lookup.
    if boundary.__class__ is Constant:
        return _CONSTANT
    if boundary.__class__ is FaceValue:
        return _FACE
    assert isinstance(boundary, Extension)
    if boundary.name not in _EXTENSIONS:
        raise NotSupported(
            f"Grids with the boundary '{boundary}' cannot be sampled outside of their points. Pad "
            "the grid by as many values "
            "as needed, sample it with ZERO_GRADIENT and shift the coordinates accordingly."
        )
    return _EXTENSIONS[boundary.name]


class AxisRule(NamedTuple):
    """How to pad one axis of `size` points, and how to bring coordinates into the padded axis."""

    size: int
    lower: Side
    upper: Side
    padding: tuple[int, int]


@lru_cache(maxsize=1024)
def axis_rule(lower: Side, upper: Side, size: int) -> AxisRule:
    """Rule for one axis; at least two points are needed to interpolate between."""
    padding = (lower.padding, upper.padding)
    if upper.kind == "wrap" or size + sum(padding) < 2:
        padding = (padding[0], 1)
    return AxisRule(size, lower, upper, padding)


def for_padding(boundary: Boundary, size: int) -> Boundary:
    """Boundary of one side to pad with: what has nothing to mirror repeats the outermost value."""
    return ZERO_GRADIENT if boundary is NONE or (boundary == REFLECT and size == 1) else boundary


def bring_inside(backend: Backend[Any], c: Native, rule: AxisRule) -> tuple[Native, Native | None]:
    """Coordinates in the padded axis, and the sign by which samples are multiplied, if any."""
    lower, upper, n = rule.lower, rule.upper, rule.size
    add, multiply = backend.function("add"), backend.function("multiply")
    sign = None
    if upper.kind == "wrap":
        turns = backend.function("floor")(multiply(c, 1.0 / n))
        return backend.function("subtract")(c, multiply(turns, float(n))), None
    if "fold" in (lower.kind, upper.kind):
        c, sign = _fold(backend, c, rule)
    if rule.padding[0]:
        c = add(c, float(rule.padding[0]))
    first = rule.padding[0] - lower.offset
    last = rule.padding[0] + n - 1 + upper.offset
    c = backend.function("maximum")(c, first)
    return backend.function("minimum")(c, last), sign


def _fold(backend: Backend[Any], c: Native, rule: AxisRule) -> tuple[Native, Native | None]:
    """Mirror coordinates about the folding sides, and count the mirrors of odd boundaries."""
    lower, upper, n = rule.lower, rule.upper, rule.size
    function = backend.function
    add, subtract, multiply = function("add"), function("subtract"), function("multiply")
    if lower.kind == upper.kind:
        length = n - 1 + lower.offset + upper.offset
        if length == 0:
            return multiply(c, 0.0), None
        from_lower = add(c, lower.offset)
        mirrors = function("floor")(multiply(from_lower, 1.0 / length))
        even = function("floor")(multiply(add(mirrors, 1.0), 0.5))
        inside = function("abs")(subtract(from_lower, multiply(even, 2.0 * length)))
        sign = None
        if lower.sign < 0 or upper.sign < 0:
            sign = _sign_of_mirrors(backend, mirrors, lower.sign, upper.sign)
        return subtract(inside, lower.offset), sign
    if lower.kind == "fold":
        distance = add(c, lower.offset)
        sign = _sign(backend, distance) if lower.sign < 0 else None
        return subtract(function("abs")(distance), lower.offset), sign
    wall = n - 1 + upper.offset
    distance = add(function("negative")(c), wall)
    sign = _sign(backend, distance) if upper.sign < 0 else None
    return add(function("negative")(function("abs")(distance)), wall), sign


def _sign(backend: Backend[Any], distance: Native) -> Native:
    """-1 where the wall was crossed, else 1."""
    crossed = backend.cast(backend.function("less")(distance, 0.0), backend.dtype(distance))
    return backend.function("add")(backend.function("multiply")(crossed, -2.0), 1.0)


def _sign_of_mirrors(backend: Backend[Any], mirrors: Native, lower: int, upper: int) -> Native:
    """Product of the signs of all crossings; `mirrors` is -1 below, 1 above."""
    multiply, floor, add = (
        backend.function("multiply"),
        backend.function("floor"),
        backend.function("add"),
    )
    # Upper walls are crossed ceil(m/2) times on the way up, lower ones floor(m/2); downwards the
    # other way round in magnitude.
    at_upper = floor(multiply(add(mirrors, 1.0), 0.5))
    at_lower = floor(multiply(mirrors, 0.5))
    crossings = at_upper if upper < 0 else None
    if lower < 0:
        crossings = at_lower if crossings is None else add(crossings, at_lower)
    assert crossings is not None
    halves = multiply(crossings, 0.5)
    odd = multiply(backend.function("subtract")(halves, floor(halves)), 2.0)
    return add(multiply(odd, -2.0), 1.0)
