"""Functions of native arrays, such as networks of a framework, called with tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.convert import cast
from phimath.dimension import channel, spatial
from phimath.dtype import precision_bits, promote
from phimath.errors import ShapeError
from phimath.leaves import as_tensor, grouped
from phimath.shape import Shape, merge_shapes
from phimath.transform.natives import moved, transform_backend
from phimath.wrap import wrap_native

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.tensor import Tensor


def native_call(
    function: Callable[..., Any],
    *inputs: Any,
    channels_last: bool | None = None,
    channel_dim: str | Shape = "vector",
    spatial_dim: str | Shape | None = None,
) -> Tensor:
    """Call a function of arrays of the framework, such as a network, with tensors.

    It gets arrays with the axes `(examples, x, y, …, channels)` or `(examples, channels, x, y, …)`:
    all batch dimensions are packed into one axis, all channel dimensions into another, and the
    others have one each; batch and other dimensions that only some inputs have are added to all.
    Floating values have the precision of the context.  Compiles and differentiates like operations
    of this library, forwards by differentiating a gradient.

    Args:
        function: Uses operations of the framework.  Returns an array with the axes of its inputs.
        inputs: Tensors and numbers.
        channels_last: Order of the axes; by default what networks of the framework are used to:
            `False` for PyTorch, `True` for the others.
        channel_dim: Name of the channel dimension of the result, or dimensions that its axis holds.
            A name that the first input has, too, keeps its labels if the size is the same.
        spatial_dim: Names of the result's dimensions instead of those that are neither batch nor
            channel, as `'x,y'` or a shape; their sizes may be other ones.

    Raises:
        ShapeError: the result has other axes or another number of examples.
    """
    tensors = [_in_context_precision(as_tensor(value)) for value in inputs]
    shape = merge_shapes(*(tensor.shape for tensor in tensors))
    examples = shape.batch
    axes = shape.without(examples).without(shape.channel)
    backend = transform_backend([tensor.dense().signature for tensor in tensors])
    last = _framework(backend).channels_last if channels_last is None else channels_last
    arguments = [_as_native(tensor, examples, axes, last, backend) for tensor in tensors]
    (result,) = backend.native_call(lambda *arrays: (function(*arrays),), arguments)
    if not backend.owns(result):
        raise ShapeError(
            f"The function of a native_call must return one array of {backend.name}, not "
            f"{type(result).__name__}."
        )
    if spatial_dim is not None:
        axes = spatial(spatial_dim) if isinstance(spatial_dim, str) else spatial_dim
    channels = channel(channel_dim) if isinstance(channel_dim, str) else channel_dim
    given = tensors[0].shape.channel if tensors else channels
    if channels.names == given.names and given.volume == backend.sizes(result)[-1 if last else 1]:
        channels = given
    return wrap_native(result, backend, _order(examples, axes, channels, last))


def _in_context_precision(tensor: Tensor) -> Tensor:
    dtype = tensor.dtype
    return cast(tensor, promote(dtype, bits=precision_bits())) if dtype.is_floating else tensor


def _framework(backend: Backend[Any]) -> Backend[Any]:
    """What tracers compute with."""
    while backend.inner is not None:
        backend = backend.inner
    return backend


def _order(examples: Shape, axes: Shape, channels: Shape, last: bool) -> tuple[Shape, ...]:
    """What each axis holds."""
    single = [Shape(dim) for dim in axes.dims]
    return (examples, *single, channels) if last else (examples, channels, *single)


def _as_native(
    tensor: Tensor, examples: Shape, axes: Shape, last: bool, backend: Backend[Any]
) -> Native:
    channels = tensor.shape.channel
    dense = tensor.expanded(merge_shapes(examples, axes, channels)).dense()
    native = grouped(dense, *_order(examples, axes, channels, last))
    return moved([native], [dense.signature], backend)[0]
