"""Which variables the elements of an array depend on, in layers of one variable per element.

A block (layers, *sizes) holds numbers of variables, −1 for none.  What moves elements moves all
layers alike, mostly as views; what adds arrays has the layers of all.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from phimath.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

Block: TypeAlias = "NDArray[np.signedinteger[Any]]"
Layers: TypeAlias = "tuple[Block, ...]"

LIMIT: Final = 2**27
"""Numbers in all layers of an array: half a gigabyte."""
MANY: Final = 16
"""Layers from which variables that an element depends on twice are looked for one by one."""


def checked(layers: Iterable[Block], sizes: tuple[int, ...]) -> Layers:
    """The layers, unless they would fill the memory.

    Raises:
        NotSupported: each element depends on very many variables.
    """
    blocks = tuple(layers)
    check_room(sum(len(block) for block in blocks), sizes)
    return blocks


def check_room(count: int, sizes: tuple[int, ...]) -> None:
    """Refuse what would fill the memory before it is made.

    count: Layers of an array of these sizes.

    Raises:
        NotSupported: each element depends on very many variables.
    """
    if count * prod(sizes) > LIMIT:
        raise NotSupported(
            f"An array of sizes {sizes} depends on up to {count} variables per element, so that "
            "the matrix is nearly full and too large. Solve without a matrix, by a method such as "
            "'GMRES', or for fewer variables."
        )


def mapped(layers: Layers, function: Callable[[Block], Block]) -> Layers:
    """A function of the array of all layers of a block."""
    return tuple(map(function, layers))


def stretched(layers: Layers, sizes: tuple[int, ...]) -> Layers:
    """Repeated along axes as native broadcasting does, without copying."""

    def repeated(block: Block) -> Block:
        missing = len(sizes) - (block.ndim - 1)
        aligned = block.reshape(len(block), *(1,) * missing, *block.shape[1:])
        return np.broadcast_to(aligned, (len(block), *sizes))

    return mapped(layers, repeated)


def united(parts: Sequence[Layers], sizes: tuple[int, ...]) -> Layers:
    """Layers of a sum of arrays of these sizes."""
    blocks: list[Block] = []
    for part in parts:
        for block in stretched(part, sizes):
            if not any(_are_equal(block, other) for other in blocks):
                blocks.append(block)
    if sum(len(block) for block in blocks) > MANY:
        return checked(_distinct(blocks), sizes)
    return checked(blocks, sizes)


def _are_equal(a: Block, b: Block) -> bool:
    """Compares a few numbers first: most blocks differ everywhere."""
    if a is b:
        return True
    if a.shape != b.shape or not a.size:
        return a.shape == b.shape
    middle = tuple(size // 2 for size in a.shape)
    return a[middle] == b[middle] and bool(np.array_equal(a, b))


def _distinct(blocks: Sequence[Block]) -> list[Block]:
    """One block in which no element has a variable twice."""
    ordered = np.sort(np.concatenate(blocks), axis=0)
    ordered[1:][ordered[1:] == ordered[:-1]] = -1
    ordered = -np.sort(-ordered, axis=0)
    used = (ordered >= 0).reshape(len(ordered), -1).any(1)
    return [ordered[: max(int(used.sum()), 1)]]


def where(mask: NDArray[np.bool_], layers: Layers, sizes: tuple[int, ...]) -> Layers:
    """Layers of elements that are kept."""
    return mapped(stretched(layers, sizes), lambda block: np.where(mask, block, -1))


def as_block(layers: Layers) -> Block:
    """All layers in one block."""
    return layers[0] if len(layers) == 1 else np.concatenate(layers)


def joined(parts: Sequence[Layers | None], sizes: Sequence[tuple[int, ...]], axis: int) -> Layers:
    """Layers of arrays joined along an axis; `None` for arrays that depend on nothing."""
    count = max(sum(map(len, part)) for part in parts if part is not None)
    length = sum(size[axis] for size in sizes)
    check_room(count, (*sizes[0][:axis], length, *sizes[0][axis + 1 :]))
    blocks = [None if part is None else as_block(part) for part in parts]
    dtype = next(block.dtype for block in blocks if block is not None)
    padded = []
    for block, size in zip(blocks, sizes, strict=True):
        have = 0 if block is None else len(block)
        empty = np.full((count - have, *size), -1, dtype)
        padded.append(empty if block is None else np.concatenate([block, empty]))
    return (np.concatenate(padded, axis + 1),)


def summed(layers: Layers, axes: tuple[int, ...]) -> Layers:
    """Layers of sums over axes."""

    def merged(block: Block) -> Block:
        inner = [axis for axis in range(block.ndim - 1) if axis not in axes]
        moved = block.transpose(0, *(axis + 1 for axis in (*axes, *inner)))
        return moved.reshape(-1, *(block.shape[axis + 1] for axis in inner))

    sizes = tuple(s for axis, s in enumerate(layers[0].shape[1:]) if axis not in axes)
    return checked(mapped(layers, merged), sizes)


def mixed(layers: Layers, axes: tuple[int, ...], sizes: tuple[int, ...]) -> Layers:
    """Layers of an array of these sizes whose elements depend on all along axes."""
    sums = mapped(summed(layers, axes), lambda b: np.expand_dims(b, [a + 1 for a in axes]))
    return checked(stretched(sums, sizes), sizes)


def accumulated(layers: Layers, axis: int) -> Layers:
    """Layers of running sums along an axis."""
    block = np.moveaxis(as_block(layers), axis + 1, -1)
    size = block.shape[-1]
    checked([np.broadcast_to(block[:1], (len(block) * size, *block.shape[1:]))], block.shape[1:])
    each = np.moveaxis(block, -1, 1)[..., None]  # (layers, source, …, target)
    reaches = np.arange(size)[:, None] <= np.arange(size)
    reaches = reaches.reshape(1, size, *(1,) * (block.ndim - 2), size)
    spread = np.where(reaches, each, -1).reshape(-1, *block.shape[1:])
    return (np.moveaxis(spread, -1, axis + 1),)


def scattered(
    base: Layers | None,
    values: Layers | None,
    indices: NDArray[np.integer],
    sizes: tuple[int, ...],
    *,
    adds: bool,
) -> Layers:
    """Layers of an array (batch, points, channels) with values added or written at positions."""
    kept = base or ()
    batch = np.arange(len(indices))[:, None]
    if not adds and base is not None:
        untouched = np.ones(sizes, bool)
        untouched[batch, indices] = False
        kept = where(untouched, base, sizes)
    if values is None:
        return kept
    rank = _occurrence(indices)
    most = int(rank.max(initial=-1)) + 1
    check_room(most * sum(map(len, values)), sizes)
    block = as_block(stretched(values, (*indices.shape, sizes[2])))
    blocks = [block[:0, :, :0].reshape(0, *sizes)] if not rank.size else []
    for number in range(most):
        b, i = np.nonzero(rank == number)
        layer = np.full((len(block), *sizes), -1, block.dtype)
        layer[:, b, indices[b, i]] = block[:, b, i]
        blocks.append(layer)
    return united([kept, tuple(blocks)], sizes)


def _occurrence(indices: NDArray[np.integer]) -> NDArray[np.integer]:
    """How often the same position came before, in each row."""
    order = np.argsort(indices, axis=1, kind="stable")
    ascending = np.take_along_axis(indices, order, 1)
    place = np.broadcast_to(np.arange(indices.shape[1]), indices.shape)
    is_new = np.ones(indices.shape, bool)
    is_new[:, 1:] = ascending[:, 1:] != ascending[:, :-1]
    first = np.maximum.accumulate(np.where(is_new, place, 0), axis=1)
    result = np.empty(indices.shape, np.int64)
    np.put_along_axis(result, order, place - first, 1)
    return result
