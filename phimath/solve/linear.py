"""Linear systems, given as a function, a matrix or an operator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import combine
from phimath.create import zeros_like
from phimath.dtype import complex_dtype, float_dtype
from phimath.solve.function import FunctionOperator, closed, is_symmetric
from phimath.solve.host import HOST_PRECONDITIONERS
from phimath.solve.implicit import solve_operator
from phimath.solve.methods import LINEAR_METHODS
from phimath.solve.null_space import with_null_space
from phimath.solve.pose import Posed, matrix_operator, pose
from phimath.solve.probe import zeros
from phimath.solve.problem import Solve
from phimath.sparse import Matrix, SparseMatrix
from phimath.transform import matrix_from_function
from phimath.transform.effects import is_tracing
from phimath.transform.gradient import stop_gradient
from phimath.transform.scope import only_up_to
from phimath.transform.tracer.dual import DualBackend
from phimath.transform.tracer.trees import paired, plain_zero, tangents_of, unboxed

if TYPE_CHECKING:
    from phimath.sparse import LinearOperator
    from phimath.tensor import Tensor


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
    return posed.form.unpack(_solution(posed))


_AUTO = Solve()


def _solution(posed: Posed, purpose: str = "solution") -> Tensor:
    operator, b, solve, form = posed
    if solve.assume is not None:
        operator = _assuming(operator, solve.assume)
    if isinstance(operator, FunctionOperator):
        bias = operator.bias
        backend = combine([b.backend, *([] if bias is None else [bias.backend])])
        if isinstance(backend, DualBackend):
            with only_up_to(backend.inner):
                return _pushed_forward(posed, operator, backend)
        if solve.method == "auto" and not is_tracing() and is_symmetric(stop_gradient(operator)):
            operator = replace(operator, has_symmetry=True)
    if _needs_entries(solve) and not isinstance(operator, Matrix):
        operator = _as_matrix(operator, b, _sample(operator, b))
    if isinstance(operator, FunctionOperator):
        operator = closed(operator, [b.backend])
    is_known = operator.knows_null_space and solve.rank_deficiency is None
    if operator.is_square and not is_known:
        operator = with_null_space(operator, solve.rank_deficiency, form, _sample(operator, b))
    return solve_operator(operator, b, solve, form.unpack, purpose)


def _sample(operator: LinearOperator, b: Tensor) -> Tensor:
    """Zeros in the form of x."""
    if isinstance(operator, FunctionOperator):
        return zeros(operator.domain, operator.dtype)
    is_complex = operator.is_complex or b.dtype.kind == "complex"
    return zeros_like(b).cast(complex_dtype() if is_complex else float_dtype())


def _assuming(operator: LinearOperator, what: str) -> LinearOperator:
    """The operator with facts that can't be seen; others know themselves."""
    if isinstance(operator, SparseMatrix):
        sign = operator.facts.sign or int(what == "definite")
        return replace(operator, facts=operator.facts._replace(is_symmetric=True, sign=sign))
    if isinstance(operator, FunctionOperator):
        return replace(operator, has_symmetry=True, has_sign=what == "definite")
    return operator


def _needs_entries(solve: Solve) -> bool:
    method, wanted = LINEAR_METHODS.get(solve.method), solve.preconditioner
    needs = method is not None and method.takes_entries
    return needs or (isinstance(wanted, str) and wanted in HOST_PRECONDITIONERS)


def _as_matrix(operator: LinearOperator, b: Tensor, sample: Tensor) -> LinearOperator:
    """The matrix of a function or a stencil, for methods that take entries."""
    names = operator.columns
    unknowns = sample.shape.non_batch if names is None else sample.shape.only(names)
    x = zeros(unknowns, sample.dtype)
    found = matrix_from_function(operator.apply, x, auto_compress=False)[0]
    return matrix_operator(found, b, x.shape)


def _pushed_forward(posed: Posed, operator: FunctionOperator, tracer: DualBackend) -> Tensor:
    """The solution and its tangent, if what the function uses has one: A dx = db − dA x.

    Both are solved for outside of this forward mode, which sees all that the function computes.
    """

    def primal(x: Tensor) -> Tensor:
        return unboxed(operator.function(x, *operator.parameters), tracer)

    bias = None if operator.bias is None else unboxed(operator.bias, tracer)
    plain = replace(operator, function=primal, parameters=(), bias=bias)
    solve = replace(posed.solve, x0=stop_gradient(posed.solve.x0))
    x = _solution(posed._replace(operator=plain, b=unboxed(posed.b, tracer), solve=solve))
    change = tangents_of(posed.b - operator.apply(x), tracer, plain_zero)
    again = solve.gradient_solve or replace(solve, x0=None)
    dx = _solution(posed._replace(operator=plain, b=change, solve=again), "tangent")
    return paired(x, dx, tracer)
