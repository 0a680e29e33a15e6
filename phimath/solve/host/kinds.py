"""Approximate inverses of sparse matrices that SciPy and PyAMG make."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from phimath.errors import NotSupported
from phimath.sparse.facts import ROUNDING, constant_rooms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows

# Approximates A⁻¹ b, or A⁻ᴴ b, for the columns of b (rows, n); all are of double precision.
Inverse: TypeAlias = "Callable[[NDArray[Any], bool], NDArray[Any]]"
Pinned: TypeAlias = "tuple[int, ...]"
"""Unknowns that are set to zero, one for each null vector, if these are known."""


class Recipe(NamedTuple):
    """What is made of a matrix: a kind of inverse, and for which null vectors."""

    kind: str
    pinned: Pinned = ()


class Made(NamedTuple):
    """An approximate inverse, and how many numbers it holds."""

    inverse: Inverse
    size: int


class Kind(NamedTuple):
    """A kind of approximate inverse.

    make: Called with pattern and values of the matrix, in the precision in which they are given,
        and the unknowns that are pinned.
    has_adjoint: Whether that of the adjoint can be had of the same.
    """

    make: Callable[[CompressedRows, NDArray[Any], Pinned], Made]
    has_adjoint: bool = True


def _elimination(pattern: CompressedRows, values: NDArray[Any], pinned: Pinned) -> Made:
    """Complete, by SuperLU.

    Without known null vectors one unknown is zero in each room, where constants have no effect.
    """
    from scipy.sparse.linalg import splu

    # In symmetric mode pivots stay on the diagonal, unless they are much smaller than others.
    is_even = pattern.mirrored is not None
    options = {"SymmetricMode": True} if is_even else {}
    threshold = 0.01 if is_even else 1.0

    def factorise(matrix: Any) -> Any:
        order = _order(pattern)
        return splu(matrix, permc_spec=order, diag_pivot_thresh=threshold, options=options)

    return _refined(_by_superlu(factorise, pattern, values, pinned), pattern, values)


def _order(pattern: CompressedRows) -> str:
    """Of elimination: that for symmetric patterns makes a third as many entries."""
    return "COLAMD" if pattern.mirrored is None else "MMD_AT_PLUS_A"


def _incomplete(pattern: CompressedRows, values: NDArray[Any], pinned: Pinned) -> Made:
    """Incomplete, by SuperLU: entries below a thousandth of their column are dropped.

    The bound on the number of entries is generous: where it takes effect, quality is lost at once.
    """
    from scipy.sparse.linalg import spilu

    def factorise(matrix: Any) -> Any:
        return spilu(matrix, drop_tol=1e-3, fill_factor=20, permc_spec=_order(pattern))

    return _by_superlu(factorise, pattern, values, pinned)


def _by_superlu(
    factorise: Callable[[Any], Any],
    pattern: CompressedRows,
    values: NDArray[Any],
    pinned: Pinned,
) -> Made:
    fixed = np.asarray(pinned, np.int64) if pinned else _one_in_each_room(pattern, values)
    try:
        factors = factorise(_without(pattern, values, fixed).tocsc())
    except RuntimeError:  # it is singular
        return Made(lambda b, _: np.full_like(b, np.nan), 0)

    def inverse(b: NDArray[Any], is_adjoint: bool) -> NDArray[Any]:
        if len(fixed):
            b = b.copy()
            b[fixed] = 0
        return factors.solve(b, "H" if is_adjoint else "N")

    return Made(inverse, int(factors.nnz))


def _refined(made: Made, pattern: CompressedRows, values: NDArray[Any]) -> Made:
    """With one step of refinement where pivots were so small that the residual is not.

    Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), chapter 12.
    """
    matrix = pattern.scipy(wide(values))
    adjoint = matrix.conj().T.tocsr()
    norm = np.abs(matrix).sum(1).max(initial=0)

    def inverse(b: NDArray[Any], is_adjoint: bool) -> NDArray[Any]:
        x = made.inverse(b, is_adjoint)
        r = b - (adjoint if is_adjoint else matrix) @ x
        size = norm * np.abs(x).max(initial=0) + np.abs(b).max(initial=0)
        if np.abs(r).max(initial=0) <= 4 * np.finfo(np.float64).eps * size:
            return x
        return x + made.inverse(r, is_adjoint)

    return Made(inverse, made.size)


def _one_in_each_room(pattern: CompressedRows, values: NDArray[Any]) -> NDArray[np.integer]:
    """One unknown in each part in which the rows, or the columns, sum to zero."""
    transposed, order = pattern.transposed
    numbers = constant_rooms(pattern, values[None])
    if numbers is None:
        numbers = constant_rooms(transposed, values[None, order])
    if numbers is None:
        return np.zeros(0, np.int64)
    rooms, first = np.unique(numbers, return_index=True)
    return first[rooms >= 0]


def _without(pattern: CompressedRows, values: NDArray[Any], fixed: NDArray[np.integer]) -> Any:
    """The matrix with rows and columns of the unit matrix for these unknowns."""
    if not len(fixed):
        return pattern.scipy(wide(values))
    from scipy.sparse import diags_array

    free = np.ones(pattern.rows)
    free[fixed] = 0
    cut = diags_array(free)
    return cut @ pattern.scipy(wide(values)) @ cut + diags_array(1 - free)


def _hierarchy(pattern: CompressedRows, values: NDArray[Any], pinned: Pinned) -> Made:
    """A cycle of smoothed aggregation, by PyAMG, which copes with null spaces."""
    del pinned
    matrix = pattern.scipy(wide(values))
    deviation = abs(matrix - matrix.conj().T).max() if pattern.entries else 0.0
    is_symmetric = deviation <= ROUNDING * np.finfo(values.dtype).eps * abs(matrix).max()
    kind = "hermitian" if is_symmetric else "nonsymmetric"
    levels = import_module("pyamg").smoothed_aggregation_solver(matrix, symmetry=kind)
    cycle = levels.aspreconditioner("V")

    def inverse(b: NDArray[Any], _: bool) -> NDArray[Any]:
        return np.stack([cycle.matvec(column) for column in b.T], -1)

    return Made(inverse, int(levels.operator_complexity() * pattern.entries))


KINDS: Final = {
    "direct": Kind(_elimination),
    "ilu": Kind(_incomplete),
    "amg": Kind(_hierarchy, has_adjoint=False),
}

HOST_PRECONDITIONERS: Final = ("ilu", "amg")


@cache
def has_pyamg() -> bool:
    """Whether PyAMG is installed; it is not loaded for that."""
    return find_spec("pyamg") is not None


def require_pyamg() -> None:
    """Say how to install PyAMG.

    Raises:
        NotSupported: it is not installed.
    """
    if not has_pyamg():
        raise NotSupported(
            "'amg' is algebraic multigrid by PyAMG, which is not installed. Run: pip install pyamg"
        )


def wide(array: NDArray[Any]) -> NDArray[Any]:
    """Numbers of double precision: on the host it costs little, and rounding doesn't matter."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)
