"""Columns of a matrix in groups that share no row, so that one product shows all their entries."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from phimath.backend.pattern import compressed, ordered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows

MOST: Final = 62
"""Colours of linear forms: sets of them are bits of an integer."""
SAMPLE: Final = 48
ATTEMPTS: Final = 12


def column_colors(
    pattern: CompressedRows, sizes: tuple[int, ...]
) -> tuple[NDArray[np.integer], int]:
    """Colour of each column, from 0, and their number: columns of one colour share no row.

    sizes: The columns are the cells of this grid, in row-major order.  On grids, colours that
    repeat along the axes are tried first.
    Source: Curtis, Powell and Reid, On the estimation of sparse Jacobian matrices, IMA J. Appl.
        Math. 13 (1974).
    """
    if pattern.width <= 1:
        return np.zeros(pattern.columns, np.uint8), min(pattern.columns, 1)
    if pattern.width == pattern.columns:  # a full row tells all columns apart
        return np.arange(pattern.columns), pattern.columns
    has_form = 0 < len(sizes) <= 3 and pattern.width <= MOST
    found = _by_linear_form(pattern, sizes) if has_form else None
    return found or _one_by_one(pattern)


def _by_linear_form(
    pattern: CompressedRows, sizes: tuple[int, ...]
) -> tuple[NDArray[np.integer], int] | None:
    """Colours (∑ aᵢ xᵢ) mod m of the cells x."""
    lengths = np.diff(pattern.pointers)
    rows = np.unique(np.linspace(0, pattern.rows - 1, SAMPLE).astype(np.int64))
    differences = np.zeros((0, len(sizes)), np.int64)
    for _ in range(ATTEMPTS):
        more = _differences(pattern, rows, sizes)
        differences = np.unique(np.concatenate([differences, more]), axis=0)
        form = _form(differences, pattern.width)
        if form is None:
            return None
        colors = _colors(form, sizes)
        # A colour that appears twice is carried to the next bit.
        wrong = np.flatnonzero(np.bitwise_count(_sums_of_bits(pattern, colors, form[1])) != lengths)
        if not len(wrong):
            return colors, form[1]
        rows = wrong[:: max(len(wrong) // SAMPLE, 1)]
    return None


def _sums_of_bits(
    pattern: CompressedRows, colors: NDArray[np.integer], count: int
) -> NDArray[np.int64]:
    """For each row the sum of 2 to the power of the colours of its columns."""
    kind = np.int32 if count < 32 else np.int64
    bits = np.left_shift(kind(1), colors.astype(kind)).take(pattern.indices)
    before = np.zeros(pattern.entries + 1, np.int64)
    np.cumsum(bits, out=before[1:])  # differences are right even where this overflows
    return np.diff(before.take(pattern.pointers))


def _differences(
    pattern: CompressedRows, rows: NDArray[np.integer], sizes: tuple[int, ...]
) -> NDArray[np.int64]:
    """Distinct distances between columns that share one of these rows; (count, axes)."""
    lengths = pattern.pointers[rows + 1] - pattern.pointers[rows]
    found = []
    for length in np.unique(lengths):
        starts = pattern.pointers[rows[lengths == length]]
        columns = pattern.indices[starts[:, None] + np.arange(length)]
        cells = np.stack(np.unravel_index(columns, sizes), -1)
        pairs = (cells[:, :, None] - cells[:, None]).reshape(-1, len(sizes))
        found.append(np.unique(pairs[pairs.any(1)], axis=0))
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def _form(differences: NDArray[np.int64], width: int) -> tuple[tuple[int, ...], int] | None:
    """Coefficients and number of colours, the smallest that tells all distances from zero."""
    axes = differences.shape[1]
    for count in range(width, min(2 * width + 8, MOST) + 1):
        forms = np.array(list(product(range(count), repeat=axes)))
        if len(forms) * len(differences) > 2**24:
            return None
        fits = ((forms @ differences.T) % count != 0).all(1)
        if fits.any():
            return tuple(forms[int(np.argmax(fits))].tolist()), count
    return None


def _colors(form: tuple[tuple[int, ...], int], sizes: tuple[int, ...]) -> NDArray[np.integer]:
    factors, count = form
    total = np.zeros((), np.uint8)  # enough for three numbers below 62
    for axis, (factor, size) in enumerate(zip(factors, sizes, strict=True)):
        steps = (factor * np.arange(size, dtype=np.int64) % count).astype(np.uint8)
        total = total + steps.reshape(*(1,) * axis, size, *(1,) * (len(sizes) - axis - 1))
    return (total % np.uint8(count)).reshape(-1)


def _one_by_one(pattern: CompressedRows) -> tuple[NDArray[np.integer], int]:
    """Greedy colours of the graph of columns that share a row, many columns at once.

    Source: Jones and Plassmann, A parallel graph coloring heuristic, SIAM J. Sci. Comput. 14
        (1993).
    """
    first, second = _edges(pattern)
    priority = np.random.default_rng(0).permutation(pattern.columns)
    colors = np.full(pattern.columns, -1, np.int64)
    while (colors < 0).any():
        open_edges = (colors[first] < 0) & (colors[second] < 0)
        highest = np.full(pattern.columns, -1, np.int64)
        np.maximum.at(highest, first[open_edges], priority[second[open_edges]])
        chosen = np.flatnonzero((colors < 0) & (priority > highest))
        colors[chosen] = _smallest_free(chosen, first, second, colors)
    return colors, int(colors.max(initial=-1)) + 1


def _edges(pattern: CompressedRows) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Pairs of different columns that share a row, both ways round."""
    matrix = pattern.scipy(np.ones(pattern.entries, np.int32))
    graph = (matrix.T @ matrix).tocoo()
    differ = graph.row != graph.col
    return graph.row[differ], graph.col[differ]


def _smallest_free(
    chosen: NDArray[np.integer],
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    colors: NDArray[np.int64],
) -> NDArray[np.int64]:
    """For each column the smallest colour that no neighbour has."""
    is_chosen = np.zeros(len(colors), bool)
    is_chosen[chosen] = True
    taken = is_chosen[first] & (colors[second] >= 0)
    count = int(colors.max(initial=-1)) + 2
    keys = ordered(count, first[taken], colors[second[taken]]).keys
    used = compressed(len(colors), count, keys)
    # Colours in use ascend from 0 up to the first that is free.
    number = np.arange(used.entries) - used.pointers[used.row_of_entry]
    in_sequence = used.indices == number
    return np.bincount(used.row_of_entry[in_sequence], minlength=len(colors))[chosen]
