"""What comes of a solve whose values are known: a report, or an error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.errors import Diverged, NotConverged, SolveError
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve.krylov import ITERATION
from phimath.solve.tape import record
from phimath.transform.effects import wants_reports

if TYPE_CHECKING:
    from phimath.solve.methods import LinearMethod
    from phimath.solve.problem import Solve
    from phimath.solve.result import SolveInfo
    from phimath.tensor import Tensor


class Conclusion(NamedTuple):
    """How a solve with these settings, by this method, concludes."""

    solve: Solve
    method: LinearMethod

    def __call__(self, info: SolveInfo, values: dict[str, Any]) -> SolveInfo:
        """The report, unless an error is raised.

        values: 'terms' of the tolerance, which parts were 'finite', and whether the method 'broke'.
        """
        terms: dict[str, Tensor] = values["terms"]
        decided_by = max(terms, key=lambda name: _largest(terms[name]))
        done = int(info.iterations)
        known = replace(info, iterations=done, decided_by=decided_by)
        if info.history is not None:
            known = replace(known, history=info.history.get({ITERATION: slice(0, done + 1)}))
        record(self.solve, known)
        if _all(known.converged) and not _any(known.diverged):
            return known
        broken = [name for name, is_finite in values["finite"].items() if not _all(is_finite)]
        broke = _any(values["broke"] & ~known.converged)
        error: type[SolveError] = Diverged if _any(known.diverged) or broke else NotConverged
        if any(issubclass(error, suppressed) for suppressed in self.solve.suppress):
            return known
        raise error(_message(known, self._advice(error, broken, broke)), known)

    def of_effect(self, known: tuple[SolveInfo, dict[str, Any]]) -> None:
        """The same for what leaves a compiled function.

        Of a solve that succeeded only that is read, unless somebody wants its report.
        """
        info, values = known
        if wants_reports() or not bool(values["succeeded"]):
            self(info, values)

    def _advice(self, error: type[SolveError], broken: list[str], broke: bool) -> str:
        if broken:
            return f"There is NaN or an infinite number in: {', '.join(broken)}."
        if broke or (error is Diverged and self.method.inverse and self.method.breakdown):
            return self.method.breakdown
        if error is Diverged:
            return (
                "The residual grew beyond all bounds. Check the operator, whether it has a null "
                "space, and the preconditioner if one is given, or use another method."
            )
        return "Raise max_iterations or rel_tol, give a better x0, or pass suppress=[NotConverged]."


def _message(info: SolveInfo, advice: str) -> str:
    batch = info.converged.shape
    failed = int(sum_of(~info.converged, batch)) if batch else 1
    where_failed = f" for {failed} of {batch.volume} systems" if batch else ""
    purpose = "" if info.purpose == "solution" else f" for the {info.purpose}"
    return (
        f"The linear solve{purpose} by {info.method} did not reach its tolerance in "
        f"{info.iterations} iterations{where_failed}: largest residual "
        f"{_largest(info.residual):.2e}, wanted {_largest(info.tolerance):.2e} (decided by "
        f"{info.decided_by}). {advice}"
    )


def _all(values: Tensor) -> bool:
    return bool(all_of(values, values.shape) if values.rank else values)


def _any(values: Tensor) -> bool:
    return bool(any_of(values, values.shape) if values.rank else values)


def _largest(values: Tensor) -> float:
    return float(max_of(values, values.shape) if values.rank else values)
