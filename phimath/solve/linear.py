"""Linear systems, given as a function, a matrix or an operator."""

from __future__ import annotations

from typing import Any

from phimath.solve.implicit import solve_operator
from phimath.solve.pose import pose
from phimath.solve.problem import Solve


def solve_linear(f: Any, y: Any, solve: Solve | None = None, *f_args: Any, **f_kwargs: Any) -> Any:
    """Solve f(x, *f_args, **f_kwargs) = y for x, f being linear or affine in x.

    Args:
        f: A function of a tree of tensors (a tensor, a field, …), a `LinearOperator`, or a matrix:
            a tensor whose dual dimensions list the columns.  Batch dimensions are independent
            systems, and so are dimensions of y that a matrix does not have.
        y: Right-hand side, in the form of f(x).
        solve: Settings.  With `x0=None` the unknown has the form of y.
        f_args: Trees that `f` also depends on.
        f_kwargs: More of them, by name.

    Returns:
        x, in the form of x0 or y.  Of a singular system whose null space is known, the solution
        without null space, after that part of y was removed for which there is none.  With more or
        fewer equations than unknowns, the shortest x of those that minimise ‖y − A x‖.

    Differentiable by the implicit function theorem, forwards and backwards and as often as you
    like, w.r.t. y, the arguments, the entries of the matrix, and what `f` uses from around it.

    Raises:
        NotConverged: the tolerance was not reached; `.result` holds the report with what was.
        Diverged: something was or became infinite or NaN, or the method does not fit the system.
        ShapeError: f(x) and y don't fit.
        NotSupported: there is no such method, or not for such systems.
    """
    posed = pose(f, y, solve or _AUTO, f_args, f_kwargs)
    return posed.form(solve_operator(posed.operator, posed.b, posed.solve, posed.form))


_AUTO = Solve()
