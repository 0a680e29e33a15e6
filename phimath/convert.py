"""Ways out of and between frameworks: axes in a given order, backends, devices, element types."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from phimath.backend.contract import Backend
from phimath.backend.discovery import backend_of, destination, load
from phimath.broadcast import Native, Signature
from phimath.context import checked_device, default, default_backend
from phimath.dimension import DimType, Varying
from phimath.dimension_spec import split_outside_parentheses
from phimath.dtype import INT64, DType, complex_dtype, float_dtype
from phimath.errors import BackendError, NotSupported, PhiError, ShapeError
from phimath.shape import Shape, dim_names
from phimath.stacked import Stacked
from phimath.tensor import HOOKS, Composed, Dense, Tensor
from phimath.tensor_tree import is_tree, tensors_in, tree_map
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
Order: TypeAlias = "str | Sequence[Any] | Shape | DimType"
Groups: TypeAlias = tuple[tuple[str, ...], ...]


# --- native arrays in a given order ---


class _Arrangement(NamedTuple):
    """Steps from the stored native array to the axes asked for; `None` where nothing is to do."""

    permutation: tuple[int, ...] | None
    inserted: tuple[int, ...]
    broadcast: tuple[int, ...] | None
    packed: tuple[int, ...] | None


def arrange_native(tensor: Tensor, order: Order) -> Native:
    """Native array with axes in this order.

    Groups are packed row-major, names that the tensor lacks become axes of size 1.

    Raises:
        ShapeError: the order leaves out a dimension, or names one twice.
    """
    if not isinstance(order, (str, Shape)):
        order = _frozen(order)
    if not isinstance(tensor, Dense):
        return _concat_components(tensor, parse_order(order, tensor.shape))
    plan = _arrangement(tensor.signature, order)
    native, backend = tensor.stored_native, tensor.signature.backend
    if plan.permutation is not None:
        native = backend.transpose(native, plan.permutation)
    if plan.inserted:
        native = backend.expand_dims(native, plan.inserted)
    if plan.broadcast is not None:
        native = backend.broadcast_to(native, plan.broadcast)
    return native if plan.packed is None else backend.reshape(native, plan.packed)


def _frozen(order: Any) -> Any:
    return tuple(_frozen(part) for part in order) if isinstance(order, (tuple, list)) else order


@lru_cache(maxsize=4096)
def _arrangement(signature: Signature, order: Order) -> _Arrangement:
    shape, stored = signature.shape, signature.stored
    groups = parse_order(order, shape)
    names = [name for group in groups for name in group]
    permutation = tuple(stored.position(name) for name in names if name in stored)
    inserted = tuple(i for i, name in enumerate(names) if name not in stored)
    sizes = tuple(shape.get_size(name) if name in shape else 1 for name in names)
    packed = tuple(_volume(group, shape) for group in groups)
    return _Arrangement(
        None if permutation == tuple(range(stored.rank)) else permutation,
        inserted,
        sizes if any(sizes[i] != 1 for i in inserted) else None,
        None if packed == sizes else packed,
    )


def _volume(group: tuple[str, ...], shape: Shape) -> int:
    volume = 1
    for name in group:
        volume *= shape.get_size(name) if name in shape else 1
    return volume


def parse_order(order: Order, shape: Shape) -> Groups:
    """Names per axis.

    The order is `'x,y'`, `'b,(x,y)'`, a shape, a type, or a sequence of names and groups of names.
    """
    groups = _groups(order, shape)
    names = [name for group in groups for name in group]
    missing = [name for name in shape.names if name not in names]
    if missing:
        raise ShapeError(
            f"The order {_order_text(groups)} leaves out {', '.join(map(repr, missing))} of "
            f"{shape}. "
            f"Name every dimension, e.g. native('{','.join(shape.names)}'), or select an element "
            "first."
        )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ShapeError(
            f"The order {_order_text(groups)} names '{twice}' twice. Name each dimension once."
        )
    return groups


def _order_text(groups: Groups) -> str:
    return repr(",".join(g[0] if len(g) == 1 else f"({','.join(g)})" for g in groups))


def _groups(order: Order, shape: Shape) -> Groups:
    if isinstance(order, str):
        parts = split_outside_parentheses(order)
        return tuple(dim_names(part.strip("()"), shape) for part in parts)
    if isinstance(order, (Shape, DimType)):
        return tuple((name,) for name in dim_names(order, shape))
    if isinstance(order, tuple):
        return tuple(dim_names(part, shape) for part in order)
    raise ShapeError(
        "The order of axes must be text like 'b,(x,y)', a shape, or a tuple of names and groups, "
        f"not {order!r}."
    )


def _concat_components(tensor: Tensor, groups: Groups) -> Native:
    """Native array of a non-uniform tensor.

    One axis must hold the stacked dimension and all varying ones.
    """
    assert isinstance(tensor, Stacked)
    along = tensor.along
    varying = {dim.name for dim in tensor.shape.dims if isinstance(dim.size, Varying)}
    axis = next((i for i, group in enumerate(groups) if group[:1] == (along,)), None)
    if axis is None or not varying <= set(groups[axis]):
        raise ShapeError(
            f"The sizes of {tensor.shape} vary, so that {_order_text(groups)} is no array. Pack "
            f"'{along}' and "
            f"{', '.join(map(repr, sorted(varying)))} into one axis, e.g. "
            f"native(['{along},{','.join(sorted(varying))}']), or use one element of '{along}'."
        )
    rest = (*groups[:axis], groups[axis][1:], *groups[axis + 1 :])
    parts = [arrange_native(component.cast(tensor.dtype), rest) for component in tensor.components]
    return tensor.backend.concat(parts, axis)


HOOKS["arrange_native"] = arrange_native


# --- other backends ---


def convert(x: T, backend: str | Backend[Any] | None = None, use_dlpack: bool = True) -> T:
    """Tensors, trees or native arrays in another framework, with equal values and element types.

    Args:
        x: tensor, tree or native array; sparse ones come out by coordinates.
        backend: framework to convert to, by default that of the context.
        use_dlpack: share memory and keep the device by DLPack where both frameworks can; otherwise
            copy by way of NumPy.
    """
    target = (
        default_backend()
        if backend is None
        else load(backend)
        if isinstance(backend, str)
        else backend
    )
    if not isinstance(x, Tensor) and not is_tree(x):
        try:
            source = backend_of(x)
        except BackendError:
            return x
        return convert_native(x, source, target, use_dlpack)
    return tree_map(lambda tensor: _convert(tensor, target, use_dlpack), x)


def _convert(tensor: Tensor, target: Backend[Any], use_dlpack: bool) -> Tensor:
    def move(dense: Dense) -> Tensor:
        backend = destination(dense.backend, target)
        native = convert_native(dense.stored_native, dense.backend, backend, use_dlpack)
        return Dense(native, dense.signature.replace(backend=backend))

    return map_dense(move, tensor)


def map_dense(function: Callable[[Dense], Tensor], tensor: Tensor) -> Tensor:
    """Apply a function to the dense parts of a tensor, which keeps its storage."""
    if isinstance(tensor, Composed):
        return tensor.map(lambda component: map_dense(function, component))
    return function(tensor.dense())


def convert_native(
    native: Native, source: Backend[Any], target: Backend[Any], use_dlpack: bool = True
) -> Native:
    """Native array of another framework with the same values."""
    if source is target:
        return native
    if source.is_sparse(native):
        return _convert_sparse(native, source, target)
    if not source.is_available(native):
        raise NotSupported(
            f"A value that {source.name} traces cannot be converted to {target.name}: it has no "
            "numbers yet. "
            "Convert before or after the compiled or differentiated function."
        )
    if use_dlpack and hasattr(native, "__dlpack__"):
        try:
            return target.from_dlpack(native)
        # Each framework refuses what it can't share (booleans, gradients, read-only memory) in its
        # own way.
        except (BufferError, RuntimeError, TypeError, ValueError, AttributeError, PhiError):
            pass
    return target.adopt(source, native)


def _convert_sparse(native: Any, source: Backend[Any], target: Backend[Any]) -> Any:
    """Sparse array of another framework, by coordinates."""
    _, sizes, indices, values = source.sparse_parts(native)
    positions = source.to_numpy(source.cast(indices, INT64))
    return target.sparse_native(
        "coo", sizes, target.from_numpy(positions), convert_native(values, source, target)
    )


# --- devices ---


def to_device(value: T, device: str, convert: bool = True, use_dlpack: bool = True) -> T:
    """Tensors or trees of tensors on a device such as `'cpu'`, `'gpu'` or `'cuda:0'`.

    Args:
        value: tensor or tree.
        device: name; `'gpu'` and `'cuda'` mean the first one of that kind.
        convert: whether tensors whose framework lacks the device are converted to the default one,
            e.g. NumPy tensors for a GPU.
        use_dlpack: as in `convert`.

    Raises:
        DeviceError: there is no such device.
    """

    def move(dense: Dense) -> Tensor:
        backend, native = dense.backend, dense.stored_native
        if convert and backend is not default_backend() and not _has_device(backend, device):
            native = convert_native(native, backend, default_backend(), use_dlpack)
            backend = default_backend()
        native = backend.to_device(native, checked_device(backend, device))
        return Dense(native, dense.signature.replace(backend=backend))

    return tree_map(lambda tensor: map_dense(move, tensor), value)


def _has_device(backend: Backend[Any], device: str) -> bool:
    return any(device.lower() in (name, name.partition(":")[0]) for name in backend.devices())


# --- element types ---


def cast(x: T, dtype: DType | type | str) -> T:
    """Elements converted to another type; numbers become tensors.

    The type is given as `bool`, `int`, `float` (of the context's precision), `'int32'`,
    `DType(float, 64)` and so on.  Complex to real drops the imaginary part, float to int truncates.
    """
    wanted = DType(dtype)
    if not isinstance(x, Tensor) and not is_tree(x):
        return wrap(x).cast(wanted)  # type: ignore[return-value]  # numbers become tensors
    return tree_map(lambda tensor: tensor.cast(wanted), x)


def to_float(x: T) -> T:
    """Elements as real floats of the context's precision."""
    return cast(x, float_dtype())


def to_int32(x: T) -> T:
    """Elements as 32-bit integers, truncated."""
    return cast(x, "int32")


def to_int64(x: T) -> T:
    """Elements as 64-bit integers, truncated."""
    return cast(x, "int64")


def to_complex(x: T) -> T:
    """Elements as complex numbers of the context's precision."""
    return cast(x, complex_dtype())


def all_available(*values: Any) -> bool:
    """Whether all tensors of these trees can be read now; false while a compiler traces one."""
    return all(tensor.available for value in values for tensor in tensors_in(value))


def to_default(native: Native, source: Backend[Any]) -> Native:
    """Native array of the default backend, or of a tracer of it, on the default device."""
    backend, device = default()
    backend = destination(source, backend)
    native = convert_native(native, source, backend)
    if device is not None and backend.device(native) != device:
        native = backend.to_device(native, device)
    return native


__all__ = [
    "all_available",
    "cast",
    "convert",
    "to_complex",
    "to_device",
    "to_float",
    "to_int32",
    "to_int64",
]
