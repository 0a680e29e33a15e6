"""Minimisation of functions of trees by SciPy's optimisers or gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.create import zeros_like
from phimath.dimension import batch
from phimath.errors import (
    Diverged,
    NotConverged,
    NotSupported,
    ShapeError,
    SolveError,
    ValueRangeError,
)
from phimath.layout import as_unknowns
from phimath.leaves import as_tensor
from phimath.shape import concat_shapes
from phimath.solve.methods import OPTIMISERS
from phimath.solve.minimization.descent import Limits, Outcome, run_descent, run_scipy
from phimath.solve.minimization.objective import Objective
from phimath.tensor import Tensor
from phimath.tensor_tree import is_tree, tree_map
from phimath.transform.scope import is_inside_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.solve.minimization.objective import Rows
    from phimath.solve.problem import Solve

TRAJECTORY = "trajectory"


@dataclass(frozen=True, eq=False)
class MinimizeInfo:
    """Outcome of one minimisation; tensors have the batch dimensions of the loss.

    x: The minimum, or what was reached, in the form of the initial guess.
    value: Loss at `x`.
    iterations: Steps per problem.
    evaluations: Calls of the function, each for all problems at once.
    messages: What the optimiser said, per problem.
    trajectory: If recorded, `x` before the first and after each iteration, along the batch
        dimension `trajectory`; problems that end early repeat their last point.
    losses: Values along the trajectory.
    """

    method: str
    x: Any
    value: Tensor
    iterations: Tensor
    evaluations: int
    converged: Tensor
    diverged: Tensor
    messages: tuple[str, ...]
    trajectory: Any = None
    losses: Tensor | None = None

    def __repr__(self) -> str:
        return (
            f"{self.method}: loss {self.value:summary} after {self.iterations:summary} iterations "
            f"and {self.evaluations} evaluations: {'; '.join(dict.fromkeys(self.messages))}"
        )


def minimize(f: Callable[..., Any], solve: Solve, *, bounds: tuple[Any, Any] | None = None) -> Any:
    """Tree at which a function has a local minimum, near the initial guess `solve.x0`.

    Args:
        f: Returns the loss, a real floating scalar, or a tuple that starts with it.  Batch
            dimensions of the loss list independent problems, which are solved at once: each call of
            `f` evaluates a point of all of them.  If `f` is compiled, so is its gradient.
        solve: `method` is one of SciPy's names, 'L-BFGS-B' for 'auto', or 'GD' for gradient descent
            with adaptive step; `x0` the initial guess, a tuple or list of them for several
            arguments of `f`; `abs_tol` SciPy's `tol`, with SciPy's defaults if 0; `max_iterations`
            as usual.
        bounds: Lower and upper limits: each a number, a tensor, a tree like `x0`, or `None`.

    Returns: Minimum in the form of `x0`, as tensors of the default backend.

    Optimisers run on the host in 64 bit, `f` in the precision of the context.  Methods without
    gradients ('Nelder-Mead', 'Powell', 'COBYLA', 'COBYQA') also run on NumPy.  Those that need
    second derivatives take differences of gradients.

    Raises:
        NotConverged: if the optimiser gave up; `.result` is the `MinimizeInfo` with the best point.
        Diverged: if the loss became infinite or NaN.
        NotSupported: on NumPy for methods that need gradients; under another transform.

    An error in `f` is raised at once.
    """
    return minimize_report(f, solve, bounds=bounds).x


def minimize_report(
    f: Callable[..., Any],
    solve: Solve,
    *,
    bounds: tuple[Any, Any] | None = None,
    trajectory: bool = False,
) -> MinimizeInfo:
    """Minimise as `minimize`, and report how it went; with `trajectory` also all points between."""
    method = "L-BFGS-B" if solve.method == "auto" else solve.method
    _check(method, solve, bounds)
    objective = Objective(f, solve.x0, OPTIMISERS[method].needs_gradient)
    lower, upper = _limits(objective, bounds)
    if lower is not None:
        objective.start = np.clip(objective.start, lower, upper)
    limits = Limits(solve.abs_tol, solve.max_iterations, lower, upper, trajectory)
    outcomes = (
        run_descent(objective, limits) if method == "GD" else run_scipy(method, objective, limits)
    )
    info = _report(method, objective, outcomes, trajectory)
    _raise_failure(info, solve)
    return info


def _check(method: str, solve: Solve, bounds: tuple[Any, Any] | None) -> None:
    if method not in OPTIMISERS:
        raise NotSupported(
            f"'{method}' does not minimise. Available: auto, {', '.join(OPTIMISERS)}."
        )
    if bounds is not None and not OPTIMISERS[method].has_bounds:
        able = ", ".join(name for name, optimiser in OPTIMISERS.items() if optimiser.has_bounds)
        raise NotSupported(f"{method} knows no bounds. Use one of {able}.")
    if solve.x0 is None:
        raise ValueRangeError(
            "Minimising starts from an initial guess. Give Solve(method, x0=guess)."
        )
    if solve.rel_tol:
        raise ValueRangeError(
            f"A minimum has no relative tolerance, but rel_tol={solve.rel_tol}. Give abs_tol."
        )
    if is_inside_transform():
        raise NotSupported(
            "minimize runs on the host, step by step: it can't be compiled or differentiated. Call "
            "it outside, and compile the function to be minimised."
        )


def _limits(
    objective: Objective, bounds: tuple[Any, Any] | None
) -> tuple[Rows, Rows] | tuple[None, None]:
    if bounds is None:
        return None, None
    layout = objective.layout
    tree = layout.unpack(objective.vector(objective.start))
    rows = [
        np.full_like(objective.start, default)
        if bound is None
        else objective.rows(layout.pack(_like(tree, bound)))
        for bound, default in zip(bounds, (-np.inf, np.inf), strict=True)
    ]
    if not (rows[0] <= rows[1]).all():
        raise ValueRangeError(
            "A lower bound lies above the upper one, or is NaN. Give bounds=(lower, upper)."
        )
    return rows[0], rows[1]


def _like(tree: Any, bound: Any) -> Any:
    """The bound for each value of the tree."""

    def broadcast(value: Tensor, limit: Any) -> Tensor:
        full = zeros_like(value) + limit
        if full.shape.volume != value.shape.volume:
            raise ShapeError(
                f"A bound of shape {as_tensor(limit).shape} does not fit unknowns of shape "
                f"{value.shape}. Give a number, or a tensor with some of these dimensions."
            )
        return full

    if isinstance(bound, Tensor) or not is_tree(bound):
        limit = as_unknowns(bound)
        return tree_map(lambda value: broadcast(value, limit), tree)
    return tree_map(broadcast, tree, bound)


def _report(
    method: str, objective: Objective, outcomes: Sequence[Outcome], trajectory: bool
) -> MinimizeInfo:
    values = np.array([outcome.value for outcome in outcomes])
    x = np.stack([outcome.x for outcome in outcomes])
    finite = np.isfinite(values) & np.isfinite(x).all(axis=1)
    success = np.array([outcome.success for outcome in outcomes]) & finite
    recorded = _trajectory(objective, outcomes) if trajectory else (None, None)
    return MinimizeInfo(
        method=method,
        x=objective.layout.unpack(objective.vector(x)),
        value=objective.per_problem(values),
        iterations=objective.per_problem(np.array([o.iterations for o in outcomes])),
        evaluations=objective.calls,
        converged=objective.per_problem(success),
        diverged=objective.per_problem(~finite),
        messages=tuple(outcome.message for outcome in outcomes),
        trajectory=recorded[0],
        losses=recorded[1],
    )


def _trajectory(objective: Objective, outcomes: Sequence[Outcome]) -> tuple[Any, Tensor]:
    count = max(len(outcome.steps) for outcome in outcomes)

    def padded(parts: Sequence[Any]) -> list[Any]:
        return [*parts, *[parts[-1]] * (count - len(parts))]

    x = np.stack([np.stack(padded(outcome.steps)) for outcome in outcomes], axis=1)
    values = np.stack([np.array(padded(outcome.values)) for outcome in outcomes], axis=1)
    both = concat_shapes(batch(**{TRAJECTORY: count}), objective.layout.batch)
    tree = objective.layout.unpack(objective.vector(x.reshape(-1, x.shape[-1]), both))
    return tree, objective.per_problem(values.reshape(-1), both)


def _raise_failure(info: MinimizeInfo, solve: Solve) -> None:
    converged = info.converged.numpy().ravel()
    if converged.all():
        return
    error: type[SolveError] = Diverged if info.diverged.numpy().any() else NotConverged
    if any(issubclass(error, suppressed) for suppressed in solve.suppress):
        return
    failed = np.flatnonzero(~converged)
    where = f" for {len(failed)} of {len(converged)} problems" if len(converged) > 1 else ""
    advice = (
        "Check f and x0 for NaN and overflow."
        if error is Diverged
        else "Raise max_iterations or abs_tol, compute in precision(64), choose another method, or "
        "pass suppress=[NotConverged]."
    )
    raise error(
        f"{info.method} found no minimum{where} in {info.evaluations} evaluations: "
        f"{info.messages[failed[0]]} {advice}",
        info,
    )


__all__ = ["MinimizeInfo", "minimize", "minimize_report"]
