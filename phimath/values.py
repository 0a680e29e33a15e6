"""Functions of any value: numbers, tensors, fields and trees."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from phimath.errors import ShapeError
from phimath.shape import EMPTY_SHAPE, Shape, merge_shapes
from phimath.tensor_tree import tensors_in

T = TypeVar("T")


def identity(x: T) -> T:
    """The value itself."""
    return x


def shape(value: Any) -> Shape:
    """Dimensions of a tensor or field, none for a number, all dimensions of a tree.

    Shapes are returned as they are, so that this serves as a filter for all dimensions.

    Raises:
        ShapeError: the tensors of a tree don't fit together, or the value has no dimensions by
            name, like a native array.
    """
    if isinstance(value, Shape):
        return value
    if isinstance(value, (bool, int, float, complex)):
        return EMPTY_SHAPE
    own = getattr(value, "shape", None)
    if isinstance(own, Shape):
        return own
    tensors = tensors_in(value)
    if not tensors:
        raise ShapeError(
            f"{type(value).__name__} has no named dimensions. Name them with "
            "wrap(array, spatial('x,y')), or give a tensor, a number or a tree of tensors."
        )
    return merge_shapes(*(tensor.shape for tensor in tensors))


def is_scalar(value: Any) -> bool:
    """Whether a number, tensor, field or tree has no dimensions; errors as for `shape`."""
    return not shape(value)


def replace(value: T, **updates: Any) -> T:
    """Copy of a dataclass, such as a field or a solve, with some of its fields changed.

    Raises:
        TypeError: the value is no dataclass, or has no such field.
    """
    if isinstance(value, type) or not dataclasses.is_dataclass(value):
        raise TypeError(
            f"replace() changes the fields of a dataclass, not of {type(value).__name__}. "
            "Build dicts and tuples anew, e.g. {**state, 'x': x}."
        )
    known = [field.name for field in dataclasses.fields(value) if field.init]
    if unknown := [name for name in updates if name not in known]:
        raise TypeError(
            f"{type(value).__name__} has no field '{unknown[0]}' to replace. It has "
            f"{', '.join(known)}."
        )
    instance: Any = value
    return dataclasses.replace(instance, **updates)


__all__ = ["identity", "is_scalar", "replace", "shape"]
