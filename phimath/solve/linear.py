"""Linear solves: tolerance, method, report, failure, and the implicit derivative."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.create import zeros_like
from phimath.elementwise import abs as magnitude
from phimath.elementwise import is_finite, maximum, where
from phimath.errors import Diverged, DTypeError, NotConverged, NotSupported, SolveError
from phimath.leaves import as_tensor
from phimath.reduce import all as all_of
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve.krylov import conjugate_gradient, vector_norm
from phimath.solve.methods import LINEAR_METHODS
from phimath.solve.result import SolveInfo, severity
from phimath.tensor import Tensor
from phimath.transform.custom_gradient import custom_gradient
from phimath.transform.effects import effect, is_tracing
from phimath.transform.forward import push_forward
from phimath.transform.gradient import has_derivatives, stop_gradient, value_and_gradient
from phimath.tree import flatten

if TYPE_CHECKING:
    from phimath.solve.problem import Solve
    from phimath.sparse import SymmetricOperator

EPSILON = {16: 2.0**-10, 32: 2.0**-23, 64: 2.0**-52}
# The residual that the recurrence carries drifts from the true one: start anew this often.
STARTS = 3


def solve_symmetric(operator: SymmetricOperator, b: Tensor, solve: Solve) -> Tensor:
    """Solve A x = b for a symmetric semi-definite operator.

    A singular system is projected: the part of b in the null space is removed, and x has none.
    Differentiable by the implicit function theorem, w.r.t. b and everything that `operator.apply`
    uses, as often as you like: A x = b implies A dx = db − dA x.

    Raises:
        NotConverged: if `max_iterations` did not suffice; `.result` holds the report with what was
            reached.
        Diverged: if the residual became infinite or NaN.
        DTypeError: if b is complex.
    """
    if b.dtype.kind == "complex":
        raise DTypeError(
            f"A right-hand side of {b.dtype} can't be solved for by conjugate gradients. "
            "Solve for real(b) and imag(b) instead."
        )
    x = stop_gradient(solve_report(stop_gradient(operator), stop_gradient(b), solve).x)
    if not has_derivatives(b, operator):
        return x
    return _solution_of(operator, b, x, solve.gradient_solve or replace(solve, x0=None))


def _solution_of(operator: SymmetricOperator, b: Tensor, x: Tensor, settings: Solve) -> Tensor:
    """The solution `x`, as a differentiable function of the operator and of b.

    settings: of the solves of derivatives.
    """

    # Derivative rules may use no traced values but their arguments.
    def solution(operator: SymmetricOperator, b: Tensor, x: Tensor) -> Tensor:
        del operator, b
        return x

    def cotangents(
        inputs: dict[str, Any], output: Tensor, cotangent: Tensor
    ) -> dict[str, Tensor | SymmetricOperator]:
        operator, b = inputs["operator"], inputs["b"]
        adjoint = solve_symmetric(operator, cotangent, settings)
        # For second derivatives, `x` must depend on operator and b here, too.
        x = _solution_of(operator, b, output, settings)
        return {"b": adjoint, "operator": _operator_cotangent(operator, x, -adjoint)}

    def tangent(inputs: dict[str, Any], output: Tensor, tangents: dict[str, Any]) -> Tensor:
        operator, b = inputs["operator"], inputs["b"]
        x = _solution_of(operator, b, output, settings)
        _, change = push_forward(
            lambda operator: operator.apply(x), (operator,), (tangents["operator"],)
        )
        return solve_symmetric(operator, tangents["b"] - change, settings)

    return custom_gradient(solution, cotangents, jvp=tangent)(operator, b, x)


def _operator_cotangent(
    operator: SymmetricOperator, x: Tensor, cotangent: Tensor
) -> SymmetricOperator:
    """Cotangent of the operator's tensors, for that of A x."""
    tensors, structure = flatten(operator, Tensor)
    is_variable = [tensor.dtype.is_floating for tensor in tensors]

    def pairing(variables: list[Tensor]) -> Tensor:
        source = iter(variables)
        parts = zip(is_variable, tensors, strict=True)
        changed = structure.unflatten([next(source) if v else tensor for v, tensor in parts])
        product = cotangent * changed.apply(x)
        return sum_of(product, product.shape)

    variables = [t for v, t in zip(is_variable, tensors, strict=True) if v]
    if not variables:
        return operator
    found = iter(value_and_gradient(pairing)(variables)[1])
    parts = zip(is_variable, tensors, strict=True)
    return structure.unflatten([next(found) if v else tensor for v, tensor in parts])


