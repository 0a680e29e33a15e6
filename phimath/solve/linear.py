"""Linear solves: tolerance, method, report, failure, and the implicit derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.create import zeros_like
from phimath.elementwise import is_finite, maximum
from phimath.errors import Diverged, NotConverged, SolveError
from phimath.reduce import all as all_of
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve.krylov import conjugate_gradient, vector_norm
from phimath.solve.result import SolveInfo
from phimath.transform.gradient import custom_gradient, stop_gradient
from phimath.wrap import wrap

if TYPE_CHECKING:
    from phimath.solve.problem import Solve, SymmetricOperator
    from phimath.tensor import Tensor

EPSILON = {16: 2.0**-10, 32: 2.0**-23, 64: 2.0**-52}
# The residual that the recurrence carries drifts from the true one: restart from the true one this often.
RESTARTS = 3


def solve_symmetric(operator: SymmetricOperator, b: Tensor, solve: Solve) -> Tensor:
    """Solve A x = b for a symmetric semi-definite operator.

    A singular system is projected: the part of b in the null space is removed, and x has none.  Differentiable by the implicit
    function theorem, w.r.t. b and everything that `operator.apply` uses: A x = b implies A dx = db − dA x.

    Raises:
        NotConverged: if `max_iterations` did not suffice; `.result` holds the report with what was reached.
        Diverged: if the residual became infinite or NaN.
    """
    constant = stop_gradient(operator)
    x = _solve(constant, stop_gradient(b), solve).x
    if "value_and_gradient" in x.backend.unsupported:
        return x
    # The residual is zero up to the tolerance; its derivative is db − dA x, which the adjoint solve turns into dx.
    residual = operator.project(b) - operator.apply(x)
    adjoint_settings = solve.gradient_solve or _without_guess(solve)

    # The operator is an argument, because frameworks forbid derivative rules to use values from around them.
    def no_change(residual: Tensor, operator: SymmetricOperator) -> Tensor:
        del operator
        return zeros_like(residual)

    def adjoint(inputs: dict[str, Any], output: Tensor, cotangent: Tensor) -> dict[str, Tensor]:
        del output
        return {"residual": _solve(inputs["operator"], cotangent, adjoint_settings).x}

    return x + custom_gradient(no_change, adjoint)(residual, constant)


def _without_guess(solve: Solve) -> Solve:
    return type(solve)(
        solve.method, solve.rel_tol, solve.abs_tol, max_iterations=solve.max_iterations, suppress=solve.suppress
    )


def _solve(operator: SymmetricOperator, b: Tensor, solve: Solve) -> SolveInfo:
    b = operator.project(b)
    x = zeros_like(b) if solve.x0 is None else stop_gradient(solve.x0)
    b_norm = vector_norm(b)
    wanted = maximum(solve.relative_tolerance * b_norm, solve.abs_tol)
    iterations = 0
    for _ in range(RESTARTS):
        state = conjugate_gradient(operator, b, x, wanted, solve.max_iterations - iterations)
        iterations += state.iterations
        x = operator.project(state.x)
        info = _report(operator, b, x, wanted, iterations, solve)
        if bool(all_of(info.converged | info.diverged, None)) or iterations >= solve.max_iterations:
            break
    _raise_failure(info, solve)
    return info


def _report(
    operator: SymmetricOperator, b: Tensor, x: Tensor, wanted: Tensor, iterations: int, solve: Solve
) -> SolveInfo:
    residual = vector_norm(b - operator.apply(x))
    bits = x.dtype.precision
    assert bits is not None
    rounding = 2 * EPSILON[bits] * (operator.norm * vector_norm(x) + vector_norm(b))
    return SolveInfo(
        "CG",
        x,
        residual,
        maximum(wanted, rounding),
        _decided_by(solve, b, rounding),
        iterations,
        residual <= maximum(wanted, rounding),
        ~is_finite(residual),
    )


def _decided_by(solve: Solve, b: Tensor, rounding: Tensor) -> str:
    terms = {
        "rel_tol": _largest(solve.relative_tolerance * vector_norm(b)),
        "abs_tol": solve.abs_tol,
        "rounding": _largest(rounding),
    }
    return max(terms, key=lambda name: terms[name])


def _largest(values: Tensor) -> float:
    return float(max_of(values, values.shape) if values.shape else values)


def _raise_failure(info: SolveInfo, solve: Solve) -> None:
    if bool(all_of(info.converged, None)):
        return
    error: type[SolveError] = Diverged if not bool(all_of(~info.diverged, None)) else NotConverged
    if any(issubclass(error, suppressed) for suppressed in solve.suppress):
        return
    advice = (
        "Check the right-hand side for NaN and the operator for its sign."
        if error is Diverged
        else "Raise max_iterations or rel_tol, give a better x0, or pass suppress=[NotConverged] to go on."
    )
    failed = int(sum_of(wrap(~info.converged), info.converged.shape)) if info.converged.shape else 1
    raise error(
        f"The linear solve by {info.method} did not reach its tolerance in {info.iterations} iterations"
        + (f" for {failed} of {info.converged.shape.volume} batch entries" if info.converged.shape else "")
        + f": largest residual {_largest(info.residual):.2e}, wanted {_largest(info.tolerance):.2e} "
        f"(decided by {info.decided_by}). {advice}",
        info,
    )
