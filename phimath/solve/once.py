"""Solves by one application of an inverse, without loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dimension import spatial
from phimath.elementwise import is_finite
from phimath.join import stack
from phimath.solve.goal import Goal, kept, largest_of, scale_of
from phimath.solve.krylov import ITERATION
from phimath.solve.result import SolveInfo
from phimath.solve.system import System, length
from phimath.transform.effects import is_tracing, wants_details
from phimath.transform.separately import separately
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.solve.problem import Solve
    from phimath.sparse import LinearOperator
    from phimath.tensor import Tensor

# Lengths of which the squares are in range, and those of single numbers and of residuals that are
# smaller by rounding.
_MODERATE: Final = (1e-6, 1e6)


def solve_once(
    operator: LinearOperator, given: Tensor, inverse: LinearOperator, solve: Solve
) -> tuple[SolveInfo, dict[str, Any]]:
    """X = A⁻¹ b and what the residual, computed anew, says about it.

    given: b, of which the inverse ignores what has no solution.

    Returns: report, and the values by which it is concluded.
    """
    size = _moderate_length(given, operator)
    is_scaled = size is None
    scale = scale_of(given, operator.rows) if is_scaled else wrap(1.0)
    if size is None:
        given = given / scale
        size = length(given, operator.rows)
    b = operator.project_right(given)
    system = System(operator, b, inverse)
    known = length(b, operator.rows) if operator.is_singular else size
    goal = Goal.of(system, solve, scale, size * scale if is_scaled else size, known)
    x = inverse.apply(given)
    # By itself, for within a sum compilers evaluate stencils number by number.
    r = separately(System.residual, system, x)
    residual, size_of_x = length(r, operator.rows), length(x, operator.columns)
    terms = goal.terms(size_of_x)
    tolerance = largest_of(terms)
    is_sound = is_finite(residual + size_of_x)
    x = kept(is_sound, x, 0.0)
    removed = length(given - b, operator.rows) if operator.is_singular else None

    def in_units(value: Tensor) -> Tensor:
        return value * scale if is_scaled else value

    info = SolveInfo(
        method="",
        x=in_units(x),
        residual=in_units(residual),
        tolerance=in_units(tolerance),
        decided_by="",
        iterations=1,
        converged=residual <= tolerance,
        diverged=~is_sound,
        removed=None if removed is None else in_units(removed),
        history=_history(goal.size, residual, scale) if wants_details() else None,
    )
    finite = {"right-hand side": is_finite(size), "operator": is_finite(goal.norm)}
    values = {
        "terms": {name: in_units(term) for name, term in terms.items()},
        "finite": finite,
        "broke": residual < 0,
    }
    return info, values


def _moderate_length(b: Tensor, operator: LinearOperator) -> Tensor | None:
    """Length of b if it says that squares are in range; `None` also where that is not known."""
    if is_tracing() or b.dtype.precision == 16:
        return None
    with np.errstate(all="ignore"):
        size = length(b, operator.rows)
    return size if not size.rank and _MODERATE[0] < float(size) < _MODERATE[1] else None


def _history(first: Tensor, last: Tensor, scale: Tensor) -> Tensor:
    return stack([first * scale, last * scale], spatial(ITERATION))
