"""The engine: scale, tolerance, starts, and the report of a linear solve by any method."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from phimath.create import expand, zeros_like
from phimath.dimension import spatial
from phimath.dtype import complex_dtype, float_dtype
from phimath.elementwise import abs as magnitude
from phimath.elementwise import is_finite, maximum, minimum, where
from phimath.reduce import all as all_of
from phimath.reduce import max as max_of
from phimath.solve.choice import plan
from phimath.solve.conclusion import Conclusion
from phimath.solve.krylov import ITERATION, Budget, noted
from phimath.solve.methods import LINEAR_METHODS
from phimath.solve.result import SolveInfo, severity
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import System, extent, length
from phimath.transform.effects import effect, is_tracing, wants_details
from phimath.transform.natives import materialized
from phimath.transform.while_loop import repeat_while
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
    b = operator.project_right(given)
    # Squares of numbers of any size neither overflow nor vanish.
    scale = _scale(b, operator.rows)
    adjoint = operator.adjoint() if method.needs_adjoint else None
    system = System(operator, b / scale, how.inverse, adjoint, not operator.is_square)
    size = _norm(given, operator.rows)
    goal = _Goal.of(system, solve, scale, size)
    x, r, is_guess_finite = _start(system, method, solve, scale)
    # Numbers that overflow are found and told.
    with np.errstate(all="ignore"):
        found = _run(system, method, goal, x, r, solve.max_iterations)
    removed = _norm(given - b, operator.rows) if operator.is_singular else None
    info, terms = _report(system, found, goal, scale)
    x = info.x
    info = replace(
        info,
        x=x if form is None else form(x),
        method=how.method,
        reason=how.reason,
        preconditioner=how.preconditioner,
        removed=removed,
        purpose=purpose,
    )
    finite = {
        "right-hand side": is_finite(size),
        "operator": is_finite(goal.norm),
        "x0": is_guess_finite,
    }
    values = {"terms": terms, "finite": finite, "broke": found.broke}
    conclusion = Conclusion(replace(solve, x0=None), method)
    if is_tracing():
        effect((info, values), conclusion.of_effect, severity(info))
        return Solved(x, info)
    return Solved(x, conclusion(info, values))


def _report(
    system: System, found: _Found, goal: _Goal, scale: Tensor
) -> tuple[SolveInfo, dict[str, Tensor]]:
    """What was reached, and the terms of the tolerance."""
    terms = goal.terms(system, found.x)
    tolerance = goal.tolerance(system, found.x)
    is_sound = is_finite(length(found.x, system.operator.columns))
    info = SolveInfo(
        method="",
        x=scale * _kept(is_sound, found.x, zeros_like(found.x)),
        residual=found.residual * scale,
        tolerance=tolerance * scale,
        decided_by="",
        iterations=found.iterations,
        converged=found.residual <= tolerance,
        history=scale * found.history if wants_details() else None,
        diverged=~(is_sound & is_finite(found.residual + tolerance)) | found.diverged,
    )
    return info, {name: term * scale for name, term in terms.items()}


class _Goal(NamedTuple):
    """What the residual has to reach, in units of `scale`."""

    rel_tol: Tensor
    abs_tol: Tensor
    size: Tensor
    largest: Tensor
    floor: Tensor
    weight: float
    norm: Tensor
    adjoint_norm: Tensor | None

    @classmethod
    def of(cls, system: System, solve: Solve, scale: Tensor, size: Tensor) -> _Goal:
        """From the settings; `size` is the length of the right-hand side before projection."""
        # The projection leaves the rounding errors of what it removed.
        weight = 2 * epsilon_of(system.b)
        largest = system.shortfall(system.b)
        return cls(
            solve.relative_tolerance * largest,
            solve.abs_tol / scale,
            length(system.b, system.operator.rows),
            largest,
            weight * size / scale,
            weight,
            # Computed once: for a function, it is an evaluation.
            system.operator.norm,
            system.adjoint.norm if system.is_least_squares and system.adjoint else None,
        )

    def terms(self, system: System, x: Tensor) -> dict[str, Tensor]:
        """What decides, by name."""
        operator = system.operator
        rounding = self.norm * length(x, operator.columns) + length(system.b, operator.rows)
        # Along a null space that nobody knows of, x may have grown beyond all bounds.
        most = self.size if operator.knows_null_space else 0.1 * self.size
        rounding = maximum(self.floor, minimum(self.weight * rounding, most))
        if self.adjoint_norm is not None:
            rounding = rounding * self.adjoint_norm
        return {"rel_tol": self.rel_tol, "abs_tol": self.abs_tol, "rounding": rounding}

    def tolerance(self, system: System, x: Tensor) -> Tensor:
        """The largest of the terms."""
        rel_tol, abs_tol, rounding = self.terms(system, x).values()
        return maximum(maximum(rel_tol, abs_tol), rounding)


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
    system: System, method: LinearMethod, goal: _Goal, x: Tensor, r: Tensor, max_iterations: int
) -> _Found:
    """Start the method until the true residual, from which the carried one drifts, is reached."""
    residual = system.shortfall(r)
    none = residual < 0
    limit = goal.largest / epsilon_of(r)
    count = wrap(0) if is_tracing() else 0
    history = noted(_empty_history(residual, max_iterations), 0, residual * residual)
    start = _Found(x, r, residual, goal.tolerance(system, x), none, none, count, count, history)

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
        x, r = _kept(is_sound, x, now.x), _kept(is_sound, r, now.r)
        used = reached.iterations
        starts = (
            where(used > 0, now.starts + 1, method.starts)
            if is_tracing()
            else (now.starts + 1 if used else method.starts)
        )
        return _Found(
            x,
            r,
            _kept(is_sound, residual, now.residual),
            goal.tolerance(system, x),
            reached.broke,
            now.diverged | ~is_sound,
            now.iterations + used,
            starts,
            noted(reached.history, now.iterations + used, residual * residual),
        )

    if method.starts == 1:
        return again(*start) if max_iterations else start
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
    is_better = ~(_norm(r, system.operator.rows) > length(system.b, system.operator.rows))
    is_sound = is_finite(_norm(x, system.operator.columns))
    return _kept(is_better, x, zeros_like(x)), _kept(is_better, r, system.b), is_sound


def _kept(is_new: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """The new values of systems that take them, the old ones of the others."""
    if not is_tracing() and bool(all_of(is_new, is_new.shape) if is_new.rank else is_new):
        return new
    return where(is_new, new, old)


def _scale(b: Tensor, names: tuple[str, ...] | None) -> Tensor:
    largest = max_of(magnitude(b), extent(b, names))
    return where((largest > 0) & is_finite(largest), largest, 1.0)


def _norm(b: Tensor, names: tuple[str, ...] | None) -> Tensor:
    scale = _scale(b, names)
    return length(b / scale, names) * scale
