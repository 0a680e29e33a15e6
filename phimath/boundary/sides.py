"""Boundaries per side and per direction, and making boundaries of what users write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.boundary.kinds import COMPOSITES, EXTENSIONS, NONE, Boundary, Constant, constant
from phimath.errors import BoundaryError
from phimath.tensor import Tensor, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.table import Operation


@final
@dataclass(frozen=True)
class Sides(Boundary):
    """One boundary per side, `lower[i]` and `upper[i]` of `axes[i]`.  Made by `combine_sides`."""

    axes: tuple[str, ...]
    lower: tuple[Boundary, ...]
    upper: tuple[Boundary, ...]

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{side}: {b!r}' for side, b in self.items())}}}"

    def items(self) -> tuple[tuple[str, Boundary], ...]:
        """Pairs such as `('x-', ZERO)`."""
        rows = zip(self.axes, self.lower, self.upper, strict=True)
        return tuple(
            pair for axis, low, up in rows for pair in ((f"{axis}-", low), (f"{axis}+", up))
        )

    def at(self, axis: str, *, upper: bool) -> Boundary:
        """The boundary on one side of `axis`."""
        if axis not in self.axes:
            raise BoundaryError(
                f"The boundary {self} says nothing about axis '{axis}'. Add '{axis}', or both "
                f"'{axis}-' and '{axis}+'."
            )
        return (self.upper if upper else self.lower)[self.axes.index(axis)]

    def derivative(self) -> Boundary:
        """Per side."""
        return self._map(lambda boundary: boundary.derivative())

    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Per side; directions are known here."""
        lower, upper = [], []
        for axis, low, up in zip(self.axes, self.lower, self.upper, strict=True):
            lower.append(low.component(dim, index, label, axes).at(axis, upper=False))
            upper.append(up.component(dim, index, label, axes).at(axis, upper=True))
        return _simplified(self.axes, lower, upper)

    def parts(self) -> tuple[Boundary, ...]:
        """The boundaries of all sides."""
        return (*self.lower, *self.upper)

    def select(self, function: Callable[[Any], Any]) -> Boundary:
        """Copy with `function` applied to all prescribed values."""
        return self._map(lambda boundary: boundary.select(function))

    def _map(self, function: Callable[[Boundary], Boundary]) -> Boundary:
        return _simplified(
            self.axes, list(map(function, self.lower)), list(map(function, self.upper))
        )


@final
@dataclass(frozen=True)
class PerDirection(Boundary):
    """For vectors: `normal` is for the component along the axis, `tangential` for the others."""

    normal: Boundary
    tangential: Boundary

    def __repr__(self) -> str:
        return f"(normal: {self.normal!r}, tangential: {self.tangential!r})"

    def at(self, axis: str, *, upper: bool) -> Boundary:
        """Both directions on one side of `axis`."""
        return PerDirection(
            self.normal.at(axis, upper=upper), self.tangential.at(axis, upper=upper)
        )

    def derivative(self) -> Boundary:
        """Per direction."""
        return PerDirection(self.normal.derivative(), self.tangential.derivative())

    def component(self, dim: str, index: int, label: str | None, axes: Sequence[str]) -> Boundary:
        """Boundary of one component: normal on its own axis, tangential on the others."""
        if label is None:
            raise BoundaryError(
                f"A boundary per direction needs components labelled by axes, but '{dim}' has no "
                "labels. "
                f"Label the vector, e.g. channel({dim}='{','.join(axes)}')."
            )
        chosen = [self.normal if axis == label else self.tangential for axis in axes]
        lower = [b.at(axis, upper=False) for axis, b in zip(axes, chosen, strict=True)]
        upper = [b.at(axis, upper=True) for axis, b in zip(axes, chosen, strict=True)]
        sides = _simplified(tuple(axes), lower, upper)
        return sides.component(dim, index, label, axes)

    def parts(self) -> tuple[Boundary, ...]:
        """The boundaries of both directions."""
        return (self.normal, self.tangential)

    def select(self, function: Callable[[Any], Any]) -> Boundary:
        """Copy with `function` applied to all prescribed values."""
        return PerDirection(self.normal.select(function), self.tangential.select(function))


