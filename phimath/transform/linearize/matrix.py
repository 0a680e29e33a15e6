"""Linear functions become matrices: the pattern by one trace, the entries by evaluating them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from phimath.dimension import Dim, dual
from phimath.dims import unpack_tensor
from phimath.elementwise import abs as magnitude
from phimath.errors import NotSupported, ShapeError
from phimath.join import stack_tensors
from phimath.linear_algebra import contract
from phimath.reduce import max as max_of
from phimath.sparse import Sparse
from phimath.sparse.compressed import Compressed
from phimath.sparse.reduced_dims import without_independent
from phimath.tensor import Dense, Tensor
from phimath.transform.effects import effect, is_tracing
from phimath.transform.gradient import stop_gradient
from phimath.transform.linearize.form import LinearForm
from phimath.transform.linearize.pattern import LinearPattern, linear_pattern
from phimath.transform.linearize.probing import entries_of, probe
from phimath.transform.tracer.dependence import NotLinear

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.shape import Shape

DENSE_LIMIT: Final = 1024
"""Unknowns up to which a function that can't be traced is evaluated for each of them."""
# Rounding errors of a function, beside the largest of its results.
TOLERANCE: Final = 2**12


def matrix_from_function(
    f: Callable[..., Any],
    *args: Any,
    auxiliary_args: str | Sequence[str] = (),
    auto_compress: bool = True,
    **kwargs: Any,
) -> tuple[Tensor, Tensor]:
    """Matrix and constant part of a linear or affine function: f(x) = matrix @ x + bias.

    Args:
        f: Takes trees of tensors and returns one.  It runs once to find which results depend on
            which unknowns, then on a few probes, so that the matrix is what it does.
        args: Examples of its arguments; only their form matters, and the values of those that are
            auxiliary.
        kwargs: More arguments, all of them auxiliary.
        auxiliary_args: Names of arguments that f is not linear in.
        auto_compress: Leave out dimensions along which the matrix is a multiple of the identity: of
            2 x there remains the number 2.

    Returns:
        Matrix and bias.  Rows have the dimensions of f(x), columns those of x, dual.  Several
        tensors in x, or in f(x), are one after the other along `unknown`.  Batch dimensions are
        those of independent matrices.  Matrices of few rows or columns are dense, others `csr`.

    Raises:
        NotSupported: f is not linear, the message names the operation; or it does what can't be
            followed and has too many unknowns to try each.
    """
    found = linearized(f, args, kwargs, names_of(auxiliary_args))
    matrix = found.matrix
    if auto_compress and isinstance(matrix, Sparse) and found.has_named_dims:
        matrix = without_independent(matrix)
        if isinstance(matrix, Sparse) and not (matrix.pattern.rows and matrix.pattern.columns):
            matrix = matrix.dense()
    return matrix, found.bias


def names_of(names: str | Sequence[str]) -> tuple[str, ...]:
    """Names given as text or one by one."""
    if isinstance(names, str):
        return tuple(name.strip() for name in names.split(",") if name.strip())
    return tuple(names)


class Linearized(NamedTuple):
    """A linear function as matrix and bias.

    unknowns, results: Between its arguments and results and the tensors that belong to these.
    has_named_dims: Whether rows and columns have the dimensions of the tensors.
    """

    matrix: Tensor
    bias: Tensor
    unknowns: LinearForm
    results: LinearForm

    @property
    def has_named_dims(self) -> bool:
        """Whether rows and columns have the dimensions of single tensors."""
        return self.unknowns.layout is None and self.results.layout is None


def linearized(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], auxiliary: Sequence[str]
) -> Linearized:
    """A function of some of its arguments as matrix."""
    bound = inspect.signature(f).bind(*args, **kwargs)
    names = linear_names(bound, kwargs, auxiliary)
    example = bound.arguments[names[0]] if len(names) == 1 else tuple(
        bound.arguments[name] for name in names
    )  # fmt: skip

    def call(tree: Any) -> Any:
        values = (tree,) if len(names) == 1 else tree
        changed = inspect.BoundArguments(
            bound.signature, {**bound.arguments, **dict(zip(names, values, strict=True))}
        )
        return f(*changed.args, **changed.kwargs)

    return _linearized(call, example)


