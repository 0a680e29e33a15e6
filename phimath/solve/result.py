"""What a solve reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phimath.elementwise import is_finite, where
from phimath.reduce import all as all_of
from phimath.reduce import any as any_of
from phimath.reduce import max as max_of

if TYPE_CHECKING:
    from phimath.tensor import Tensor


@dataclass(frozen=True, eq=False)
class SolveInfo:
    """Outcome of one solve; tensors have the batch dimensions of the problem.

    method: how it was solved, and `reason` why so; `preconditioner` names that of the method.
    x: the solution, or what was reached.
    residual: ‖b − A x‖, computed anew; in least squares ‖Aᴴ(b − A x)‖.
    tolerance: what it had to reach; `decided_by` names the term that gave the largest value.
    removed: length of the part of b for which the singular system has no solution.
    history: the residual after 0, 1, 2, … iterations, (…, iteration); see `SolveTape`.
    purpose: 'solution', 'adjoint' (for a gradient) or 'tangent' (for a forward derivative).

    Inside of a compiled function nothing is known yet: `decided_by` is empty, `iterations` a
    tensor.
    """

    method: str
    x: Any  # tensor, or tree of tensors
    residual: Tensor
    tolerance: Tensor
    decided_by: str
    iterations: int | Tensor
    converged: Tensor
    diverged: Tensor
    reason: str = ""
    preconditioner: str = ""
    removed: Tensor | None = None
    history: Tensor | None = None
    purpose: str = "solution"

    def __repr__(self) -> str:
        state = (
            "converged"
            if bool(all_of(self.converged, None))
            else "diverged"
            if bool(any_of(self.diverged, None))
            else "not converged"
        )
        means = f" with {self.preconditioner}" if self.preconditioner else ""
        why = f" ({self.reason})" if self.reason else ""
        purpose = "" if self.purpose == "solution" else f"{self.purpose} "
        return (
            f"{purpose}{self.method}{means}{why}: {state} after {self.iterations} iterations, "
            f"residual {self.residual:summary} (tolerance {self.tolerance:summary}, decided by "
            f"{self.decided_by})"
        )


def severity(info: SolveInfo) -> Tensor:
    """How far from its tolerance a solve ended, to find the worst one of a loop."""
    tolerance = where(info.tolerance > 0, info.tolerance, 1.0)
    excess = where(is_finite(info.residual), info.residual / tolerance, _INFINITE)
    return max_of(excess, None)


_INFINITE = 1e30  # beside all that is finite
