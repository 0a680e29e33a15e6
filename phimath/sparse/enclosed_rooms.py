"""Parts of a domain that solids and closed sides cut off from the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.create import expand
from phimath.shape import merge_shapes
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.shape import Shape
    from phimath.tensor import Tensor


def enclosed_rooms(
    weights: Sequence[Tensor], periodic: Sequence[bool], cells: Shape
) -> tuple[Tensor, ...] | None:
    """One mask per set of connected cells without an open side; `None` while a compiler traces.

    In each of them a constant pressure has no effect.  Cells without any open face are in none.

    weights: per axis, for all n + 1 faces, 0 at closed ones.
    """
    if not all(weight.available for weight in weights):
        return None
    batches = merge_shapes(*(weight.shape.batch for weight in weights))
    is_open = []
    for axis, weight in zip(cells.names, weights, strict=True):
        full = batches & cells.with_size(axis, cells.get_size(axis) + 1)
        flat = expand(weight, full).numpy(full).reshape(-1, *full.int_sizes[batches.rank :])
        is_open.append(flat > 0)
    numbers = np.zeros((batches.volume, *cells.int_sizes), int)
    for i in range(batches.volume):
        numbers[i] = _room_numbers([faces[i] for faces in is_open], periodic, cells.int_sizes)
    shape = batches & cells
    numbers = numbers.reshape(shape.int_sizes)
    rooms = range(1, int(numbers.max(initial=0)) + 1)
    return tuple(wrap(numbers == room, shape) for room in rooms)


def _room_numbers(
    is_open: Sequence[np.ndarray], periodic: Sequence[bool], sizes: tuple[int, ...]
) -> np.ndarray:
    """1, 2 … in enclosed rooms, 0 elsewhere; from the open faces normal to each axis."""
    # Loading SciPy takes longer than all of Phisim, and flows without obstacles do not need it.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    index = np.arange(int(np.prod(sizes))).reshape(sizes)
    pairs, ventilated = [np.zeros((2, 0), int)], [np.zeros(0, int)]
    for axis, (faces, wraps) in enumerate(zip(is_open, periodic, strict=True)):
        faces, cells = np.moveaxis(faces, axis, 0), np.moveaxis(index, axis, 0)
        inner = faces[1:-1]
        pairs.append(np.stack([cells[:-1][inner], cells[1:][inner]]))
        if wraps:
            pairs.append(np.stack([cells[-1][faces[0]], cells[0][faces[0]]]))
        else:
            ventilated += [cells[0][faces[0]], cells[-1][faces[-1]]]
    left, right = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(left.size, bool), (left, right)), shape=(index.size, index.size))
    _, labels = connected_components(graph, directed=False)
    labels = labels.reshape(sizes)
    outside = np.isin(labels, labels.reshape(-1)[np.concatenate(ventilated)])
    connected = np.zeros(index.size, bool)
    connected[left] = connected[right] = True
    enclosed = connected.reshape(sizes) & ~outside
    numbers = np.zeros(sizes, int)
    numbers[enclosed] = np.unique(labels[enclosed], return_inverse=True)[1].reshape(-1) + 1
    return numbers
