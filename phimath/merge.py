"""Merging the dimensions of two operands: what must agree, and what the error says if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.dimension import Dim, format_dim
from phimath.errors import LabelError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence


def merge_dims(left: Sequence[Dim], right: Sequence[Dim]) -> list[Dim]:
    """Union by name, ordered by type, then by first appearance.

    Raises:
        ShapeError: types or sizes differ.
        LabelError: both are labelled, but not alike.
    """
    merged = {dim.name: dim for dim in left}
    for dim in right:
        mine = merged.get(dim.name)
        try:
            merged[dim.name] = dim if mine is None or mine == dim else _merge_dim(mine, dim)
        except ShapeError as error:
            raise type(error)(f"Cannot combine {_text(left)} and {_text(right)}: {error}") from None
    return sorted(merged.values(), key=lambda dim: dim.type.order)


def _text(dims: Sequence[Dim]) -> str:
    return f"({', '.join(map(format_dim, dims))})"


def _merge_dim(a: Dim, b: Dim) -> Dim:
    if a.type is not b.type:
        raise ShapeError(
            f"'{a.name}' has type {a.type} on the left and {b.type} on the right. "
            "Rename or retype one of them first."
        )
    if a.size != b.size and a.size is not None and b.size is not None:
        raise ShapeError(
            f"'{a.name}' has size {a.size} on the left and {b.size} on the right. "
            "Slice, pad or resample one of them first."
        )
    if a.labels and b.labels and a.labels != b.labels:
        left, right = ",".join(a.labels), ",".join(b.labels)
        advice = (
            f"Reorder one, e.g. t['{left}']."
            if set(a.labels) == set(b.labels)
            else "Select common labels or rename them first."
        )
        raise LabelError(
            f"the labels of '{a.name}' are {left} on the left and {right} on the right. {advice}"
        )
    return Dim(a.name, a.type, b.size if a.size is None else a.size, a.labels or b.labels)
