"""Optimisers on the host: SciPy's by name, and gradient descent for many problems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from phimath.dtype import precision_bits
from phimath.solve.methods import OPTIMISERS
from phimath.solve.minimization.lockstep import run_in_lockstep
from phimath.solve.rounding import EPSILON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from phimath.solve.minimization.objective import Objective, Rows


# SciPy's defaults of L-BFGS-B.
FLAT_GRADIENT = 1e-5
FLAT_VALUE = 2.2e-9


class Outcome(NamedTuple):
    """Where the optimiser of one problem ended.

    steps: The first point and those after each iteration, if they are recorded.
    values: Values at these.
    """

    x: Rows
    value: float
    iterations: int
    success: bool
    message: str
    steps: list[Rows]
    values: list[float]


class Limits(NamedTuple):
    """When an optimiser stops, and where it may go; bounds are (problem, unknown) or `None`.

    records: Whether the points on the way are kept.
    """

    tolerance: float
    max_iterations: int
    lower: Rows | None
    upper: Rows | None
    records: bool


def rounding() -> float:
    """Relative size of rounding errors of the values that are minimised."""
    return EPSILON[precision_bits()]


def run_scipy(method: str, objective: Objective, limits: Limits) -> list[Outcome]:
    """Outcomes of SciPy's optimiser for each problem; all problems share the evaluations."""
    current = objective.start.copy()

    def evaluate(points: Mapping[int, Any]) -> dict[int, Any]:
        for row, point in points.items():
            current[row] = point
        values, gradients = objective(current)
        return {row: (float(values[row]), gradients[row].copy()) for row in points}

    def optimiser(row: int) -> Callable[[Callable[[Any], Any]], Outcome]:
        return lambda ask: _run_one(method, ask, objective.start[row], _bounds(limits, row), limits)

    optimisers = [optimiser(row) for row in range(objective.problems)]
    if len(optimisers) > 1 and OPTIMISERS[method].is_reentrant:
        return run_in_lockstep(optimisers, evaluate)
    return [
        run(lambda point, row=row: evaluate({row: point})[row])
        for row, run in enumerate(optimisers)
    ]


def _bounds(limits: Limits, row: int) -> list[tuple[float, float]] | None:
    if limits.lower is None or limits.upper is None:
        return None
    return list(zip(limits.lower[row].tolist(), limits.upper[row].tolist(), strict=True))


def _run_one(
    method: str,
    ask: Callable[[Rows], tuple[float, Rows]],
    start: Rows,
    bounds: list[tuple[float, float]] | None,
    limits: Limits,
) -> Outcome:
    from scipy.optimize import minimize as scipy_minimize

    optimiser = OPTIMISERS[method]
    path = Path(limits.records)

    def function(x: Rows) -> Any:
        value, gradient = ask(np.asarray(x, np.float64))
        path.evaluated(x, value)
        return (value, gradient) if optimiser.needs_gradient else value

    found = scipy_minimize(
        function,
        start,
        method=method,
        jac=True if optimiser.needs_gradient else None,
        bounds=bounds,
        tol=limits.tolerance or None,
        callback=path.accepted if limits.records else None,
        options=_options(method, limits),
        **_second_derivatives(optimiser.hessian, ask),
    )
    return Outcome(
        np.asarray(found.x, np.float64),
        float(found.fun),
        int(found.get("nit", found.nfev)),
        bool(found.success),
        str(found.message),
        path.steps,
        path.values,
    )


def _options(method: str, limits: Limits) -> dict[str, Any]:
    options: dict[str, Any] = {OPTIMISERS[method].budget: limits.max_iterations}
    if method == "L-BFGS-B" and not limits.tolerance:
        # Smaller changes than rounding errors can't be seen: the line search would fail on them.
        options["ftol"] = max(FLAT_VALUE, 4 * rounding())
    return options