def linear_names(
    bound: inspect.BoundArguments, kwargs: dict[str, Any], auxiliary: Sequence[str]
) -> list[str]:
    """Arguments that the function is linear in.

    Raises:
        ShapeError: a name is wrong, or none is left.
    """
    unknown = [name for name in auxiliary if name not in bound.signature.parameters]
    if unknown:
        raise ShapeError(
            f"There is no argument '{unknown[0]}' to be auxiliary. The arguments are "
            f"{', '.join(bound.signature.parameters)}."
        )
    names = [name for name in bound.arguments if name not in auxiliary and name not in kwargs]
    if not names:
        raise ShapeError(
            "No argument is left for the function to be linear in. Give one by position that is "
            "not auxiliary."
        )
    return names


def _linearized(call: Callable[[Any], Any], example: Any) -> Linearized:
    unknowns = LinearForm.of(example)
    zero = unknowns.zero(example)
    with np.errstate(all="ignore"):
        results = LinearForm.of(call(unknowns.unpack(zero)))

    def function(x: Tensor) -> Tensor:
        return results.pack(call(unknowns.unpack(x)))

    try:
        pattern = linear_pattern(function, zero)
        matrix = _sparse(pattern, zero.shape, entries_of(function, zero, pattern))
        bias = pattern.bias
    except NotLinear:
        raise
    except NotSupported as error:
        matrix, bias = _column_by_column(function, zero, error)
    _verify(function, matrix, bias, zero)
    return Linearized(matrix, bias, unknowns, results)


def _sparse(pattern: LinearPattern, shape: Shape, values: Tensor) -> Tensor:
    rows, columns = pattern.rows, shape.non_batch.as_type(dual)
    matrix = Sparse(Compressed(rows, columns, pattern.matrix), values)
    is_full = pattern.matrix.entries == rows.volume * columns.volume
    return matrix.dense() if is_full or not rows or not columns else matrix


def _column_by_column(
    function: Callable[[Tensor], Tensor], zero: Dense, error: NotSupported
) -> tuple[Tensor, Tensor]:
    """Dense matrix and bias by evaluating the function for each unknown."""
    columns = zero.shape.non_batch
    count = columns.volume
    if count > DENSE_LIMIT or is_tracing():
        raise error
    bias = function(zero)
    number = np.arange(count)
    found = [function(probe(zero, number == i)) - bias for i in range(count)]
    if not columns:
        return found[0], bias
    stacked = stack_tensors(found, Dim("~_cells", dual, count, None))
    return unpack_tensor(stacked, "~_cells", columns.as_type(dual)), bias


def _verify(
    function: Callable[[Tensor], Tensor], matrix: Tensor, bias: Tensor, zero: Dense
) -> None:
    """Compare matrix and function at random x; in programs when they run.

    Raises:
        NotLinear: they differ.
    """
    x = _random(zero)
    names = zero.shape.non_batch.names
    columns = tuple(f"~{name}" for name in names)
    product = contract(matrix, columns, x, names) if names else matrix * x
    expected, found = stop_gradient((function(x), product + bias))
    deviation, size = _largest(found - expected), _largest(expected) + _largest(bias)
    bits = zero.dtype.precision
    limit = TOLERANCE * float(np.finfo(f"float{bits}").eps) * size
    if is_tracing():
        excess = deviation - limit
        effect(excess, _report, excess)
    elif deviation.available:
        _report(deviation - limit)


def _report(excess: Tensor) -> None:
    if not float(excess) <= 0:  # NaN is no agreement
        raise NotLinear(
            "The function differs from the matrix that was made of it, at a random argument by "
            f"{float(excess):.1e} more than rounding explains. It is not linear, or not always the "
            "same, or mixes batch entries, which are independent systems."
        )


def _largest(tensor: Tensor) -> Tensor:
    return max_of(magnitude(stop_gradient(tensor)), tensor.shape)


def _random(zero: Dense) -> Dense:
    generator, sizes = np.random.default_rng(0), zero.signature.stored.int_sizes
    kind = np.float64 if zero.dtype.precision == 64 else np.float32
    array: Any = 2 * generator.random(sizes, kind) - 1
    if zero.dtype.kind == "complex":
        array = array + 1j * (2 * generator.random(sizes, kind) - 1)
    native = zero.backend.from_numpy(
        array.astype(zero.dtype.name, copy=False), zero.backend.device(zero.stored_native)
    )
    return Dense(native, zero.signature)
