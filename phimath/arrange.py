"""Parts of tensors and trees: slices, flips, repetition, padding, and positions as one number."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Literal

from phimath.dimension import Dim, Varying, channel
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.elementwise import clip
from phimath.errors import LabelError, ShapeError, ValueRangeError
from phimath.join import stack, stack_tensors
from phimath.leaves import map_tensors, require_dims, shapes_in
from phimath.selection import parse_part
from phimath.shape import DimFilter, Shape, dim_names, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IndexMode = Literal["undefined", "periodic", "clamp"]


def unstack(value: Any, dim: DimFilter) -> tuple[Any, ...]:
    """Slices of a tensor or tree along one or several dimensions, the last one running fastest.

    Raises:
        DimensionError: a dimension doesn't exist.
    """
    require_dims(dim, value)
    shape = merge_shapes(*(Shape(*_named(shape, dim)) for shape in shapes_in(value)))
    if isinstance(value, Tensor) and shape.rank == 1:
        return value.unstacked(shape.name)
    return tuple(slice(value, index) for index in shape.indices())


def _named(shape: Shape, dim: DimFilter) -> list[Dim]:
    return [shape.dim(name) for name in dim_names(dim, shape) if name in shape]


def slice(value: Any, slices: Mapping[str, Any] | Any) -> Any:
    """Part of a tensor or tree: `slice(state, {'x': 0, 'vector': 'y,x'})`.

    Tensors of a tree that lack a dimension stay as they are, but at least one must have it.

    slices: by dimension integers, slices, labels, lists or tensors; or one of what a tensor takes
        in brackets.
    """
    if isinstance(value, Tensor):
        return value[slices]
    if isinstance(slices, dict):
        require_dims([key for key in slices if isinstance(key, str)], value)
        return map_tensors(lambda tensor: tensor[_existing(slices, tensor.shape)], value)
    return map_tensors(lambda tensor: tensor[slices], value)


def _existing(slices: Mapping[Any, Any], shape: Shape) -> dict[Any, Any]:
    return {
        key: part
        for key, part in slices.items()
        if (key in shape if isinstance(key, str) else shape.of_type(key))
    }


def slice_off(x: Any, *slices: Mapping[str, int | builtins.slice | str]) -> Any:
    """Tensor or tree of tensors without these parts, each of which is at an end of one dimension.

    slices: one dict per part, e.g. `{'x': 0}, {'x': slice(-2, None)}`; positions refer to `x`.

    Raises:
        ShapeError: a part names several dimensions.
        ValueRangeError: a part lies in the middle, so that what is left is not one piece.
    """
    for part in slices:
        if len(part) != 1:
            raise ShapeError(
                f"Each part to slice off lies along one dimension, but {part} names others. Split "
                "it."
            )
        require_dims(list(part), x)

    def cut(tensor: Tensor) -> Tensor:
        bounds: dict[str, tuple[int, int]] = {}
        for part in slices:
            [(name, selection)] = part.items()
            if name in tensor.shape:
                size = tensor.shape.get_size(name)
                bounds[name] = _without(selection, tensor.shape, name, bounds.get(name, (0, size)))
        return tensor.get({name: builtins.slice(*bound) for name, bound in bounds.items()})

    return map_tensors(cut, x)


def _without(selection: Any, shape: Shape, name: str, bounds: tuple[int, int]) -> tuple[int, int]:
    dim = shape.dim(name)
    part = parse_part(selection, dim, shape)
    size = shape.get_size(name)
    positions = range(*part.indices(size)) if isinstance(part, builtins.slice) else [part % size]
    if not positions:
        return bounds
    first, last = min(positions), max(positions)
    if first <= bounds[0]:
        return max(bounds[0], last + 1), bounds[1]
    if last >= bounds[1] - 1:
        return bounds[0], min(bounds[1], first)
    raise ValueRangeError(
        f"Slicing {name}={first} to {last} off {shape} would leave two pieces. "
        "Slice off parts at the ends, or use concat on the pieces."
    )


def flip(x: Any, dims: DimFilter) -> Any:
    """Tensor or tree of tensors with elements, and their labels, in reverse order."""
    require_dims(dims, x)

    def flipped(tensor: Tensor) -> Tensor:
        names = [name for name in dim_names(dims, tensor.shape) if name in tensor.shape]
        return tensor.get({name: builtins.slice(None, None, -1) for name in names})

    return map_tensors(flipped, x)


def repeat(x: Any, count: int, dim: str | Shape) -> Any:
    """Tensor or tree of tensors with each element repeated `count` times along one dimension."""
    name = dim if isinstance(dim, str) else dim.name
    require_dims(name, x)

    def repeated(tensor: Tensor) -> Tensor:
        if name not in tensor.shape:
            return tensor
        if isinstance(tensor, Stacked) and tensor.along != name:
            return tensor.map(repeated)
        dense = tensor.dense()
        signature = dense.signature
        longer = dense.shape.dim(name).with_size(count * dense.shape.get_size(name))
        shape = signature.shape.replace_dim(name, longer)
        if name not in signature.stored:
            return Dense(dense.stored_native, signature.replace(shape=shape))
        axis = signature.stored.position(name)
        native = dense.backend.repeat(dense.stored_native, count, axis)
        stored = signature.stored.replace_dim(name, longer)
        return Dense(native, signature.replace(shape=shape, stored=stored))

    return map_tensors(repeated, x)


def pad_to_uniform(x: Any, pad_value: float = 0) -> Any:
    """Tensor or tree of tensors with varying sizes padded at the end to the largest of them."""

    def padded(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, Stacked) or tensor.shape.is_uniform:
            return tensor
        sizes = {
            dim.name: max(dim.size.sizes)
            for dim in tensor.shape.dims
            if isinstance(dim.size, Varying)
        }
        parts = [_padded_end(component, sizes, pad_value) for component in tensor.components]
        return stack_tensors(parts, tensor.dim)

    return map_tensors(padded, x)


def _padded_end(tensor: Tensor, sizes: Mapping[str, int], value: float) -> Tensor:
    dense = tensor.dense()
    stored = dense.shape
    missing = {name: size - dense.shape.get_size(name) for name, size in sizes.items()}
    widths = [(0, missing.get(name, 0)) for name in stored.names]
    native = dense.backend.pad(dense.stored_in(stored.names), widths, value)
    dims = [dim.with_size(sizes.get(dim.name, dim.size)) for dim in stored.dims]
    shape = Shape(*dims)
    return Dense(native, dense.signature.replace(shape=shape, stored=shape))


def map_components(function: Callable[..., Any], *values: Any, dims: DimFilter) -> Any:
    """Call a function on the slices along `dims` one by one and stack the results: a Python loop.

    values: tensors or trees; those without a dimension are passed to every call.
    """
    shapes = [shape for value in values for shape in shapes_in(value)]
    require_dims(dims, values)
    along = merge_shapes(*(Shape(*_named(shape, dims)) for shape in shapes))
    results = [
        function(*(_slice_where_present(value, index) for value in values))
        for index in along.indices()
    ]
    for dim in reversed(along.dims):
        count = Shape(dim).int_sizes[0]
        starts = range(0, len(results), count)
        results = [stack(results[start : start + count], Shape(dim)) for start in starts]
    return results[0]


def _slice_where_present(value: Any, index: Mapping[str, int]) -> Any:
    return map_tensors(lambda tensor: tensor.get(_existing(index, tensor.shape)), value)


# --- positions as one number ---


def ravel_index(
    index: Tensor, resolution: Shape, dim: DimFilter = channel, mode: IndexMode = "undefined"
) -> Tensor:
    """Position in row-major order of `resolution`, of index vectors along `dim`.

    index: integers; the labels of `dim` name the dimensions of `resolution`, in any order.
    mode: what to do outside of the resolution: wrap around (`periodic`), take the closest cell
        (`clamp`), or nothing.

    Raises:
        LabelError: the labels are not the dimensions of `resolution`.
    """
    components = index_components(index, resolution, index.shape.resolve(dim).name)
    result: Tensor | None = None
    for size, component in zip(resolution.int_sizes, components, strict=True):
        if mode == "periodic":
            component = component % size
        elif mode == "clamp":
            component = clip(component, 0, size - 1)
        result = component if result is None else result * size + component
    assert result is not None
    return result


def index_components(index: Tensor, resolution: Shape, name: str) -> list[Tensor]:
    """Components of index vectors in the order of `resolution`."""
    labels = index.shape.get_labels(name)
    if labels is None and resolution.rank == 1 == index.shape.get_size(name):
        return [index.get({name: 0})]
    if labels is None or set(labels) != set(resolution.names):
        raise LabelError(
            f"Index vectors along '{name}' must be labelled with the dimensions "
            f"{','.join(resolution.names)}, not {','.join(labels) if labels else 'unlabelled'}. "
            f"Write e.g. channel({name}='{','.join(resolution.names)}')."
        )
    return [index.get({name: labels.index(dim)}) for dim in resolution.names]


def unravel_index(index: Tensor, resolution: Shape, index_dim: DimSpec = "index:c") -> Tensor:
    """Index vectors, labelled as the dimensions of `resolution`, of row-major positions."""
    components: list[Tensor] = []
    for size in reversed(resolution.int_sizes):
        components.append(index % size)
        index = index // size
    dim = parse_dims(index_dim).single
    return stack_tensors(components[::-1], Dim.make(dim.name, dim.type, None, resolution.names))


__all__ = [
    "flip",
    "map_components",
    "pad_to_uniform",
    "ravel_index",
    "repeat",
    "slice",
    "slice_off",
    "unravel_index",
    "unstack",
]