def solve_report(operator: SymmetricOperator, b: Tensor, solve: Solve) -> SolveInfo:
    """Solve A x = b as `solve_symmetric`, without derivatives, and report how it went."""
    if solve.method not in LINEAR_METHODS:
        raise NotSupported(
            f"'{solve.method}' solves no linear systems. Available: {', '.join(LINEAR_METHODS)}."
        )
    given, b = b, operator.project(b)
    # Squares of numbers of any size neither overflow nor vanish.
    scale = _scale(b)
    b = b / scale
    by_term = {
        "rel_tol": solve.relative_tolerance * vector_norm(b),
        "abs_tol": solve.abs_tol / scale,
        # The projection leaves the rounding errors of what it removed.
        "rounding": 2 * _epsilon(b) * _norm(given) / scale,
    }
    wanted = maximum(maximum(by_term["rel_tol"], by_term["abs_tol"]), by_term["rounding"])
    x = zeros_like(b) if solve.x0 is None else _guess(operator, b, solve.x0, scale)
    x, iterations, residual = _iterate(operator, b, x, wanted, solve.max_iterations)
    by_term["rounding"] = maximum(by_term["rounding"], _rounding(operator, b, x))
    tolerance = maximum(wanted, by_term["rounding"])
    info = SolveInfo(
        method="CG",
        x=x * scale,
        residual=residual * scale,
        tolerance=tolerance * scale,
        decided_by="",
        iterations=iterations,
        converged=residual <= tolerance,
        diverged=~is_finite(residual),
    )
    terms = {name: term * scale for name, term in by_term.items()}

    def conclude(known: tuple[SolveInfo, dict[str, Tensor]]) -> None:
        _concluded(*known, solve)

    if is_tracing():
        effect((info, terms), conclude, severity(info))
        return info
    return _concluded(info, terms, solve)


def _scale(b: Tensor) -> Tensor:
    largest = max_of(magnitude(b), b.shape.non_batch)
    return where(largest > 0, largest, 1.0)


def _norm(b: Tensor) -> Tensor:
    scale = _scale(b)
    return vector_norm(b / scale) * scale


def _guess(operator: SymmetricOperator, b: Tensor, x0: Any, scale: Tensor) -> Tensor:
    """The given guess, or zero where that has the smaller residual.

    The rounding errors of a large guess would stay: from it, a small solution cannot be reached.
    """
    x = stop_gradient(as_tensor(x0)) / scale
    # False for NaN, so that a guess with NaN is not taken for none.
    is_worse = _norm(b - operator.apply(x)) > vector_norm(b)
    return where(is_worse, 0.0, x)


def _iterate(
    operator: SymmetricOperator, b: Tensor, x: Tensor, wanted: Tensor, max_iterations: int
) -> tuple[Tensor, int | Tensor, Tensor]:
    """Solution, iterations and true residual; starts anew where the carried one has drifted."""
    iterations: int | Tensor = 0
    residual = wanted
    tolerance = maximum(wanted, _rounding(operator, b, x))
    # A compiled function cannot look at the residual: it always starts twice.
    for _ in range(2 if is_tracing() else STARTS):
        remaining = max_iterations - (iterations if is_tracing() else int(iterations))
        x, used = conjugate_gradient(operator, b, x, tolerance, remaining)
        iterations = iterations + used
        x = operator.project(x)
        residual = vector_norm(b - operator.apply(x))
        tolerance = maximum(wanted, _rounding(operator, b, x))
        if is_tracing():
            continue
        if (
            _all((residual <= tolerance) | ~is_finite(residual))
            or not used
            or int(iterations) >= max_iterations
        ):
            break
    return x, iterations, residual


def _concluded(info: SolveInfo, terms: dict[str, Tensor], solve: Solve) -> SolveInfo:
    """Report of a solve whose values are known, raised if it failed."""
    decided_by = max(terms, key=lambda name: _largest(terms[name]))
    known = replace(info, iterations=int(info.iterations), decided_by=decided_by)
    _raise_failure(known, solve)
    return known


def _rounding(operator: SymmetricOperator, b: Tensor, x: Tensor) -> Tensor:
    """Residual that remains when all operations but rounding are exact."""
    return 2 * _epsilon(x) * (operator.norm * vector_norm(x) + vector_norm(b))


def _epsilon(x: Tensor) -> float:
    bits = x.dtype.precision
    assert bits is not None
    return EPSILON[bits]


def _all(values: Tensor) -> bool:
    return bool(all_of(values, values.shape) if values.rank else values)


def _largest(values: Tensor) -> float:
    return float(max_of(values, values.shape) if values.rank else values)


def _raise_failure(info: SolveInfo, solve: Solve) -> None:
    if _all(info.converged):
        return
    error: type[SolveError] = NotConverged if _all(~info.diverged) else Diverged
    if any(issubclass(error, suppressed) for suppressed in solve.suppress):
        return
    batch = info.converged.shape
    failed = int(sum_of(~info.converged, batch)) if batch else 1
    where_failed = f" for {failed} of {batch.volume} batch entries" if batch else ""
    advice = (
        "Check the right-hand side and x0 for NaN and the operator for its sign."
        if error is Diverged
        else "Raise max_iterations or rel_tol, give a better x0, or pass suppress=[NotConverged]."
    )
    raise error(
        f"The linear solve by {info.method} did not reach its tolerance in {info.iterations} "
        f"iterations{where_failed}: largest residual {_largest(info.residual):.2e}, wanted "
        f"{_largest(info.tolerance):.2e} (decided by {info.decided_by}). {advice}",
        info,
    )
