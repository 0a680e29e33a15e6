"""Nonlinear systems of equations, with implicit derivatives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phimath.convert import convert
from phimath.dimension import instance
from phimath.dtype import precision_bits
from phimath.elementwise import is_finite, maximum, sign, sin, where
from phimath.errors import (
    Diverged,
    NotConverged,
    NotSupported,
    ShapeError,
    SolveError,
    ValueRangeError,
)
from phimath.layout import UNKNOWN, as_unknowns, batch_of, layout_of
from phimath.reduce import all as all_of
from phimath.reduce import max as max_of
from phimath.sequences import arange
from phimath.shape import merge_shapes
from phimath.solve.methods import NONLINEAR_METHODS
from phimath.solve.result import SolveInfo, severity
from phimath.solve.root.newton import inner, length, newton_krylov, product
from phimath.solve.rounding import EPSILON
from phimath.solve.tape import record
from phimath.tensor import Tensor
from phimath.tensor_tree import tree_map
from phimath.transform.custom_gradient import custom_gradient
from phimath.transform.effects import effect, is_tracing
from phimath.transform.forward import push_forward
from phimath.transform.gradient import has_derivatives, stop_gradient, value_and_gradient
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.problem import Solve


def solve_nonlinear(f: Callable[..., Any], y: Any, solve: Solve, *f_args: Any) -> Any:
    """Solve f(x, *f_args) = y for x by Newton's method with Krylov solves inside.

    Args:
        f: Function of a tree like `solve.x0` that returns as many numbers, in the form of `y`.
            Batch dimensions are independent problems.
        y: Right-hand side, a tensor, tree or number.
        solve: `x0` is the initial guess; converged means ‖y − f(x)‖ ≤ max(rel_tol ‖y‖, abs_tol,
            2 ε (‖∂f/∂x‖ ‖x‖ + ‖y‖)), where ‖y − f(x0)‖ stands for ‖y‖ if y = 0.
        f_args: Trees that `f` also depends on.

    Differentiable by the implicit function theorem, w.r.t. y, f_args and, if `f` is a frozen
    dataclass with tensors, these; as often as you like.  Other tensors that `f` uses are constants.
    Jacobians are not built; their products are differences of `f`, so that `x0` should be of the
    order of 1 or larger.  Runs on NumPy, too, and in compiled functions.

    Raises:
        NotConverged: if no step lowered the residual, or `max_iterations` did not suffice.
        Diverged: if the residual is infinite or NaN.
        ShapeError: if `f(x)` and `y` don't fit.
    """
    if solve.method not in NONLINEAR_METHODS:
        raise NotSupported(
            f"'{solve.method}' solves no nonlinear systems. Available: "
            f"{', '.join(NONLINEAR_METHODS)}."
        )
    if solve.x0 is None:
        raise ValueRangeError(
            "A nonlinear solve starts from an initial guess. Give Solve(x0=guess)."
        )
    y = as_unknowns(y)
    fixed = replace(solve, x0=stop_gradient(as_unknowns(solve.x0)))
    found = nonlinear_report(stop_gradient(f), stop_gradient(y), fixed, *stop_gradient(f_args))
    x = stop_gradient(found.x)
    if not has_derivatives(x, f, y, f_args):
        return x
    return _solution_of(f, f_args, y, x, solve.gradient_solve or replace(fixed, x0=None))


def _solution_of(
    f: Callable[..., Any], f_args: tuple[Any, ...], y: Any, x: Any, settings: Solve
) -> Any:
    """The solution `x`, as a differentiable function of all else."""

    def solution(f: Any, f_args: Any, y: Any, x: Any) -> Any:
        del f, f_args, y
        return x

    def cotangents(inputs: dict[str, Any], output: Any, cotangent: Any) -> dict[str, Any]:
        f, f_args, y = inputs["f"], inputs["f_args"], inputs["y"]
        # For second derivatives, the solution must depend on the inputs here, too.
        x = _solution_of(f, f_args, y, output, settings)
        start = tree_map(lambda tensor: tensor * 0.0, stop_gradient(y))
        adjoint = solve_nonlinear(_Transposed(f, f_args, x), cotangent, replace(settings, x0=start))
        minus = tree_map(lambda tensor: -tensor, adjoint)
        parameters = _parameter_cotangents(f, f_args, x, minus)
        return {"y": adjoint, "f": parameters[0], "f_args": parameters[1]}

    def tangent(inputs: dict[str, Any], output: Any, tangents: dict[str, Any]) -> Any:
        f, f_args, y = inputs["f"], inputs["f_args"], inputs["y"]
        x = _solution_of(f, f_args, y, output, settings)
        _, change = push_forward(
            lambda f, f_args: f(x, *f_args), (f, f_args), (tangents["f"], tangents["f_args"])
        )
        right = tree_map(lambda of_y, of_f: of_y - of_f, tangents["y"], change)
        start = tree_map(lambda tensor: tensor * 0.0, output)
        return solve_nonlinear(_Jacobian(f, f_args, x), right, replace(settings, x0=start))

    return custom_gradient(solution, cotangents, jvp=tangent)(f, f_args, y, x)


@dataclass(frozen=True, eq=False)
class _Jacobian:
    """The Jacobian of `f` at x."""

    f: Any
    f_args: tuple[Any, ...]
    x: Any

    def __call__(self, tangent: Any) -> Any:
        return push_forward(lambda x: self.f(x, *self.f_args), (self.x,), (tangent,))[1]


@dataclass(frozen=True, eq=False)
class _Transposed:
    """The transposed Jacobian of `f` at x."""

    f: Any
    f_args: tuple[Any, ...]
    x: Any

    def __call__(self, cotangent: Any) -> Any:
        def pairing(x: Any) -> Tensor:
            return _inner_product(self.f(x, *self.f_args), cotangent)

        return value_and_gradient(pairing)(self.x)[1]


def _inner_product(a: Any, b: Any) -> Tensor:
    batch = merge_shapes(batch_of(a), batch_of(b))
    return inner(layout_of(a, batch).pack(a), layout_of(b, batch).pack(b))


def _parameter_cotangents(f: Any, f_args: Any, x: Any, cotangent: Any) -> tuple[Any, Any]:
    """Cotangents of the tensors in f and its arguments, for that of f(x)."""
    tensors, structure = flatten((f, f_args), Tensor)
    variables = [tensor for tensor in tensors if tensor.dtype.is_floating]
    if not variables:
        return f, f_args

    def rebuilt(values: list[Tensor]) -> Any:
        source = iter(values)
        return structure.unflatten([next(source) if t.dtype.is_floating else t for t in tensors])

    def pairing(values: list[Tensor]) -> Tensor:
        function, arguments = rebuilt(values)
        return _inner_product(function(x, *arguments), cotangent)

    return rebuilt(value_and_gradient(pairing)(variables)[1])


def nonlinear_report(f: Callable[..., Any], y: Any, solve: Solve, *f_args: Any) -> SolveInfo:
    """Solve as `solve_nonlinear`, without derivatives, and report how it went."""
    guess, y = tree_map(_on_default, as_unknowns(solve.x0)), as_unknowns(y)
    first = f(guess, *f_args)
    batch = merge_shapes(*map(batch_of, (guess, y, first)))
    unknowns, equations = layout_of(guess, batch), layout_of(first, batch)
    right = equations.pack(tree_map(lambda a, b: a * 0.0 + b, first, y))
    if unknowns.size != equations.size or right.shape.get_size(UNKNOWN) != equations.size:
        raise ShapeError(
            f"f returned {equations.size} numbers for {unknowns.size} unknowns and a right-hand "
            f"side of {right.shape.get_size(UNKNOWN)}; all must be equal. Check x0 and y."
        )

    def residual(x: Tensor) -> Tensor:
        return equations.pack(f(unknowns.unpack(x), *f_args)) - right

    x0 = unknowns.pack(guess)
    size = length(right)
    size = where(size > 0, size, length(residual(x0)))
    by_term = {"rel_tol": solve.relative_tolerance * size, "abs_tol": size * 0.0 + solve.abs_tol}
    wanted = maximum(by_term["rel_tol"], by_term["abs_tol"])
    found = newton_krylov(residual, x0, wanted, solve.max_iterations)
    by_term["rounding"] = _rounding(residual, found.x, found.residual, right)
    tolerance = maximum(wanted, by_term["rounding"])
    info = SolveInfo(
        method="Newton-Krylov",
        x=unknowns.unpack(found.x),
        residual=found.norm,
        tolerance=tolerance,
        decided_by="",
        iterations=max_of(found.iterations, None),
        converged=found.norm <= tolerance,
        diverged=~is_finite(found.norm),
    )

    def conclude(known: tuple[SolveInfo, dict[str, Tensor]]) -> None:
        _concluded(*known, solve)

    if is_tracing():
        effect((info, by_term), conclude, severity(info))
        return info
    return _concluded(info, by_term, solve)


def _on_default(tensor: Tensor) -> Tensor:
    """Numbers and tensors of NumPy join the default backend."""
    return convert(tensor) if tensor.backend.name == "numpy" else tensor


def _rounding(residual: Callable[[Tensor], Tensor], x: Tensor, r: Tensor, right: Tensor) -> Tensor:
    """Residual that remains when all operations but rounding are exact.

    A vector of random signs has, on average, an image as long as the Frobenius norm.
    """
    count = x.shape.get_size(UNKNOWN)
    signs = sign(sin(12.9898 * arange(instance(UNKNOWN), count) + 1.0))
    norm = length(product(residual, x, r, signs + x * 0.0)) / count**0.5
    return 2 * EPSILON[precision_bits()] * (norm * length(x) + length(right))


def _concluded(info: SolveInfo, terms: dict[str, Tensor], solve: Solve) -> SolveInfo:
    """Report of a solve whose values are known, raised if it failed."""
    decided_by = max(terms, key=lambda name: float(max_of(terms[name], None)))
    known = replace(info, iterations=int(info.iterations), decided_by=decided_by)
    record(replace(solve, x0=None), known)
    if bool(all_of(known.converged, None)):
        return known
    error: type[SolveError] = NotConverged if bool(all_of(~known.diverged, None)) else Diverged
    if any(issubclass(error, suppressed) for suppressed in solve.suppress):
        return known
    raise error(
        f"The nonlinear solve did not reach its tolerance in {known.iterations} Newton steps: "
        f"largest residual {float(max_of(known.residual, None)):.2e}, wanted "
        f"{float(max_of(known.tolerance, None)):.2e} (decided by {decided_by}). Give a better x0, "
        "raise rel_tol or max_iterations, or pass suppress=[NotConverged].",
        known,
    )


__all__ = ["nonlinear_report", "solve_nonlinear"]
