"""Random orders and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.context import default
from phimath.create import INF
from phimath.dimension import Dim, channel
from phimath.dimension_spec import parse_dims
from phimath.elementwise import log1p, where
from phimath.errors import ShapeError, ValueRangeError
from phimath.filters import non_batch
from phimath.random.distributions import random_uniform, words
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import HOOKS, Dense, Tensor, dense_of

if TYPE_CHECKING:
    from phimath.dimension_spec import DimSpec
    from phimath.shape import DimFilter

INDEX = channel("index")


def random_permutation(
    *shape: DimSpec, dims: DimFilter = non_batch, index_dim: Shape | None = INDEX
) -> Tensor:
    """Random order of all positions in `dims`, another one per element of the other dimensions.

    Args:
        *shape: dimensions of the result.
        dims: dimensions whose positions are permuted, all together.
        index_dim: lists the components of a position and is labelled by `dims`; `None` if there is
            only one.

    Returns: int64, every position once.
    """
    full = merge_shapes(parse_dims(*shape))
    permuted = full.resolve(dims)
    front = full.without(permuted)
    backend, device = default()
    count = full.volume
    first, second = words(backend, count, 2, device)
    add, multiply = backend.function("add"), backend.function("multiply")
    # 62 bits, so that ties, which would favour the original order, practically don't happen.
    right = backend.function("bitwise_right_shift")
    keys = add(multiply(right(first, 1), 2**31), right(second, 1))
    keys = backend.reshape(keys, (front.volume, permuted.volume))
    order = backend.argsort(keys, 1)
    stored = Shape(*front.dims, *permuted.dims)
    flat = dense_of(backend.reshape(order, stored.int_sizes), backend, stored)
    if index_dim is None:
        if permuted.rank != 1:
            raise ShapeError(
                f"Positions in {permuted} have {permuted.rank} components. Give index_dim."
            )
        return flat
    return _positions(flat, permuted, index_dim)


def _positions(flat: Dense, permuted: Shape, index_dim: Shape) -> Tensor:
    parts: list[Tensor] = []
    rest: Tensor = flat
    for size in reversed(permuted.int_sizes):
        parts.insert(0, rest % size)
        rest = rest // size
    template = index_dim.single
    return Stacked(parts, Dim.make(template.name, template.type, None, permuted.names)).dense()


def pick_random(
    value: Tensor, dim: DimFilter, count: int | Shape = 1, weight: Tensor | None = None
) -> Tensor:
    """Random elements along one dimension, none twice; the same along the other dimensions.

    Args:
        value: tensor to choose from.
        dim: dimension to choose along.
        count: how many; a shape gives the dimension another name and type.
        weight: probabilities along `dim`, up to a factor.

    Raises:
        ValueRangeError: more elements are asked for than there are.
    """
    source = value.shape.resolve(dim)
    if source.rank != 1:
        raise ShapeError(
            f"Elements are picked along one dimension, but {dim!r} selects {source.rank} of "
            f"{value.shape}."
        )
    name, size = source.name, value.shape.get_size(source.name)
    number = count if isinstance(count, int) else count.volume
    if not 0 <= number <= size:
        raise ValueRangeError(
            f"Cannot pick {number} different elements of '{name}' with size {size}."
        )
    dim_of_keys = Shape(source.single._replace(labels=None))
    keys: Tensor = random_uniform(dim_of_keys, dtype="float64")
    if weight is not None:
        # The earliest of exponentially distributed times with these rates, as a weighted choice
        # without repetition:
        # Efraimidis and Spirakis, Inform. Process. Lett. 97 (2006).
        times = -log1p(-keys) / where(weight > 0, weight, 1)
        keys = where(weight > 0, times, INF)
    dense = keys.dense()
    order = dense.backend.get(
        dense.backend.argsort(dense.stored_in((name,)), 0), (slice(0, number),)
    )
    template = source.single if isinstance(count, int) else count.single
    listed = Shape(Dim(template.name, template.type, number, None))
    return HOOKS["index_dim"](value, name, dense_of(order, dense.backend, listed))
