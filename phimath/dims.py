"""Dimensions renamed, retyped, packed and unpacked; values stay where they are if possible."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias

from phimath.broadcast import Signature
from phimath.dimension import Dim, DimType, Varying, dual
from phimath.dimension_spec import DimSpec, parse_dims
from phimath.errors import NotSupported, ShapeError
from phimath.join import concat_tensors, stack_tensors
from phimath.leaves import map_tensors, require_dims
from phimath.shape import DimFilter, Shape, dim_names
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor

NewDims: TypeAlias = "str | Shape | DimType | Iterable[str | Shape]"


def rename_dims(value: Any, dims: DimFilter, names: NewDims) -> Any:
    """Shape, tensor or tree of tensors with dimensions renamed, retyped or relabelled.

    dims: which ones, e.g. `'x,y'` or `spatial`; in a tree, at least one tensor must have each.
    names: as many new names (types stay), new dimensions as a shape (labels given there win), or a
        type.

    Raises:
        DimensionError: one of `dims` doesn't exist.
        ShapeError: there are more or fewer new dimensions than old ones.
    """
    if isinstance(value, Shape):
        return _renamed(value, dims, names)
    require_dims(dims, value)
    return map_tensors(lambda tensor: tensor.with_shape(_renamed(tensor.shape, dims, names)), value)


def _renamed(shape: Shape, dims: DimFilter, names: NewDims) -> Shape:
    old = dim_names(dims, shape)
    if isinstance(names, DimType):
        new: list[str | DimType | Dim] = [names] * len(old)
    else:
        new = _new_dims(names)
    if len(old) != len(new):
        raise ShapeError(
            f"{len(old)} dimensions ({', '.join(old)}) of {shape} can't be renamed to {len(new)} "
            f"({', '.join(n.name if isinstance(n, Dim | DimType) else n for n in new)}). Give one "
            "each."
        )
    changes = dict(zip(old, new, strict=True))
    return Shape(
        *(_changed(dim, changes[dim.name]) if dim.name in changes else dim for dim in shape.dims)
    )


def _new_dims(names: str | Shape | Iterable[str | Shape]) -> list[str | DimType | Dim]:
    if isinstance(names, str):
        return [name.strip() for name in names.split(",")]
    if isinstance(names, Shape):
        return list(names.dims)
    return [new for part in names for new in _new_dims(part)]


def _changed(dim: Dim, new: str | DimType | Dim) -> Dim:
    if isinstance(new, DimType):
        return dim.as_type(new)
    if isinstance(new, str):
        return (dim.as_type(dual) if new.startswith("~") else dim).renamed(new)
    if new.size not in (None, dim.size):
        raise ShapeError(
            f"'{dim.name}' of size {dim.size} can't become '{new.name}' of size {new.size}: "
            "renaming "
            "keeps sizes. Leave the size away."
        )
    return Dim.make(new.name, new.type, dim.size, new.labels or dim.labels)


# --- packing ---


def pack_dims(value: Any, dims: DimFilter, packed_dim: DimSpec) -> Any:
    """Tensor or tree with several dimensions packed into one, the last one running fastest.

    dims: in the order of packing; of the tensors of a tree, those without any of them stay.
    packed_dim: the new dimension, e.g. `instance('points')`.

    Raises:
        DimensionError: one of `dims` doesn't exist.
        ShapeError: the size of a dimension varies, and the one that it varies along isn't packed
            first.
    """
    require_dims(dims, value)
    new = parse_dims(packed_dim).single
    return map_tensors(lambda tensor: _packed(tensor, dims, new), value)


def _packed(tensor: Tensor, dims: DimFilter, new: Dim) -> Tensor:
    wanted = dim_names(dims, tensor.shape)
    names = tuple(name for name in wanted if name in tensor.shape)
    if len(names) < len(wanted) and names:
        tensor.shape.position(next(name for name in wanted if name not in names))
    return pack_tensor(tensor, names, new) if names else tensor


def pack_tensor(tensor: Tensor, names: tuple[str, ...], new: Dim) -> Tensor:
    """Pack existing dimensions, at least one, into `new`; its size is computed."""
    if len(names) == 1:
        old = tensor.shape.dim(names[0])
        labels = new.labels or old.labels
        renamed = Dim(new.name, new.type, old.size, labels)
        return tensor.with_shape(tensor.shape.replace_dim(names[0], renamed))
    if isinstance(tensor, Dense):
        order, sizes, result = _pack_plan(tensor.signature, names, new)
        native = tensor.stored_native
        if order is not None:
            native = result.backend.reshape(tensor.stored_in(order), sizes)
        return Dense(native, result)
    if not isinstance(tensor, Stacked):
        return pack_tensor(tensor.dense(), names, new)
    if tensor.along not in names:
        return tensor.map(lambda component: pack_tensor(component, names, new))
    if tensor.shape.is_uniform:
        return pack_tensor(tensor.dense(), names, new)
    return _packed_stack(tensor, names, new)


def _packed_stack(tensor: Stacked, names: tuple[str, ...], new: Dim) -> Tensor:
    varying = [dim.name for dim in tensor.shape.dims if isinstance(dim.size, Varying)]
    if names[0] != tensor.along or not set(varying) <= set(names):
        raise ShapeError(
            f"Cannot pack {', '.join(names)} of {tensor.shape} into '{new.name}': sizes vary along "
            f"'{tensor.along}'. Pack '{tensor.along},{','.join(varying)}' in this order, or use "
            "pad_to_uniform(t) first."
        )
    return concat_tensors([pack_tensor(c, names[1:], new) for c in tensor.components], new.name)


@lru_cache(maxsize=4096)
def _pack_plan(
    signature: Signature, names: tuple[str, ...], new: Dim
) -> tuple[tuple[str, ...] | None, tuple[int, ...], Signature]:
    """Order of native axes to reshape (`None` if nothing stored is packed), new sizes, result."""
    shape, stored = signature.shape, signature.stored
    volume = shape.resolve(names).volume
    packed = Dim.make(new.name, new.type, volume, new.labels)
    first = min(names, key=shape.position)
    result = _with_group(shape, names, first, packed).sorted_by_type()
    present = [name for name in stored.names if name in names]
    if not present:
        return None, (), signature.replace(shape=result)
    kept = _with_group(stored, names, present[0], packed)
    order = tuple(
        name for dim in kept.dims for name in (names if dim.name == packed.name else (dim.name,))
    )
    return order, kept.int_sizes, signature.replace(shape=result, stored=kept)


def _with_group(shape: Shape, names: tuple[str, ...], place: str, packed: Dim) -> Shape:
    dims: list[Dim] = []
    for dim in shape.dims:
        if dim.name == place:
            dims.append(packed)
        elif dim.name not in names:
            dims.append(dim)
    return Shape(*dims)


def unpack_dim(value: Any, dim: str | Shape, *unpacked_dims: DimSpec) -> Any:
    """Tensor or tree with one dimension split into several, the last one running fastest.

    unpacked_dims: new dimensions with sizes; one size may be left open.

    Raises:
        DimensionError: `dim` doesn't exist.
        ShapeError: the sizes don't multiply to that of `dim`.
    """
    name = dim if isinstance(dim, str) else dim.name
    require_dims(name, value)
    new = parse_dims(*unpacked_dims)
    return map_tensors(
        lambda tensor: unpack_tensor(tensor, name, new) if name in tensor.shape else tensor, value
    )


def unpack_tensor(tensor: Tensor, name: str, new: Shape) -> Tensor:
    """Split an existing dimension."""
    if isinstance(tensor, Dense):
        sizes, result = _unpack_plan(tensor.signature, name, new)
        native = tensor.stored_native
        return Dense(native if sizes is None else result.backend.reshape(native, sizes), result)
    if isinstance(tensor, Stacked) and tensor.along != name:
        return tensor.map(lambda component: unpack_tensor(component, name, new))
    if isinstance(tensor, Stacked) and not tensor.shape.is_uniform:
        return _nested(tensor.components, _complete(new, tensor.shape.dim(name)).dims)
    return unpack_tensor(tensor.dense(), name, new)


def _nested(parts: tuple[Tensor, ...], dims: tuple[Dim, ...]) -> Tensor:
    """Stack parts, listed in row-major order, along several dimensions."""
    for dim in reversed(dims):
        count = dim.size
        assert isinstance(count, int)
        starts = range(0, len(parts), count)
        parts = tuple(stack_tensors(parts[start : start + count], dim) for start in starts)
    return parts[0]


@lru_cache(maxsize=4096)
def _unpack_plan(
    signature: Signature, name: str, new: Shape
) -> tuple[tuple[int, ...] | None, Signature]:
    new = _complete(new, signature.shape.dim(name))
    shape = signature.shape.replace_dim(name, *new.dims).sorted_by_type()
    if name not in signature.stored:
        return None, signature.replace(shape=shape)
    stored = signature.stored.replace_dim(name, *new.dims)
    return stored.int_sizes, signature.replace(shape=shape, stored=stored)


def _complete(new: Shape, dim: Dim) -> Shape:
    """New dimensions with the open size computed."""
    if not isinstance(dim.size, int):
        raise NotSupported(
            f"'{dim.name}' has the varying size {dim.size} and can't be unpacked. Slice it first."
        )
    known = Shape(*(d for d in new.dims if d.size is not None)).volume
    opened = [d for d in new.dims if d.size is None]
    fits = (
        known and dim.size % known == 0 and (len(opened) == 1 or (not opened and known == dim.size))
    )
    if not fits:
        raise ShapeError(
            f"'{dim.name}' of size {dim.size} can't be unpacked to {new}: the sizes must multiply "
            "to "
            f"{dim.size}, and at most one may be left open."
        )
    return Shape(*(d.with_size(dim.size // known) if d.size is None else d for d in new.dims))


def flatten(value: Any, flat_dim: DimSpec = "flat:i", flatten_batch: bool = False) -> Any:
    """Tensor or tree with all dimensions but batch packed into one, in the order of the shape.

    flatten_batch: pack batch dimensions, too.
    """
    new = parse_dims(flat_dim).single

    def flat(tensor: Tensor) -> Tensor:
        names = (tensor.shape if flatten_batch else tensor.shape.non_batch).names
        if not names:
            return tensor.expanded(Shape(new.with_size(1)))
        return pack_tensor(tensor, names, new)

    return map_tensors(flat, value)


def squeeze(x: Any, dims: DimFilter) -> Any:
    """Tensor or tree of tensors without these dimensions, which must have size 1.

    Raises:
        ShapeError: a dimension has another size.
    """
    require_dims(dims, x)

    def squeezed(tensor: Tensor) -> Tensor:
        names = [name for name in dim_names(dims, tensor.shape) if name in tensor.shape]
        for name in names:
            if tensor.shape.dim(name).size != 1:
                raise ShapeError(
                    f"Only dimensions of size 1 can be squeezed, not '{name}' of {tensor.shape}. "
                    f"Select an element, t.{name}[0], or reduce it."
                )
        return tensor.get(dict.fromkeys(names, 0)) if names else tensor

    return map_tensors(squeezed, x)


__all__ = ["flatten", "pack_dims", "rename_dims", "squeeze", "unpack_dim"]
