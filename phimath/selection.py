"""Selections.

What stands in brackets behind a tensor, parsed to integers, slices, lists and tensors per
dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import index
from typing import TYPE_CHECKING, Any

from phimath.broadcast import Signature
from phimath.dimension import Dim, DimType, Varying
from phimath.errors import DimensionError, LabelError, ShapeError, ValueRangeError
from phimath.shape import Shape, dim_names

if TYPE_CHECKING:
    from collections.abc import Sequence

# `Any`: tensors are selections too, and this module lies below them.
Selection = Any
ListSelection = tuple[tuple[int, ...], tuple[str, ...] | None]


def parse_selection(selection: Selection, shape: Shape) -> dict[str, Any]:
    """Parts per dimension of `{'x'.

    0, 'vector': 'y,x'}`, `{channel: 'x'}` or a label of the only channel dimension.
    """
    if isinstance(selection, str):
        selection = {_labelled_dim(selection, shape): selection}
    if not isinstance(selection, Mapping):
        raise DimensionError(
            f"Indexing a tensor of shape {shape} with {selection!r} does not say which dimension "
            f"is meant. "
            "Write t.x[...] or t[{'x': ...}]."
        )
    parts: dict[str, Any] = {}
    for key, part in selection.items():
        for name in _selected_names(key, shape):
            parts[name] = parse_part(part, shape.dim(name), shape)
    return parts


def _selected_names(key: Any, shape: Shape) -> tuple[str, ...]:
    if isinstance(key, DimType):
        names = shape.of_type(key).names
        if len(names) != 1:
            raise DimensionError(
                f"{{{key.name}: …}} needs exactly one {key.name} dimension, but {shape} has "
                f"{len(names)}."
            )
        return names
    if not isinstance(key, (str, Shape)):
        raise DimensionError(
            f"{key!r} is no dimension of {shape}. Select by name or type, e.g. t[{{'x': 0}}]."
        )
    return dim_names(key, shape)


def _labelled_dim(labels: str, shape: Shape) -> str:
    first = labels.partition("->")[0].partition(",")[0].strip()
    names = [dim.name for dim in shape.dims if dim.labels and first in dim.labels]
    if len(names) == 1:
        return names[0]
    problem = "More than one dimension has" if names else "No dimension has"
    raise LabelError(f"{problem} the label '{first}' in {shape}. Write t.<dimension>['{labels}'].")


def parse_part(part: Any, dim: Dim, shape: Shape) -> Any:
    """Checked integer, slice, tensor, or `(positions, labels)` for a list."""
    if isinstance(part, slice):
        return _label_slice(part, dim, shape)
    if isinstance(part, bool):
        raise ShapeError(
            f"Cannot index '{dim.name}' with the boolean {part}. Use an integer or a boolean "
            f"tensor."
        )
    if isinstance(part, str):
        return _by_labels(part, dim, shape)
    if isinstance(part, (tuple, list)):
        return tuple(_position(p, dim, shape) for p in part), _labels_of(part, dim)
    if hasattr(part, "shape") and hasattr(part, "expanded"):
        return part
    return _in_range(_integer(part, dim, shape), dim, shape)


def _integer(part: Any, dim: Dim, shape: Shape) -> int:
    try:
        if isinstance(part, bool):
            raise TypeError
        return index(part)
    except TypeError:
        raise ShapeError(
            f"Cannot index '{dim.name}' of {shape} with {part!r}. "
            "Use an integer, slice, label, list of these, or a tensor."
        ) from None


def _position(part: Any, dim: Dim, shape: Shape) -> int:
    if isinstance(part, str):
        return _label_index(part, dim, shape)
    return _in_range(_integer(part, dim, shape), dim, shape)


def _label_index(label: str, dim: Dim, shape: Shape) -> int:
    if dim.labels is None or label not in dim.labels:
        has = f"its labels are {','.join(dim.labels)}" if dim.labels else "it has no labels"
        raise LabelError(f"Dimension '{dim.name}' of {shape} has no label '{label}': {has}.")
    return dim.labels.index(label)


def _labels_of(part: Sequence[Any], dim: Dim) -> tuple[str, ...] | None:
    if dim.labels is None:
        return None
    labels = tuple(p if isinstance(p, str) else dim.labels[p] for p in part)
    return labels if len(set(labels)) == len(labels) else None


def _by_labels(text: str, dim: Dim, shape: Shape) -> int | ListSelection:
    old, arrow, new = text.partition("->")
    names = [label.strip() for label in old.split(",")]
    positions = tuple(_label_index(label, dim, shape) for label in names)
    if len(positions) == 1 and not arrow and "," not in text:
        return positions[0]
    if not arrow:
        return positions, tuple(names) if len(set(names)) == len(names) else None
    labels = tuple(label.strip() for label in new.split(","))
    if len(labels) != len(positions):
        raise LabelError(
            f"'{text}' selects {len(positions)} labels but gives {len(labels)} new ones. Give one "
            f"each."
        )
    if len(set(labels)) != len(labels) or "" in labels:
        raise LabelError(f"The new labels in '{text}' are not unique or empty. Rename some.")
    return positions, labels


def _label_slice(part: slice, dim: Dim, shape: Shape) -> slice:
    def number(bound: Any) -> int | None:
        if isinstance(bound, str):
            return _label_index(bound, dim, shape)
        return None if bound is None else _integer(bound, dim, shape)

    if part.step == 0:
        raise ValueRangeError(f"The step of a slice along '{dim.name}' cannot be 0.")
    return slice(number(part.start), number(part.stop), number(part.step))


def _in_range(position: int, dim: Dim, shape: Shape) -> int:
    size = min(dim.size.sizes) if isinstance(dim.size, Varying) else dim.size
    if size is not None and not -size <= position < size:
        raise ValueRangeError(
            f"Index {position} is out of range for '{dim.name}' of size {dim.size} in {shape}. "
            f"Use {-size} to {size - 1}."
            if size
            else f"Dimension '{dim.name}' of {shape} is empty: there is nothing at {position}."
        )
    return position


Part = int | tuple[int | None, int | None, int | None]


@lru_cache(maxsize=8192)
def dense_selection(
    signature: Signature, parts: tuple[tuple[str, Part], ...]
) -> tuple[tuple[int | slice, ...] | None, Signature]:
    """Native index (`None` if nothing stored is touched) and signature of the result."""
    stored = signature.stored
    shape = with_index(signature.shape, dict(parts))
    native_index: list[int | slice] = [slice(None)] * stored.rank
    touched = False
    for name, part in parts:
        if name in stored:
            position = stored.position(name)
            size = stored.get_size(name)
            native_index[position] = part % size if isinstance(part, int) else _bounded(part, size)
            touched = True
    kept = Shape(*(shape.dim(name) for name in stored.names if name in shape))
    return (tuple(native_index) if touched else None), signature.replace(shape=shape, stored=kept)


def _bounded(part: tuple[int | None, int | None, int | None], size: int) -> slice:
    """The slice without bounds outside of the dimension, which the Array API leaves undefined."""
    start, stop, step = slice(*part).indices(size)
    if not range(start, stop, step):
        return slice(0, 0)
    return slice(start, None if stop < 0 else stop, step)


def with_index(shape: Shape, parts: Mapping[str, Part]) -> Shape:
    """Shape of a basic selection: integers remove dimensions, slices change sizes and labels."""
    dims: list[Dim] = []
    integers = {name: part for name, part in parts.items() if isinstance(part, int)}
    for dim in shape.at(integers).dims:
        part = parts.get(dim.name)
        if isinstance(part, tuple):
            dim = _sliced_dim(dim, slice(*part))
        elif isinstance(dim.size, Varying) and isinstance(parts.get(dim.size.along), tuple):
            along = parts[dim.size.along]
            assert isinstance(along, tuple)
            dim = dim.with_size(Varying(dim.size.along, dim.size.sizes[slice(*along)]))
        dims.append(dim)
    return Shape(*dims)


def _sliced_dim(dim: Dim, part: slice) -> Dim:
    if isinstance(dim.size, Varying):
        sizes = tuple(len(range(*part.indices(size))) for size in dim.size.sizes)
        return dim.with_size(sizes[0] if len(set(sizes)) == 1 else Varying(dim.size.along, sizes))
    assert dim.size is not None
    size = len(range(*part.indices(dim.size)))
    labels = dim.labels[part] if dim.labels else None
    return Dim(dim.name, dim.type, size, labels or None)
