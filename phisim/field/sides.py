"""Boundaries that are given by functions of the location or by fields, evaluated on each side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.boundary import Boundary, as_boundary, validate_boundary
from phimath.create import vector_of
from phimath.join import stack
from phimath.tensor import Tensor
from phisim.field.boundary import is_periodic
from phisim.field.field import Field
from phisim.field.sample import sample
from phisim.field.values import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNS = {"-": (False,), "+": (True,), "": (False, True)}


def boundary_of(spec: Any, template: Field) -> Boundary:
    """What `as_boundary` makes of `spec`, in which functions and fields may stand for values.

    They are evaluated on the sides, where the template's grid has its points: those of cells, and
    for a staggered field those of each component.
    """
    if not _has_sources(spec):
        return as_boundary(spec, template.axes)
    known = as_boundary(_without_sources(spec, template.axes), template.axes)
    template = replace(template, boundary=known)
    made = as_boundary(_evaluated(spec, template))
    validate_boundary(made, template.axes)
    return made


def _is_source(spec: Any) -> bool:
    return isinstance(spec, Field) or (
        callable(spec) and not isinstance(spec, (Tensor, Boundary, Mapping))
    )


def _has_sources(spec: Any) -> bool:
    if isinstance(spec, Mapping):
        return any(map(_has_sources, spec.values()))
    if isinstance(spec, (tuple, list)):
        return any(map(_has_sources, spec))
    return _is_source(spec)


def _without_sources(spec: Any, axes: tuple[str, ...]) -> Any:
    """The same with zeros for what is to be evaluated, to see which sides repeat."""
    if isinstance(spec, Mapping):
        return {key: _without_sources(value, axes) for key, value in spec.items()}
    if isinstance(spec, (tuple, list)):
        return tuple(_without_sources(value, axes) for value in spec)
    return 0.0 if _is_source(spec) else spec


def _evaluated(spec: Any, template: Field) -> Any:
    if isinstance(spec, Mapping):
        result: dict[str, Any] = {}
        for key, value in spec.items():
            if key in ("normal", "tangential"):
                result[key] = _evaluated(value, template)
            elif _has_sources(value):
                result.update(_on_named_sides(key, value, template))
            else:
                result[key] = value
        return result
    return _on_named_sides(",".join(template.axes), spec, template) if _is_source(spec) else spec


def _on_named_sides(key: str, spec: Any, template: Field) -> dict[str, Any]:
    """Values for a key such as `'x-'`, `'y'` or `'x,y+'`."""
    result: dict[str, Any] = {}
    for name in (part.strip() for part in key.split(",")):
        axis = name.rstrip("+-")
        sides = SIGNS.get(name[len(axis) :], (False, True))
        for upper in sides:
            is_pair = isinstance(spec, (tuple, list)) and len(spec) == 2 and len(sides) == 2
            source = spec[upper] if is_pair else spec
            side = f"{axis}{'+' if upper else '-'}"
            if isinstance(source, Mapping):
                result[side] = {
                    direction: _on_side(value, template, axis, upper)
                    for direction, value in source.items()
                }
            else:
                result[side] = _on_side(source, template, axis, upper)
    return result


def _on_side(spec: Any, template: Field, axis: str, upper: bool) -> Any:
    if not _is_source(spec) or axis not in template.axes:
        return spec
    return profile(spec, template, axis, upper)


def profile(source: Field | Callable[..., Any], template: Field, axis: str, upper: bool) -> Tensor:
    """Values of a function or field on one side of the template's grid."""
    if not template.is_staggered:
        return _values_at(source, template, _points(template, axis, upper, None))
    parts = []
    for index, own in enumerate(template.axes):
        values = _values_at(source, template, _points(template, axis, upper, own))
        parts.append(values.get({"vector": index}) if "vector" in values.shape else values)
    return stack(parts, template.geometry.vector)


def _points(template: Field, axis: str, upper: bool, own_axis: str | None) -> Tensor:
    """Locations (…, vector) on one side, at the points of cells or of one staggered component."""
    grid, bounds = template.geometry, template.bounds
    corner = bounds.upper if upper else bounds.lower
    return vector_of(
        {
            a: corner.vector[a]
            if a == axis
            else grid.positions(a, a == own_axis, is_periodic(template.boundary, a))
            for a in template.axes
        }
    )


def _values_at(source: Field | Callable[..., Any], template: Field, points: Tensor) -> Tensor:
    if isinstance(source, Field):
        return sample(source, points)
    return evaluate(source, points, template.axes)
