"""Uniform and normal random numbers, made of the same random bits on every framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.backend.boxed import opened
from phimath.context import default
from phimath.dimension_spec import parse_dims
from phimath.dtype import FLOAT64, DType
from phimath.errors import DTypeError, NotSupported, ShapeError, ValueRangeError
from phimath.random.normal import normal_quantile
from phimath.random.state import next_key
from phimath.shape import Shape, merge_shapes
from phimath.tensor import Tensor, dense_of

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.dimension_spec import DimSpec

WORD = 32
_MANTISSA = {16: 11, 32: 24, 64: 53}


def random_uniform(
    *shape: DimSpec,
    low: float | Tensor = 0,
    high: float | Tensor = 1,
    dtype: DType | type | str = float,
) -> Tensor:
    """Uniform random numbers from `low`, included, to `high`, excluded (but for rounding).

    Args:
        *shape: dimensions of the result.
        low: smallest value, a number or a tensor that is aligned by name.
        high: limit of the values.
        dtype: floating type, integer type, or complex: real and imaginary part are drawn
            independently.

    Raises:
        ValueRangeError: integers are asked for with `high` not above `low`.
    """
    full = _full_shape(shape)
    kind = DType(dtype)
    if kind.kind == "bool":
        raise DTypeError("Random booleans are drawn as random_uniform(…) < probability.")
    backend, device = default()
    if kind.kind in ("int", "uint"):
        return _integers(backend, device, full, low, high, kind)
    if kind.kind == "complex":
        part = DType(float, kind.bits // 2)
        parts = [random_uniform(full, low=low, high=high, dtype=part) for _ in range(2)]
        return (parts[0] + parts[1] * 1j).cast(kind)
    if isinstance(low, Tensor) or isinstance(high, Tensor):
        unit = dense_of(_unit(backend, full.volume, kind, device, full.int_sizes), backend, full)
        return (low + unit * (high - low)).cast(kind)
    native = _unit(backend, full.volume, kind, device, full.int_sizes)
    if (low, high) != (0, 1):
        # In 64 bit, so that results in 32 bit don't depend on whether a compiler fuses product and
        # sum.
        wide = backend.cast(native, FLOAT64)
        wide = backend.function("add")(
            backend.function("multiply")(wide, float(high - low)), float(low)
        )
        native = backend.cast(wide, kind)
    return dense_of(native, backend, full)


def random_normal(*shape: DimSpec, dtype: DType | type | str = float) -> Tensor:
    """Normally distributed numbers of mean 0 and variance 1; complex ones have this in both parts.

    Frameworks agree to 4 units in the last place.
    """
    full = _full_shape(shape)
    kind = DType(dtype)
    if not kind.is_floating:
        raise DTypeError(f"Normally distributed numbers are floating or complex, not {kind}.")
    if kind.kind == "complex":
        part = DType(float, kind.bits // 2)
        return (random_normal(full, dtype=part) + random_normal(full, dtype=part) * 1j).cast(kind)
    backend, device = default()
    u = _between_zero_and_one(backend, full.volume, kind, device)
    native = backend.cast(normal_quantile(backend, u), kind)
    return dense_of(backend.reshape(native, full.int_sizes), backend, full)


def _full_shape(dims: tuple[DimSpec, ...]) -> Shape:
    shape = merge_shapes(parse_dims(*dims))
    unknown = [dim.name for dim in shape.dims if dim.size is None]
    if unknown:
        raise ShapeError(
            f"The size of {', '.join(unknown)} is missing in {shape}. Give it, e.g. "
            f"spatial({unknown[0]}=4)."
        )
    return shape


def words(backend: Backend[Any], count: int, per_number: int, device: str | None) -> list[Native]:
    """Independent arrays of `count` 32-bit words as int64."""
    # Of a transform around, the key is a box; what is drawn depends on none of its arrays.
    key = opened(next_key(), backend)
    if not isinstance(key, tuple) and not backend.owns(key):
        raise NotSupported(
            f"Random numbers are drawn by the default backend, {backend.name}, but this function "
            "is compiled for the backend of its arguments. Make that the default: with using(…)."
        )
    bits = backend.random_bits(key, per_number * count, device)
    if per_number == 1:
        return [bits]
    table = backend.reshape(bits, (count, per_number))
    return [backend.get(table, (slice(None), i)) for i in range(per_number)]


def _unit(
    backend: Backend[Any], count: int, dtype: DType, device: str | None, sizes: tuple[int, ...]
) -> Native:
    """Multiples of 2⁻ᵐ in [0, 1) for a mantissa of m bits: exact on every framework."""
    mantissa = _MANTISSA[dtype.bits]
    right, multiply = backend.function("bitwise_right_shift"), backend.function("multiply")
    if mantissa <= WORD:
        integer = right(words(backend, count, 1, device)[0], WORD - mantissa)
    else:
        high, low = words(backend, count, 2, device)
        integer = backend.function("add")(multiply(right(high, 5), 2**26), right(low, 6))
    unit = multiply(backend.cast(integer, FLOAT64), 2.0**-mantissa)
    return backend.reshape(unit if dtype is FLOAT64 else backend.cast(unit, dtype), sizes)


def _between_zero_and_one(
    backend: Backend[Any], count: int, dtype: DType, device: str | None
) -> Native:
    """Midpoints of 2³² or 2⁵² equal intervals, float64: neither 0 nor 1 occurs."""
    add, multiply = backend.function("add"), backend.function("multiply")
    if dtype.bits < 64:
        integer, bits = words(backend, count, 1, device)[0], WORD
    else:
        right = backend.function("bitwise_right_shift")
        high, low = words(backend, count, 2, device)
        integer, bits = add(multiply(right(high, 6), 2**26), right(low, 6)), 52
    return multiply(add(backend.cast(integer, FLOAT64), 0.5), 2.0**-bits)


def _integers(
    backend: Backend[Any],
    device: str | None,
    shape: Shape,
    low: float | Tensor,
    high: float | Tensor,
    dtype: DType,
) -> Tensor:
    """Remainders of 62 random bits: probabilities differ by a factor of 1 + (high - low) 2⁻⁶²."""
    right, multiply = backend.function("bitwise_right_shift"), backend.function("multiply")
    first, second = words(backend, shape.volume, 2, device)
    integer = backend.function("add")(multiply(right(first, 1), 2**31), right(second, 1))
    drawn = dense_of(backend.reshape(integer, shape.int_sizes), backend, shape)
    if not isinstance(low, Tensor) and not isinstance(high, Tensor) and not low < high:
        raise ValueRangeError(
            f"There is no integer from {low} to below {high}. Give random_uniform() low < high."
        )
    return (low + drawn % (high - low)).cast(dtype)