def needs_components(boundary: Boundary) -> bool:
    """Whether the components of a vector have different boundaries."""
    if boundary.__class__ is Sides:
        return any(needs_components(part) for part in boundary.parts())
    return boundary.__class__ is PerDirection


# --- arithmetic ---


def _split(operation: Operation, operands: tuple[Any, ...]) -> Boundary | None:
    sides = [operand for operand in operands if isinstance(operand, Sides)]
    if sides:
        axes = sides[0].axes
        for other in sides[1:]:
            if set(other.axes) != set(axes):
                raise BoundaryError(
                    f"Cannot combine {sides[0]} and {other}: they name different axes. Give both "
                    "the same axes."
                )

        def results(*, upper: bool) -> list[Boundary]:
            return [
                apply(
                    operation,
                    *(o.at(axis, upper=upper) if isinstance(o, Boundary) else o for o in operands),
                )
                for axis in axes
            ]

        return _simplified(axes, results(upper=False), results(upper=True))
    if any(isinstance(operand, PerDirection) for operand in operands):
        return PerDirection(
            apply(operation, *(o.normal if isinstance(o, PerDirection) else o for o in operands)),
            apply(
                operation, *(o.tangential if isinstance(o, PerDirection) else o for o in operands)
            ),
        )
    return None


COMPOSITES.append(_split)


# --- making boundaries ---


def _simplified(axes: tuple[str, ...], lower: list[Boundary], upper: list[Boundary]) -> Boundary:
    first = lower[0]
    if all(boundary == first for boundary in (*lower, *upper)):
        return first
    return Sides(axes, tuple(lower), tuple(upper))


def as_boundary(spec: Any, axes: Sequence[str] | None = None) -> Boundary:
    """Boundary from a constant, a name (`'periodic'`), a dict of sides, or `None` (`NONE`).

    axes: those of the grid that it is for; sides must then name these and no others.

    Raises:
        BoundaryError: the name is unknown, a side is missing, `spec` is nothing of these, or it
            doesn't fit the axes.
    """
    boundary = spec if isinstance(spec, Boundary) else _made_of(spec)
    if axes is not None:
        validate_boundary(boundary, axes)
    # The same on all sides: it is the boundary of any grid, once the axes have been checked.
    if isinstance(boundary, Sides):
        return _simplified(boundary.axes, list(boundary.lower), list(boundary.upper))
    return boundary


def _made_of(spec: Any) -> Boundary:
    if spec is None:
        return NONE
    if isinstance(spec, (Tensor, bool, int, float, complex)):
        return constant(spec)
    if isinstance(spec, str):
        name = spec.strip().lower().replace("_", "-")
        return _by_name(name, spec)
    if isinstance(spec, Mapping):
        if set(spec) == {"normal", "tangential"}:
            return combine_by_direction(**spec)
        return combine_sides(spec)
    raise BoundaryError(
        f"Cannot make a boundary of {spec!r} of type {type(spec).__name__}. Use a number, a "
        "tensor such as vec(x=1, y=0), a name "
        f"({', '.join(EXTENSIONS)}), or a dict of sides such as "
        f"{{'x-': 0, 'x+': ZERO_GRADIENT, 'y': PERIODIC}}."
    )


_SYNONYMS = {
    "boundary": "zero-gradient",
    "replicate": "zero-gradient",
    "circular": "periodic",
    "wrap": "periodic",
}


def _by_name(name: str, spec: str) -> Boundary:
    if name in ("zero", "one"):
        return Constant(int(name == "one"))
    found = EXTENSIONS.get(_SYNONYMS.get(name, name))
    if found is None:
        raise BoundaryError(
            f"There is no boundary {spec!r}. Names are zero, one, {', '.join(EXTENSIONS)}."
        )
    return found


