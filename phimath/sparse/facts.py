"""What can be seen from the entries of a matrix: symmetry, definiteness, constant null vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from phimath.backend.pattern import compressed, index_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows

# Rounding errors of an entry, beside the largest one of the matrix or of its row.
ROUNDING = 16


class Facts(NamedTuple):
    """What is known of a square matrix.

    is_symmetric: Whether it equals its conjugate transposed, up to rounding errors.
    sign: 1 if it is symmetric and positive semi-definite, −1 if its negative is, 0 if neither is
        known.
    is_seen: Whether the values were looked at; those that programs compute can't be.
    """

    is_symmetric: bool = False
    sign: int = 0
    is_seen: bool = False


UNKNOWN = Facts()


def facts_of(pattern: CompressedRows, values: NDArray[Any]) -> Facts:
    """Facts of square matrices of one pattern, as far as they hold for all.

    values: (batch, entries).
    Definite are matrices with dominant diagonals; others may be, too.
    Source: Gershgorin's circle theorem, Golub and Van Loan, Matrix Computations, section 7.2.
    """
    if pattern.mirrored is None:
        return Facts(is_seen=True)
    eps = ROUNDING * float(np.finfo(values.dtype).eps)
    size = np.abs(values)
    deviation = np.abs(values - values[:, pattern.mirrored].conj())
    if deviation.max(initial=0) > eps * size.max(initial=0):
        return Facts(is_seen=True)
    diagonal, total = np.real(_diagonal(pattern, values)), row_sums(pattern, size)
    dominant = 2 * np.abs(diagonal) >= total * (1 - eps)
    sign = 0
    if dominant.all():
        sign = int((diagonal >= 0).all()) - int((diagonal <= 0).all())
    return Facts(True, sign, True)


def constant_rooms(pattern: CompressedRows, values: NDArray[Any]) -> NDArray[np.integer] | None:
    """Number of the room of each unknown, from 0; −1 for unknowns in none.  `None` without rooms.

    A room is a set of unknowns that are coupled with each other only, and whose rows sum to zero:
    a constant in it has no effect.
    """
    eps = ROUNDING * float(np.finfo(values.dtype).eps)
    sums = np.abs(row_sums(pattern, values)) <= eps * row_sums(pattern, np.abs(values))
    balanced = sums.all(0)
    if not balanced.any():
        return None
    count, part = _parts(pattern, (values == 0).all(0))
    is_room = np.ones(count, bool)
    is_room[part[~balanced]] = False
    numbers = np.where(is_room, np.cumsum(is_room) - 1, -1)
    return numbers[part].astype(index_type(count)) if is_room.any() else None


def _parts(pattern: CompressedRows, is_zero: NDArray[np.bool_]) -> tuple[int, NDArray[np.integer]]:
    """Number of sets of coupled unknowns, and the set of each."""
    if not is_zero.any():
        return pattern.parts
    present = np.flatnonzero(~is_zero)
    keys = pattern.row_of_entry[present].astype(np.int64) * pattern.columns
    return compressed(pattern.rows, pattern.columns, keys + pattern.indices[present]).parts


def row_sums(pattern: CompressedRows, values: NDArray[Any]) -> NDArray[Any]:
    """Sums of the entries in each row; (batch, rows)."""
    ones = np.ones(pattern.columns, values.dtype)
    return np.stack([pattern.scipy(entries) @ ones for entries in values])


def _diagonal(pattern: CompressedRows, values: NDArray[Any]) -> NDArray[Any]:
    result = np.zeros((len(values), pattern.rows), values.dtype)
    result[:, pattern.indices[pattern.diagonal]] = values[:, pattern.diagonal]
    return result
