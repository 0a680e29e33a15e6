"""SciPy's iterative methods."""

from __future__ import annotations

from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from phimath.dimension import spatial
from phimath.dtype import BOOL, INT64, precision_bits, promote
from phimath.elementwise import where
from phimath.reduce import max as max_of
from phimath.sequences import arange
from phimath.shape import EMPTY_SHAPE, merge_shapes
from phimath.solve.host.factors import FACTORS
from phimath.solve.host.inverse import HostInverse
from phimath.solve.host.kinds import wide
from phimath.solve.host.matrix import stored_matrix
from phimath.solve.krylov import ITERATION, Reached
from phimath.transform.effects import is_tracing
from phimath.transform.host.call import HostOperation
from phimath.transform.host.tree import ArrayForm
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows
    from phimath.solve.host.kinds import Recipe
    from phimath.solve.krylov import Budget
    from phimath.solve.system import System
    from phimath.tensor import Tensor

_RESTART: Final = 30
_EXACT: Final = 1e-14


class Ended(NamedTuple):
    """Where a method ended: x, its number of iterations, and whether it broke down."""

    x: NDArray[Any]
    iterations: int
    broke: bool


def _by_name(name: str, options: dict[str, Any], *args: Any) -> Ended:
    """One of SciPy's functions of a matrix, b, a tolerance and a largest number of iterations."""
    import scipy.sparse.linalg

    matrix, b, tolerance, most, preconditioner = args
    count = 0

    def counted(_: object) -> None:
        nonlocal count
        count += 1

    if preconditioner is not None:
        options = {**options, **_given(name, preconditioner)}
    method = getattr(scipy.sparse.linalg, name)
    x, status = method(
        matrix, b, rtol=0.0, atol=tolerance, maxiter=most, callback=counted, **options
    )
    return Ended(x, count, status < 0)


def _given(name: str, preconditioner: Any) -> dict[str, Any]:
    """As SciPy's function takes it; QMR wants two factors."""
    if name != "qmr":
        return {"M": preconditioner}
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import aslinearoperator

    return {"M1": aslinearoperator(eye_array(preconditioner.shape[0])), "M2": preconditioner}


def _gmres(matrix: Any, b: NDArray[Any], tolerance: float, most: int, preconditioner: Any) -> Ended:
    """Restarted; SciPy counts the restarts, this the steps."""
    restart = min(_RESTART, most, len(b))
    options = {"restart": restart, "callback_type": "pr_norm"}
    rounds = max(most // restart, 1)
    return _by_name("gmres", options, matrix, b, tolerance, rounds, preconditioner)


def _lsqr(matrix: Any, b: NDArray[Any], tolerance: float, most: int, _: object) -> Ended:
    """Least squares, up to rounding: SciPy's tolerances are others."""
    from scipy.sparse.linalg import lsqr

    del tolerance
    x, _, iterations = lsqr(matrix, b, atol=_EXACT, btol=_EXACT, conlim=0, iter_lim=most)[:3]
    return Ended(x, int(iterations), False)


_METHODS: Final[dict[str, Callable[..., Ended]]] = {
    "scipy-CG": partial(_by_name, "cg", {}),
    "scipy-GMres": _gmres,
    "scipy-lGMres": partial(_by_name, "lgmres", {}),
    "scipy-biCG": partial(_by_name, "bicg", {}),
    "scipy-biCG-stab": partial(_by_name, "bicgstab", {}),
    "scipy-CGS": partial(_by_name, "cgs", {}),
    "scipy-QMR": partial(_by_name, "qmr", {}),
    "scipy-GCrotMK": partial(_by_name, "gcrotmk", {}),
    "scipy-lsqr": _lsqr,
}


def iterate_on_host(name: str, system: System, x: Tensor, r: Tensor, budget: Budget) -> Reached:
    """Solve A z = r by one of SciPy's methods, system by system, and go to x + z."""
    matrix = stored_matrix(system.operator)
    assert matrix is not None
    inverse = system.preconditioner
    recipe = inverse.recipe if isinstance(inverse, HostInverse) else None
    pattern = matrix.pattern
    r = r.expanded(merge_shapes(matrix.row_dims, matrix.others))
    examples = r.shape.without(matrix.rows)
    order = tuple(r.shape.only(matrix.rows).position(name) for name in matrix.rows)
    dtype = promote(matrix.matrix.dtype, r.dtype, bits=precision_bits())

    def run(*arrays: NDArray[Any]) -> list[NDArray[Any]]:
        values, right, tolerance, most = arrays
        b = wide(right.transpose(order).ravel())
        ended = _solved(name, recipe, (pattern, values), b, float(tolerance), int(most))
        z = ended.x.reshape(matrix.column_dims.int_sizes).astype(dtype.name)
        return [z, np.asarray(ended.iterations, np.int64), np.asarray(ended.broke)]

    forms = [ArrayForm(matrix.column_dims, dtype), _COUNT, ArrayForm(EMPTY_SHAPE, BOOL)]
    call = HostOperation(run, forms, examples, reports_errors=False)
    z, count, broke = call((matrix.values, r, budget.tolerance, wrap(budget.left)))
    used = max_of(count, None) if count.rank else count
    used = used if is_tracing() else int(used)
    return Reached(x + z, used, broke, _unknown_in_between(budget, used))


def _unknown_in_between(budget: Budget, used: int | Tensor) -> Tensor:
    """The history with NaN after iterations of which SciPy doesn't tell the residual."""
    history = budget.history
    if ITERATION not in history.shape:
        return history
    number = arange(spatial(ITERATION), history.shape.get_size(ITERATION)) - budget.done
    return where((number > 0) & (number < used), nan, history)


_COUNT: Final = ArrayForm(EMPTY_SHAPE, INT64)


def _solved(
    name: str,
    recipe: Recipe | None,
    matrix: tuple[CompressedRows, NDArray[Any]],
    b: NDArray[Any],
    tolerance: float,
    most: int,
) -> Ended:
    size = float(np.linalg.norm(b))
    if not tolerance < size < np.inf:  # solved, or there is nothing to solve
        return Ended(np.zeros(matrix[0].columns, b.dtype), 0, False)
    a = matrix[0].scipy(wide(matrix[1]))
    b = b.astype(np.result_type(a.dtype, b), copy=False)
    preconditioner = None if recipe is None else _as_operator(recipe, matrix, b.dtype)
    with np.errstate(all="ignore"):
        return _METHODS[name](a, b, tolerance, most, preconditioner)


def _as_operator(
    recipe: Recipe, matrix: tuple[CompressedRows, NDArray[Any]], dtype: np.dtype[Any]
) -> Any:
    from scipy.sparse.linalg import LinearOperator

    pattern, values = matrix

    def apply(b: NDArray[Any]) -> NDArray[Any]:
        return FACTORS.apply(recipe, pattern, values, b.reshape(-1, 1))[:, 0]

    def apply_adjoint(b: NDArray[Any]) -> NDArray[Any]:
        transposed, order = pattern.transposed
        return FACTORS.apply(recipe, transposed, values[order].conj(), b.reshape(-1, 1))[:, 0]

    size = pattern.rows, pattern.columns
    return LinearOperator(size, matvec=apply, rmatvec=apply_adjoint, dtype=dtype)  # type: ignore[call-arg]


HOST_ITERATIONS: Final = {name: partial(iterate_on_host, name) for name in _METHODS}
