"""The solution of a linear system as a differentiable function of all that it depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.elementwise import real
from phimath.solve.engine import solve_plain
from phimath.sparse import LinearOperator
from phimath.tensor import Tensor
from phimath.transform.custom_gradient import custom_gradient
from phimath.transform.forward import push_forward
from phimath.transform.gradient import has_derivatives, stop_gradient, value_and_gradient
from phimath.transform.reverse import inner_product
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.problem import Solve


def solve_operator(
    operator: LinearOperator,
    b: Tensor,
    solve: Solve,
    form: Callable[[Tensor], Any] | None = None,
    purpose: str = "solution",
) -> Tensor:
    """Solve A x = b; differentiable w.r.t. b and the tensors of A, as often as you like.

    form, purpose: As in `solve_plain`.
    """
    fixed = solve if solve.x0 is None else replace(solve, x0=stop_gradient(solve.x0))
    if not has_derivatives(b, operator):
        return solve_plain(operator, b, fixed, form, purpose).x
    found = solve_plain(stop_gradient(operator), stop_gradient(b), fixed, form, purpose)
    return _solution_of(operator, b, stop_gradient(found.x), solve)


def _solution_of(operator: LinearOperator, b: Tensor, x: Tensor, solve: Solve) -> Tensor:
    """The solution `x`, as a differentiable function of the operator and of b.

    A x = b implies A dx = db − dA x; least squares solutions have two more terms.
    """

    # Derivative rules may use no traced values but their arguments.
    def solution(operator: LinearOperator, b: Tensor, x: Tensor) -> Tensor:
        del operator, b
        return x

    def cotangents(
        inputs: dict[str, Any], output: Tensor, cotangent: Tensor
    ) -> dict[str, Tensor | LinearOperator]:
        operator, b = inputs["operator"], inputs["b"]
        # For second derivatives, `x` must depend on operator and b here, too.
        x = _solution_of(operator, b, output, solve)
        u = _adjoint_solution(operator, cotangent, solve)
        products = [(-u, x)]
        if not operator.is_square:
            products += _least_squares_products(operator, b, x, u, cotangent, solve)
        by_b = u if b.dtype.kind == "complex" or u.dtype.kind != "complex" else real(u)
        return {"b": by_b, "operator": _operator_cotangent(operator, products)}

    def tangent(inputs: dict[str, Any], output: Tensor, tangents: dict[str, Any]) -> Tensor:
        operator, b, change = inputs["operator"], inputs["b"], tangents["operator"]
        x = _solution_of(operator, b, output, solve)
        settings = _tangent_settings(solve)
        found = solve_operator(
            operator,
            tangents["b"] - _changed(lambda a: a.apply(x), operator, change),
            settings,
            purpose="tangent",
        )
        if operator.is_square:
            return found
        return found + _least_squares_tangent(operator, b, x, change, solve)

    return custom_gradient(solution, cotangents, jvp=tangent)(operator, b, x)


def _least_squares_products(
    operator: LinearOperator, b: Tensor, x: Tensor, u: Tensor, cotangent: Tensor, solve: Solve
) -> list[tuple[Tensor, Tensor]]:
    """Pairs (l, r) whose ⟨l, dA r⟩ are what dx has besides A⁺(db − dA x).

    Source: Golub and Pereyra, The differentiation of pseudo-inverses, SIAM J. Numer. Anal. 10
        (1973): (AᴴA)⁺ dAᴴ (b − A x) and (1 − A⁺A) dAᴴ (A⁺)ᴴ x.
    """
    w = solve_operator(operator, u, _tangent_settings(solve), purpose="adjoint")
    v = _adjoint_solution(operator, x, solve)
    unseen = cotangent - operator.adjoint().apply(u)
    return [(b - operator.apply(x), w), (v, unseen)]


def _least_squares_tangent(
    operator: LinearOperator, b: Tensor, x: Tensor, change: LinearOperator, solve: Solve
) -> Tensor:
    """The same in forward mode."""
    settings = _tangent_settings(solve)
    r = b - operator.apply(x)
    v = _adjoint_solution(operator, x, solve)
    of_r = _changed(lambda a: a.adjoint().apply(r), operator, change)
    of_v = _changed(lambda a: a.adjoint().apply(v), operator, change)
    from_r = solve_operator(
        operator, _adjoint_solution(operator, of_r, solve), settings, purpose="tangent"
    )
    seen = solve_operator(operator, operator.apply(of_v), settings, purpose="tangent")
    return from_r + of_v - seen


def _changed(
    function: Callable[[LinearOperator], Tensor], operator: LinearOperator, change: LinearOperator
) -> Tensor:
    return push_forward(function, (operator,), (change,))[1]


def _adjoint_solution(operator: LinearOperator, b: Tensor, solve: Solve) -> Tensor:
    """Solution of Aᴴ u = b."""
    settings = solve.gradient_solve
    if settings is None:
        settings = replace(solve, x0=None)
        if isinstance(solve.preconditioner, LinearOperator):
            settings = replace(settings, preconditioner=solve.preconditioner.adjoint())
        elif callable(solve.preconditioner) and not operator.is_symmetric:
            settings = replace(settings, preconditioner=None)
    return solve_operator(operator.adjoint(), b, settings, purpose="adjoint")


def _tangent_settings(solve: Solve) -> Solve:
    return solve.gradient_solve or replace(solve, x0=None)


def _operator_cotangent(
    operator: LinearOperator, products: list[tuple[Tensor, Tensor]]
) -> LinearOperator:
    """Cotangent of the operator's tensors, for those of Re ∑ ⟨l, A r⟩."""
    tensors, structure = flatten(operator, Tensor)
    is_variable = [tensor.dtype.is_floating for tensor in tensors]
    variables = [t for v, t in zip(is_variable, tensors, strict=True) if v]
    if not variables:
        return operator

    def rebuilt(values: list[Tensor]) -> LinearOperator:
        source = iter(values)
        parts = zip(is_variable, tensors, strict=True)
        return structure.unflatten([next(source) if v else tensor for v, tensor in parts])

    def pairing(values: list[Tensor]) -> Tensor:
        changed = rebuilt(values)
        lefts = [left for left, _ in products]
        return inner_product(lefts, [changed.apply(right) for _, right in products])

    return rebuilt(value_and_gradient(pairing)(variables)[1])
