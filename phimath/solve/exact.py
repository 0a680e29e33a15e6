"""Methods that know the inverse of an operator up to rounding errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import where
from phimath.solve.krylov import Reached

if TYPE_CHECKING:
    from phimath.solve.krylov import Budget
    from phimath.solve.system import System
    from phimath.tensor import Tensor


def refine(system: System, x: Tensor, r: Tensor, budget: Budget) -> Reached:
    """One step of iterative refinement, which from x = 0 is the solution.

    Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), chapter 12.
    """
    z = system.precondition(r)
    none = budget.tolerance < 0
    if none.rank:  # systems that have converged stay as they are
        z = where(system.shortfall(r) > budget.tolerance, z, 0.0)
    return Reached(x + z, 1, none, budget.history)
