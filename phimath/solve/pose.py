"""From what users give, a function, matrix or operator and a right-hand side, to the problem."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.create import zeros_like
from phimath.dtype import complex_dtype, float_dtype
from phimath.errors import DTypeError, ShapeError
from phimath.leaves import as_tensor
from phimath.reduce import any as any_of
from phimath.shape import merge_shapes
from phimath.solve.function import FunctionOperator
from phimath.solve.unknowns import HasValues, UnknownForm
from phimath.sparse import DenseMatrix, LinearOperator, Sparse, SparseMatrix
from phimath.tensor import Tensor
from phimath.transform import LinearFunction
from phimath.transform.closed import may_be_differentiated
from phimath.transform.effects import is_tracing
from phimath.transform.tracer.dual import DualBackend
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import Shape
    from phimath.solve.problem import Solve
    from phimath.transform.linearize.form import LinearForm


class Posed(NamedTuple):
    """A problem: A x = b, and the form in which users know x, as settings have it in tensors."""

    operator: LinearOperator
    b: Tensor
    solve: Solve
    form: UnknownForm | LinearForm


def pose(f: Any, y: Any, solve: Solve, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Posed:
    """The problem f(x, *args, **kwargs) = y."""
    if isinstance(f, LinearOperator | Tensor):
        if args or kwargs:
            raise ShapeError(
                "Arguments after `solve` are passed to a function, but a matrix takes none."
            )
        return _pose_operator(f, y, solve)
    if not callable(f):
        raise DTypeError(
            f"solve_linear solves for the argument of a function, a matrix or a LinearOperator, "
            f"not of {type(f).__name__}."
        )
    if isinstance(f, LinearFunction):
        return _pose_linear(f, y, solve, args, kwargs)
    return _pose_function(f, y, solve, args, kwargs)


def _pose_linear(
    f: LinearFunction, y: Any, solve: Solve, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Posed:
    """By the matrix, if the unknowns are all tensors of a tree and not some in an object."""
    template = y if solve.x0 is None else solve.x0
    leaves, _ = flatten(template, (Tensor, HasValues))
    if not leaves or not all(isinstance(leaf, Tensor) for leaf in leaves):
        return _pose_function(f.function, y, solve, args, kwargs)
    found = f.linearized(template, *args, **kwargs)
    if not found.unknowns.shape.non_batch or not found.results.shape.non_batch:
        return _pose_function(f.function, y, solve, args, kwargs)
    x0 = None if solve.x0 is None else found.unknowns.pack(solve.x0)
    b = found.results.pack(y)
    _check_equations(found.bias, b)
    b = b - found.bias
    operator = matrix_operator(found.matrix, b, found.unknowns.shape)
    return Posed(operator, b, replace(solve, x0=x0), found.unknowns)


def _pose_operator(f: LinearOperator | Tensor, y: Any, solve: Solve) -> Posed:
    right = UnknownForm.of(y)
    given = right if solve.x0 is None else UnknownForm.of(solve.x0)
    b = right.pack(y)
    x0 = None if solve.x0 is None else as_tensor(given.pack(solve.x0))
    operator = (
        f
        if isinstance(f, LinearOperator)
        else matrix_operator(f, b, None if x0 is None else x0.shape)
    )
    missing = [name for name in operator.rows or () if name not in b.shape]
    if missing:
        raise ShapeError(
            f"The matrix has rows along {', '.join(operator.rows or ())}, but the right-hand side "
            f"of shape {b.shape} has no dimension '{missing[0]}'. Rename or expand one of them."
        )
    return Posed(operator, b, replace(solve, x0=x0), given)


def matrix_operator(
    matrix: Tensor, b: Tensor, unknowns: Shape | None
) -> DenseMatrix | SparseMatrix:
    """Operator of a matrix, dense or sparse.

    Raises:
        ShapeError: its rows are not the equations that b lists.
    """
    if isinstance(matrix, Sparse):
        operator = SparseMatrix.of(matrix, unknowns)
    else:
        operator = DenseMatrix.of(matrix, unknowns)
    for dim in operator.row_dims.dims:
        if dim.name in b.shape and b.shape.get_size(dim.name) != dim.size:
            raise ShapeError(
                f"The matrix of shape {matrix.shape} has {dim.size} rows along '{dim.name}', but "
                f"the right-hand side has the shape {b.shape}."
            )
    return operator


def _pose_function(
    f: Callable[..., Any], y: Any, solve: Solve, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Posed:
    template = y if solve.x0 is None else solve.x0
    unknowns, right = UnknownForm.of(template), UnknownForm.of(y)
    zero = unknowns.unpack(zeros_like(unknowns.pack(template)))
    first = f(zero, *args, **kwargs)
    equations = UnknownForm.of(first)
    x, bias = unknowns.pack(zero), equations.pack(first)
    b = right.pack(y)
    if x.shape.non_batch != bias.shape.non_batch or right.layout != equations.layout:
        unknowns, equations = (UnknownForm.of(t, as_vector=True) for t in (zero, first))
        right = UnknownForm.of(y, as_vector=True)
        x, bias, b = unknowns.pack(zero), equations.pack(first), right.pack(y)
    _check_equations(bias, b)
    domain = merge_shapes(x.shape, bias.shape.batch, b.shape.batch)
    is_complex = "complex" in (x.dtype.kind, bias.dtype.kind, b.dtype.kind)

    def function(x: Tensor, f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        return equations.pack(f(unknowns.unpack(x), *args, **kwargs))

    operator = FunctionOperator(
        function,
        (f, args, kwargs),
        None if _is_known_zero(bias) else bias,
        domain,
        complex_dtype() if is_complex else float_dtype(),
        x.shape.non_batch == bias.shape.non_batch,
    )
    x0 = None if solve.x0 is None else unknowns.pack(solve.x0)
    b = (b if operator.bias is None else b - bias).expanded(merge_shapes(domain.batch, bias.shape))
    return Posed(operator, b, replace(solve, x0=x0), unknowns)


def _check_equations(found: Tensor, b: Tensor) -> None:
    extra = b.shape.non_batch.without(found.shape)
    sizes = [
        name
        for name in b.shape.non_batch.names
        if name in found.shape and found.shape.get_size(name) != b.shape.get_size(name)
    ]
    if extra or sizes:
        raise ShapeError(
            f"f(x) has the shape {found.shape}, but the right-hand side {b.shape}. Both must list "
            "the same equations."
        )


def _is_known_zero(bias: Tensor) -> bool:
    """Whether a function is linear rather than affine, as far as can be told.

    A constant that is zero may still have a derivative.
    """
    dense = bias.dense()
    if is_tracing() or isinstance(dense.backend, DualBackend):
        return False
    if may_be_differentiated(dense.backend, [dense.stored_native]):
        return False
    return not bool(any_of(bias != 0, bias.shape) if bias.rank else bias != 0)