def combine_sides(sides: Mapping[str, Any] | None = None, **by_axis: Any) -> Boundary:
    """Boundary per side: `{'x-': 1, 'x+': ZERO_GRADIENT, 'y': 0}`, or `x=(1, ZERO_GRADIENT), y=0`.

    Raises:
        BoundaryError: a side of an axis is missing or given twice, or only one side of an axis is
            periodic.
    """
    given: dict[tuple[str, bool], Boundary] = {}
    for key, spec in {**(sides or {}), **by_axis}.items():
        for name in key.split(","):
            _add_side(given, name.strip(), spec)
    axes = tuple(dict.fromkeys(axis for axis, _ in given))
    if not axes:
        raise BoundaryError(
            "combine_sides() needs at least one axis, e.g. combine_sides(x=PERIODIC, y=0)."
        )
    for axis in axes:
        for upper in (False, True):
            if (axis, upper) not in given:
                has, missing = (f"{axis}-", f"{axis}+") if upper else (f"{axis}+", f"{axis}-")
                raise BoundaryError(
                    f"The boundary names '{has}' but not '{missing}'. Add '{missing}', or write "
                    f"'{axis}' for both sides."
                )
        _check_periodic(axis, given[axis, False], given[axis, True])
    return Sides(
        axes,
        tuple(given[axis, False] for axis in axes),
        tuple(given[axis, True] for axis in axes),
    )


def _add_side(given: dict[tuple[str, bool], Boundary], name: str, spec: Any) -> None:
    axis = name.rstrip("+-")
    sides = {"-": (False,), "+": (True,)}.get(name[len(axis) :], (False, True))
    pair = spec if isinstance(spec, (tuple, list)) and len(spec) == 2 and len(sides) == 2 else None
    for upper in sides:
        if (axis, upper) in given:
            raise BoundaryError(
                f"Side '{axis}{'+' if upper else '-'}' is given twice. Remove one of the two."
            )
        given[axis, upper] = as_boundary(pair[upper] if pair else spec).at(axis, upper=upper)


def _check_periodic(axis: str, lower: Boundary, upper: Boundary) -> None:
    periodic = EXTENSIONS["periodic"]
    if (lower == periodic) != (upper == periodic):
        raise BoundaryError(
            f"Only one side of '{axis}' is periodic: {lower} on '{axis}-' and {upper} on "
            f"'{axis}+'. Make both sides PERIODIC or none."
        )


def combine_by_direction(normal: Any, tangential: Any) -> Boundary:
    """Boundary of vectors: `normal` for the component along each axis, `tangential` for others."""
    return PerDirection(as_boundary(normal), as_boundary(tangential))


def validate_boundary(boundary: Boundary, axes: Sequence[str]) -> None:
    """Check that a boundary fits a grid with these axes.

    Raises:
        BoundaryError: it names an axis that the grid doesn't have, or says nothing about one that
            it has.
    """
    for part in boundary.parts():
        if part is not boundary:
            validate_boundary(part, axes)
    if not isinstance(boundary, Sides):
        return
    unknown = [axis for axis in boundary.axes if axis not in axes]
    if unknown:
        raise BoundaryError(
            f"The boundary {boundary} names the axis '{unknown[0]}', which the grid doesn't have. "
            "Its axes are "
            f"{', '.join(axes)}. Remove '{unknown[0]}' or correct it."
        )
    missing = [axis for axis in axes if axis not in boundary.axes]
    if missing:
        sides = ", ".join(f"'{axis}-', '{axis}+'" for axis in missing)
        raise BoundaryError(
            f"The boundary {boundary} says nothing about {sides}. Add '{missing[0]}': …, e.g. "
            f"{{…, '{missing[0]}': ZERO_GRADIENT}}."
        )
