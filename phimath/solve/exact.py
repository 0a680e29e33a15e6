"""Methods that know the inverse of an operator up to rounding errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.elementwise import where
from phimath.solve.krylov import Reached

if TYPE_CHECKING:
    from phimath.solve.system import System
    from phimath.tensor import Tensor


def refine(
    system: System, x: Tensor, r: Tensor, tolerance: Tensor, max_iterations: int | Tensor
) -> Reached:
    """One step of iterative refinement, which from x = 0 is the solution.

    Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), chapter 12.
    """
    del max_iterations
    z = system.precondition(r)
    active = system.shortfall(r) > tolerance
    # Systems that have converged stay as they are; one alone is not asked for more.
    x = x + (where(active, z, 0.0) if active.rank else z)
    return Reached(x, 1, active & ~active)