def _second_derivatives(
    kind: str, ask: Callable[[Rows], tuple[float, Rows]]
) -> Mapping[str, Callable[..., Rows]]:
    """Central differences of gradients, as SciPy takes them."""

    def product(x: Rows, direction: Rows) -> Rows:
        length = float(np.linalg.norm(direction))
        if length == 0:
            return np.zeros_like(x)
        step = rounding() ** (1 / 3) * (1 + float(np.linalg.norm(x))) / length
        forward, backward = ask(x + step * direction)[1], ask(x - step * direction)[1]
        return (forward - backward) / (2 * step)

    def matrix(x: Rows) -> Rows:
        columns = np.stack([product(x, column) for column in np.eye(len(x))])
        return (columns + columns.T) / 2

    found: dict[str, dict[str, Callable[..., Rows]]] = {
        "product": {"hessp": product},
        "matrix": {"hess": matrix},
    }
    return found.get(kind, {})


@final
class Path:
    """Accepted points and their values, from the first evaluation on."""

    def __init__(self, records: bool) -> None:
        """Nothing is kept unless `records`."""
        self.steps: list[Rows] = []
        self.values: list[float] = []
        self._records = records
        self._known: dict[bytes, float] = {}

    def evaluated(self, x: Rows, value: float) -> None:
        """An evaluation, which may be accepted later; the first one is."""
        if self._records:
            self._known[np.asarray(x, np.float64).tobytes()] = value
            if not self.steps:
                self.accepted(x)

    def accepted(self, x: Rows, *_: object) -> None:
        """What SciPy calls after each iteration; some of its methods tell more than the point."""
        self.steps.append(np.array(x, np.float64))
        self.values.append(self._known.get(self.steps[-1].tobytes(), np.nan))
        self._known.clear()


def run_descent(objective: Objective, limits: Limits) -> list[Outcome]:
    """Gradient descent with a step size per problem that adapts; all problems at once.

    A step that lowers the value is taken, and the next one is 1.5 times as long; otherwise it is
    half as long.  Converged where no component of the projected gradient exceeds the tolerance, or
    where the decrease is lost in rounding errors.
    """
    x = objective.start.copy()
    values, gradients = (array.copy() for array in objective(x))
    paths = [Path(limits.records) for _ in values]
    step = 1 / np.maximum(1.0, np.linalg.norm(gradients, axis=1))
    tolerance = limits.tolerance or FLAT_GRADIENT
    done = np.isnan(values)
    counts = np.zeros(len(values), int)
    for row, path in enumerate(paths):
        path.evaluated(x[row], values[row])
    for _ in range(limits.max_iterations):
        change = _clipped(x - step[:, None] * gradients, limits) - x
        flatness = np.abs(change).max(axis=1) / step
        expected = -(change * gradients).sum(axis=1)
        done |= (flatness <= tolerance) | (expected <= rounding() * np.abs(values))
        if done.all():
            break
        trial = np.where(done[:, None], x, x + change)
        trial_values, trial_gradients = objective(trial)
        # A linear function would lower it by `expected`; a small part of that is asked (Armijo).
        better = ~done & (trial_values <= values - 1e-4 * expected)
        x = np.where(better[:, None], trial, x)
        values = np.where(better, trial_values, values)
        gradients = np.where(better[:, None], trial_gradients, gradients)
        step = np.where(better, 1.5 * step, np.where(done, step, 0.5 * step))
        counts += ~done
        for row in np.flatnonzero(better):
            paths[row].evaluated(x[row], values[row])
            paths[row].accepted(x[row])
    message = {True: "converged", False: "the largest number of iterations was reached"}
    return [
        Outcome(
            x[i],
            float(values[i]),
            int(counts[i]),
            bool(done[i]),
            message[bool(done[i])],
            paths[i].steps,
            paths[i].values,
        )
        for i in range(len(values))
    ]


def _clipped(x: Rows, limits: Limits) -> Rows:
    return x if limits.lower is None else np.clip(x, limits.lower, limits.upper)


__all__ = ["Limits", "Outcome", "run_descent", "run_scipy"]
