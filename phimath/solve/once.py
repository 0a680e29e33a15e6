"""Solves by one application of an inverse, without loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from phimath.dimension import spatial
from phimath.elementwise import is_finite
from phimath.join import stack
from phimath.solve.goal import Goal, kept, scale_of
from phimath.solve.krylov import ITERATION
from phimath.solve.result import SolveInfo
from phimath.solve.system import System, length
from phimath.transform.effects import is_tracing, wants_details
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.solve.problem import Solve
    from phimath.sparse import LinearOperator
    from phimath.tensor import Tensor

# Squares of numbers of this size, and of residuals that are smaller by rounding, are in range.
_MODERATE: Final = (1e-6, 1e6)


def solve_once(
    operator: LinearOperator, given: Tensor, inverse: LinearOperator, solve: Solve
) -> tuple[SolveInfo, dict[str, Any]]:
    """X = A⁻¹ b and what the residual, computed anew, says about it.

    given: b, of which the inverse ignores what has no solution.

    Returns: report, and the values by which it is concluded.
    """
    scale = scale_of(given, operator.rows)
    is_scaled = not _is_moderate(scale)
    if is_scaled:
        given = given / scale
    else:
        scale = wrap(1.0)
    b = operator.project_right(given)
    system = System(operator, b, inverse)
    known = length(b, operator.rows)
    size = length(given, operator.rows) if operator.is_singular else known
    goal = Goal.of(system, solve, scale, size * scale, known)
    x = inverse.apply(given)
    residual, size_of_x = length(system.residual(x), operator.rows), length(x, operator.columns)
    terms, tolerance = goal.terms(size_of_x), goal.tolerance(size_of_x)
    is_sound = is_finite(residual + size_of_x)
    x = kept(is_sound, x, wrap(0.0))
    info = SolveInfo(
        method="",
        x=scale * x if is_scaled else x,
        residual=residual * scale,
        tolerance=tolerance * scale,
        decided_by="",
        iterations=1,
        converged=residual <= tolerance,
        diverged=~is_sound,
        removed=length(given - b, operator.rows) * scale if operator.is_singular else None,
        history=_history(goal.size, residual, scale) if wants_details() else None,
    )
    finite = {"right-hand side": is_finite(size), "operator": is_finite(goal.norm)}
    values = {
        "terms": {name: term * scale for name, term in terms.items()},
        "finite": finite,
        "broke": residual < 0,
    }
    return info, values


def _is_moderate(scale: Tensor) -> bool:
    """False also where that is not known, or depends on the system."""
    if is_tracing() or scale.rank or scale.dtype.precision == 16:
        return False
    return _MODERATE[0] < float(scale) < _MODERATE[1]


def _history(first: Tensor, last: Tensor, scale: Tensor) -> Tensor:
    return stack([first * scale, last * scale], spatial(ITERATION))
