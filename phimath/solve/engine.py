"""The engine: scale, tolerance, starts, and the report of a linear solve by any method."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from phimath.create import expand, zeros_like
from phimath.dimension import spatial
from phimath.dtype import complex_dtype, float_dtype
from phimath.elementwise import is_finite, where
from phimath.reduce import all as all_of
from phimath.solve.choice import Plan, plan
from phimath.solve.conclusion import Conclusion
from phimath.solve.goal import Goal, kept, norm_of, scale_of
from phimath.solve.krylov import ITERATION, Budget, noted
from phimath.solve.methods import LINEAR_METHODS
from phimath.solve.once import solve_once
from phimath.solve.result import SolveInfo, severity
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import System, length
from phimath.transform.effects import effect, is_tracing, wants_details
from phimath.transform.loop.while_loop import repeat_while
from phimath.transform.natives import materialized
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.methods import LinearMethod
    from phimath.solve.problem import Solve
    from phimath.sparse import LinearOperator
    from phimath.tensor import Tensor


class Solved(NamedTuple):
    """A solution and the report of it."""

    x: Tensor
    info: SolveInfo


def solve_plain(
    operator: LinearOperator,
    b: Tensor,
    solve: Solve,
    form: Callable[[Tensor], Any] | None = None,
    purpose: str = "solution",
) -> Solved:
    """Solve A x = b without derivatives.

    solve: Its x0 is a tensor.
    form: Brings x into the form in which it is reported.
    purpose: As in `SolveInfo`.

    Raises:
        NotConverged: the tolerance was not reached.
        Diverged: something was or became infinite or NaN, or the method broke down.
        NotSupported: the method does not fit the operator.
    """
    how = plan(operator, solve)
    method = LINEAR_METHODS[how.method]
    given = b.cast(complex_dtype() if b.dtype.kind == "complex" else float_dtype())
    if how.is_done_at_once and how.inverse is not None and solve.max_iterations:
        info, values = solve_once(operator, given, how.inverse, solve)
    else:
        info, values = _solve_by_starts(operator, given, how, solve)
    x = info.x
    info = replace(
        info,
        x=x if form is None else form(x),
        method=how.method,
        reason=how.reason,
        preconditioner=how.preconditioner,
        purpose=purpose,
    )
    conclusion = Conclusion(replace(solve, x0=None), method)
    if is_tracing():
        succeeded = all_of(info.converged & ~info.diverged, None)
        values |= {"succeeded": succeeded}
        effect((info, values), conclusion.of_effect, severity(info), succeeded)
        return Solved(x, info)
    return Solved(x, conclusion(info, values))


def _solve_by_starts(
    operator: LinearOperator, given: Tensor, how: Plan, solve: Solve
) -> tuple[SolveInfo, dict[str, Any]]:
    """Report, and what decides about it, of a method that may start more than once."""
    method = LINEAR_METHODS[how.method]
    b = operator.project_right(given)
    # Squares of numbers of any size neither overflow nor vanish.
    scale = scale_of(b, operator.rows)
    adjoint = operator.adjoint() if method.needs_adjoint else None
    system = System(operator, b / scale, how.inverse, adjoint, not operator.is_square)
    size = norm_of(given, operator.rows)
    goal = Goal.of(system, solve, scale, size)
    x, r, is_guess_finite = _start(system, method, solve, scale)
    # Numbers that overflow are found and told.
    with np.errstate(all="ignore"):
        found = _run(system, method, goal, x, r, solve.max_iterations)
    removed = norm_of(given - b, operator.rows) if operator.is_singular else None
    info, terms = _report(system, found, goal, scale)
    finite = {
        "right-hand side": is_finite(size),
        "operator": is_finite(goal.norm),
        "x0": is_guess_finite,
    }
    values = {"terms": terms, "finite": finite, "broke": found.broke}
    return replace(info, removed=removed), values


def _report(
    system: System, found: _Found, goal: Goal, scale: Tensor
) -> tuple[SolveInfo, dict[str, Tensor]]:
    """What was reached, and the terms of the tolerance."""
    terms = goal.terms(length(found.x, system.operator.columns))
    tolerance = goal.tolerance(length(found.x, system.operator.columns))
    is_sound = is_finite(length(found.x, system.operator.columns))
    info = SolveInfo(
        method="",
        x=scale * kept(is_sound, found.x, zeros_like(found.x)),
        residual=found.residual * scale,
        tolerance=tolerance * scale,
        decided_by="",
        iterations=found.iterations,
        converged=found.residual <= tolerance,
        history=scale * found.history if wants_details() else None,
        diverged=~(is_sound & is_finite(found.residual + tolerance)) | found.diverged,
    )
    return info, {name: term * scale for name, term in terms.items()}


class _Found(NamedTuple):
    """Where the starts of a method ended; the residual was computed anew."""

    x: Tensor
    r: Tensor
    residual: Tensor
    tolerance: Tensor
    broke: Tensor
    diverged: Tensor
    iterations: int | Tensor
    starts: int | Tensor
    history: Tensor


def _run(
    system: System, method: LinearMethod, goal: Goal, x: Tensor, r: Tensor, max_iterations: int
) -> _Found:
    """Start the method until the true residual, from which the carried one drifts, is reached."""
    residual = system.shortfall(r)
    none = residual < 0
    limit = goal.largest / epsilon_of(r)
    count = wrap(0) if is_tracing() else 0
    history = noted(_empty_history(residual, max_iterations), 0, residual * residual)
    start = _Found(
        x,
        r,
        residual,
        goal.tolerance(length(x, system.operator.columns)),
        none,
        none,
        count,
        count,
        history,
    )

    def goes_on(*state: Any) -> Tensor:
        now = _Found(*state)
        # The comparisons are false for NaN.
        is_left = (now.residual > now.tolerance) & ~now.diverged & (now.residual < float("inf"))
        return is_left & (now.iterations < max_iterations) & (now.starts < method.starts)

    def again(*state: Any) -> _Found:
        now = _Found(*state)
        left = max_iterations - now.iterations
        budget = Budget(now.tolerance, limit, left, now.iterations, now.history)
        reached = method.run(system, now.x, now.r, budget)
        x = system.operator.project(reached.x) if system.operator.is_singular else reached.x
        r = system.residual(x)
        residual = system.shortfall(r)
        is_sound = residual <= limit  # false for NaN
        x, r = kept(is_sound, x, now.x), kept(is_sound, r, now.r)
        used = reached.iterations
        starts = (
            where(used > 0, now.starts + 1, method.starts)
            if is_tracing()
            else (now.starts + 1 if used else method.starts)
        )
        return _Found(
            x,
            r,
            kept(is_sound, residual, now.residual),
            goal.tolerance(length(x, system.operator.columns)),
            reached.broke,
            now.diverged | ~is_sound,
            now.iterations + used,
            starts,
            noted(reached.history, now.iterations + used, residual * residual),
        )

    return _Found(*repeat_while(goes_on, again, *start))  # type: ignore[arg-type]


def _empty_history(residual: Tensor, max_iterations: int) -> Tensor:
    """Zeros along the iterations, if somebody wants to know, else a single one."""
    nothing = zeros_like(residual)
    if not wants_details():
        return nothing
    return materialized(expand(nothing, spatial(**{ITERATION: max_iterations + 1})))


def _start(
    system: System, method: LinearMethod, solve: Solve, scale: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """First x, its residual, and whether the guess is finite.

    Where zero has the smaller residual, it is taken: the rounding errors of a large guess would
    stay, so that from it, a small solution cannot be reached.
    """
    if solve.x0 is None or (method.inverse and solve.max_iterations):
        x = zeros_like(system.b if system.operator.is_square else system.apply_adjoint(system.b))
        return x, system.b, wrap(True)
    x = solve.x0 / scale
    r = system.residual(x)
    # False for NaN, so that a guess with NaN is not taken for none.
    is_better = ~(norm_of(r, system.operator.rows) > length(system.b, system.operator.rows))
    is_sound = is_finite(norm_of(x, system.operator.columns))
    return kept(is_better, x, zeros_like(x)), kept(is_better, r, system.b), is_sound
