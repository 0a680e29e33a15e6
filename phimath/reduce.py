"""Reductions: fewer values from many, along dimensions given by name, by type, or all but batch.

Floating results have the precision of the context; sums and products of booleans and integers are
64-bit integers.  Dimensions expanded lazily are accounted for without being stored.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import inf, nan
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, final, runtime_checkable

from phimath.broadcast import Signature
from phimath.dimension import Varying
from phimath.dtype import BOOL, FLOAT32, INT64, UINT64, DType, precision_bits, promote
from phimath.elementwise import is_finite, safe_div, sqrt, where
from phimath.errors import DTypeError, ShapeError
from phimath.extremum import at_max, at_min
from phimath.filters import non_batch
from phimath.join import stack_tensors
from phimath.leaves import as_tensor
from phimath.shape import DimFilter, Shape, dim_names
from phimath.stacked import Stacked
from phimath.table import OPERATIONS
from phimath.tensor import Dense, Tensor, apply

if TYPE_CHECKING:
    from phimath.broadcast import Native

Filter: TypeAlias = "DimFilter | Callable[[Shape], Shape]"


@runtime_checkable
class Reducible(Protocol):
    """What reduces itself: storages and fields that bring their own rule."""

    def reduced(self, reduction: str, dims: DimFilter) -> Any:
        """Result of `sum`, `prod`, `mean`, `max`, `min`, `any`, `all` or a loss over dimensions."""
        ...


@final
@dataclass(frozen=True, eq=False)
class Reduction:
    """One kind of reduction.

    combine: operation that joins the results of two parts.
    along_expanded: from the result and the number of repetitions to that for repeated values.
    """

    name: str
    combine: str
    along_expanded: Callable[[Any, int], Any] | None = None


_ROWS: Final = (
    Reduction("sum", "add", lambda result, count: result * count),
    Reduction("prod", "multiply", lambda result, count: result**count),
    Reduction("mean", "add"),
    Reduction("max", "maximum"),
    Reduction("min", "minimum"),
    Reduction("any", "bitwise_or"),
    Reduction("all", "bitwise_and"),
)
REDUCTIONS: Final = {row.name: row for row in _ROWS}


def reduced_dtype(name: str, dtype: DType, bits: int) -> DType:
    """Element type of the result of a reduction; the operand is cast to it first.

    Raises:
        DTypeError: `any` and `all` of numbers, the largest of complex numbers.
    """
    if name in ("any", "all"):
        if dtype is not BOOL:
            raise DTypeError(
                f"{name}() is defined for booleans, not for {dtype}. Compare first, e.g. {name}(x "
                "!= 0)."
            )
        return dtype
    if name in ("max", "min"):
        if dtype.kind == "complex":
            raise DTypeError(
                f"{name}() is not defined for complex numbers. Use real(x), imag(x) or abs(x)."
            )
        return promote(dtype, bits=bits)
    if dtype.is_floating:
        return promote(dtype, bits=bits)
    if name == "mean":
        return promote(FLOAT32, bits=bits)
    return UINT64 if dtype.kind == "uint" else INT64


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Cast or `None`, axes (none if nothing stored is reduced), function, count of repetitions."""

    cast: DType | None
    axes: tuple[int, ...]
    function: Callable[[Native, tuple[int, ...]], Native]
    result: Signature
    repetitions: int
    reduction: Reduction

    def run(self, native: Native) -> Native:
        if self.cast is not None:
            native = self.result.backend.cast(native, self.cast)
        return self.function(native, self.axes) if self.axes else native


@lru_cache(maxsize=16384)
def _plan(name: str, signature: Signature, dims: Filter, bits: int) -> _Plan:
    shape, stored = signature.shape, signature.stored
    reduced = shape.resolve(dims)
    dtype = reduced_dtype(name, signature.dtype, bits)
    axes = tuple(i for i, dim in enumerate(stored.names) if dim in reduced)
    result = Signature(signature.backend, dtype, shape.without(reduced), stored.without(reduced))
    repetitions = Shape(*(dim for dim in reduced.dims if dim.name not in stored)).volume
    cast = None if dtype is signature.dtype else dtype
    function = getattr(signature.backend, name)
    return _Plan(cast, axes, function, result, repetitions, REDUCTIONS[name])


def reduce_tensor(name: str, value: Any, dims: DimFilter) -> Any:
    """Reduction by name along dimensions."""
    if value.__class__ is Dense:
        if isinstance(dims, (list, set)):  # can't be looked up
            dims = dim_names(dims, value.shape)
        plan = _plan(name, value.signature, dims, precision_bits())
        result = Dense(plan.run(value.stored_native), plan.result)
        if plan.repetitions != 1 and plan.reduction.along_expanded:
            return plan.reduction.along_expanded(result, plan.repetitions)
        return result
    if isinstance(value, Stacked):
        return _reduce_stacked(name, value, value.shape.resolve(dims).names)
    if isinstance(value, Reducible):
        return value.reduced(name, dims)
    tensor = as_tensor(value)
    return reduce_tensor(name, tensor if isinstance(tensor, Stacked) else tensor.dense(), dims)


