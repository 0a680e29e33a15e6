"""Dimensions written as text: `'x:s,vector:c=(x,y)'`, `'~k'`, `'(x,y)'`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from phimath.dimension import TYPES, Dim, DimType, channel, dual
from phimath.errors import ShapeError
from phimath.shape import Shape, concat_shapes

DimSpec: TypeAlias = Shape | str

_TYPES = {key: dim_type for dim_type in TYPES for key in (dim_type.name[0], dim_type.name)}
# Name, type after a colon, size or labels after an equals sign.
_PATTERN = re.compile(r"(~?\w+)\s*(?::\s*(\w+))?\s*(?:=\s*(\w+|\(.*\)))?")


def parse_dims(*specs: DimSpec) -> Shape:
    """Dimensions given as shapes or text, in that order; sizes left out are `None`.

    Raises:
        ShapeError: the text names a dimension without its type, or is not understood.
    """
    return concat_shapes(*map(_shape_of, specs))


def _shape_of(spec: object) -> Shape:
    if isinstance(spec, str):
        return _parse(spec)
    if isinstance(spec, Shape):
        return spec
    raise ShapeError(
        "Dimensions are given as shapes, e.g. spatial(x=4), or as text, e.g. 'x:s', "
        f"not as {spec!r} of type {type(spec).__name__}."
    )


@lru_cache(maxsize=1024)
def _parse(text: str) -> Shape:
    parts = split_outside_parentheses(text)
    return Shape(*(_parse_dim(part, text) for part in parts))


def split_outside_parentheses(text: str) -> list[str]:
    """Parts between commas that are not inside of parentheses, without blanks and empty parts."""
    parts = re.findall(r"(?:\([^()]*\)|[^,()])+", text)
    return [part.strip() for part in parts if part.strip()]


def _parse_dim(part: str, text: str) -> Dim:
    if part.startswith("(") and part.endswith(")"):
        return Dim.make("vector", channel, None, part[1:-1])
    match = _PATTERN.fullmatch(part)
    if match is None:
        raise ShapeError(
            f"'{part}' in '{text}' is no dimension. Write name:type, optionally with a size or "
            "labels, "
            "e.g. 'x:s', 'x:s=4' or 'vector:c=(x,y)'."
        )
    name, type_name, value = match.groups()
    dim_type = _dim_type(name, type_name, text)
    if value is None or value.isdigit():
        return Dim.make(name, dim_type, None if value is None else int(value), None)
    return Dim.make(name, dim_type, None, value.strip("()"))


def _dim_type(name: str, type_name: str | None, text: str) -> DimType:
    if type_name is None and name.startswith("~"):
        return dual
    if type_name is None:
        raise ShapeError(
            f"The type of dimension '{name}' in '{text}' is missing. Write '{name}:s' for spatial, "
            f"'{name}:b' batch, '{name}:c' channel, '{name}:i' instance, '~{name}' dual, "
            f"or use spatial('{name}') and so on."
        )
    if type_name not in _TYPES:
        raise ShapeError(
            f"'{type_name}' in '{text}' is no dimension type. Use one of "
            f"{', '.join(f'{t.name[0]} ({t.name})' for t in TYPES)}."
        )
    return _TYPES[type_name]