def _reduce_stacked(name: str, value: Stacked, names: tuple[str, ...]) -> Tensor:
    if value.along not in names:
        return value.map(lambda component: reduce_tensor(name, component, names))
    if name == "mean":
        dtype = reduced_dtype(name, value.dtype, precision_bits())
        return reduce_tensor("sum", value.cast(dtype), names) / value.shape.resolve(names).volume
    rest = tuple(other for other in names if other != value.along)
    for dim in value.shape.dims:
        if isinstance(dim.size, Varying) and dim.name not in names:
            raise ShapeError(
                f"Cannot reduce {value.shape} along '{value.along}' alone, because the size of "
                f"'{dim.name}' varies along it. "
                f"Reduce '{dim.name},{value.along}' or use pad_to_uniform(t) first."
            )
    parts = [reduce_tensor(name, component, rest) for component in value.components]
    if len(parts) > _CHAINED and builtins.all(isinstance(part, Dense) for part in parts):
        return reduce_tensor(name, stack_tensors(parts, value.dim), value.along)
    operation = OPERATIONS[REDUCTIONS[name].combine]
    return reduce(lambda a, b: apply(operation, a, b), parts)


# Results of up to this many components are combined one by one, of more in one native call.
_CHAINED: Final = 4


# --- public ---


def sum(value: Any, dim: DimFilter = non_batch) -> Any:
    """Sum along dimensions."""
    return reduce_tensor("sum", value, dim)


def prod(value: Any, dim: DimFilter = non_batch) -> Any:
    """Product along dimensions."""
    return reduce_tensor("prod", value, dim)


def mean(value: Any, dim: DimFilter = non_batch, weight: Any = None) -> Any:
    """Mean along dimensions, of integers and booleans too.

    weight: one per element, broadcast by name; where all weights are 0 the mean is NaN.
    """
    if weight is None:
        return reduce_tensor("mean", value, dim)
    value, weight = as_tensor(value), as_tensor(weight)
    # Both have all dimensions, so that repeated elements are counted in both sums.
    weight = weight.expanded(value.shape)
    return sum(value * weight, dim) / sum(weight, dim)


def std(value: Any, dim: DimFilter = non_batch) -> Any:
    """Standard deviation of the population along dimensions: root of the mean squared deviation."""
    return sqrt(variance(value, dim))


def variance(value: Any, dim: DimFilter = non_batch) -> Any:
    """Mean squared deviation from the mean along dimensions."""
    value = as_tensor(value)
    deviation = value - mean(value, dim)
    square = apply(OPERATIONS["real"], deviation * apply(OPERATIONS["conjugate"], deviation))
    return mean(square if value.dtype.kind == "complex" else deviation * deviation, dim)


def max(value: Any, dim: DimFilter = non_batch, key: Tensor | None = None) -> Any:
    """Largest value along dimensions, for real numbers and booleans.

    key: return the values at its largest element instead, as `at_max`.
    """
    return reduce_tensor("max", value, dim) if key is None else at_max(value, key, dim)


def min(value: Any, dim: DimFilter = non_batch, key: Tensor | None = None) -> Any:
    """Smallest value along dimensions, for real numbers and booleans.

    key: return the values at its smallest element instead, as `at_min`.
    """
    return reduce_tensor("min", value, dim) if key is None else at_min(value, key, dim)


def any(boolean_value: Any, dim: DimFilter = non_batch) -> Any:
    """Whether any boolean along the dimensions is true."""
    return reduce_tensor("any", boolean_value, dim)


def all(boolean_value: Any, dim: DimFilter = non_batch) -> Any:
    """Whether all booleans along the dimensions are true."""
    return reduce_tensor("all", boolean_value, dim)


# --- finite elements only ---


def _finite(name: str, value: Any, dim: DimFilter, filler: float, default: float) -> Any:
    value = as_tensor(value)
    finite = is_finite(value)
    result = reduce_tensor(name, where(finite, value, filler), dim)
    return where(any(finite, dim), result, default)


def finite_sum(value: Any, dim: DimFilter = non_batch, default: float = nan) -> Any:
    """Sum of the finite elements along dimensions; `default` where there is none."""
    return _finite("sum", value, dim, 0, default)


def finite_max(value: Any, dim: DimFilter = non_batch, default: float = nan) -> Any:
    """Largest finite element along dimensions; `default` where there is none."""
    return _finite("max", value, dim, -inf, default)


def finite_min(value: Any, dim: DimFilter = non_batch, default: float = nan) -> Any:
    """Smallest finite element along dimensions; `default` where there is none."""
    return _finite("min", value, dim, inf, default)


def finite_mean(value: Any, dim: DimFilter = non_batch, default: float = nan) -> Any:
    """Mean of the finite elements along dimensions; `default` where there is none."""
    value = as_tensor(value)
    finite = is_finite(value)
    count = sum(finite, dim)
    return where(count > 0, safe_div(sum(where(finite, value, 0), dim), count), default)


def finite_std(value: Any, dim: DimFilter = non_batch, default: float = nan) -> Any:
    """Standard deviation of the finite elements along dimensions; `default` where there is none."""
    value = as_tensor(value)
    deviation = where(is_finite(value), value, nan) - finite_mean(value, dim, 0)
    result = sqrt(finite_mean(deviation * deviation, dim, 0))
    return where(any(is_finite(value), dim), result, default)


__all__ = [
    "all",
    "any",
    "finite_max",
    "finite_mean",
    "finite_min",
    "finite_std",
    "finite_sum",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "variance",
]
