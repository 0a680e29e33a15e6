"""Discrete Fourier transforms along named dimensions, and periodic solvers."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.discovery import load
from phimath.broadcast import Signature
from phimath.dimension import channel, spatial
from phimath.dtype import DType, complex_dtype, float_dtype
from phimath.elementwise import abs, exp, real, where
from phimath.errors import DTypeError, ShapeError
from phimath.reduce import sum as sum_over
from phimath.shape import Shape
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor, dense_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import DimFilter


# --- Fourier transforms ---


def fft(x: Tensor, dims: DimFilter = spatial) -> Tensor:
    """Discrete Fourier transform along `dims`, not normalised.

    Returns: complex numbers in the precision of the context; frequencies as listed by `fftfreq`.
    """
    return transformed(x, dims, complex_dtype(), lambda b, native, axes: b.fft(native, axes))


def ifft(k: Tensor, dims: DimFilter = spatial) -> Tensor:
    """Inverse of `fft`; complex, also where the imaginary part vanishes."""
    return transformed(k, dims, complex_dtype(), lambda b, native, axes: b.ifft(native, axes))


def rfft(x: Tensor, dim: DimFilter = spatial) -> Tensor:
    """Fourier transform of real numbers along one dimension: n//2 + 1 non-negative frequencies.

    Raises:
        DTypeError: `x` is complex.
        ShapeError: `dim` is more than one dimension.
    """
    require_real(x, "rfft", "fft")
    name = _single(x, dim)
    return transformed(x, name, float_dtype(), lambda b, native, axes: b.rfft(native, axes[0]))


def irfft(k: Tensor, size: int, dim: DimFilter = spatial) -> Tensor:
    """Inverse of `rfft`.

    Args:
        k: frequencies 0 to size//2.
        size: of the real dimension; an even and an odd size have equally many frequencies.
        dim: dimension that lists the frequencies.
    """
    name = _single(k, dim)
    if k.shape.get_size(name) != size // 2 + 1:
        raise ShapeError(
            f"irfft() to size {size} needs {size // 2 + 1} frequencies along '{name}', not "
            f"{k.shape.get_size(name)}."
        )
    return transformed(
        k, name, complex_dtype(), lambda b, native, axes: b.irfft(native, size, axes[0])
    )


def transformed(
    x: Tensor, dims: DimFilter, dtype: DType, function: Callable[[Any, Any, tuple[int, ...]], Any]
) -> Tensor:
    names = x.shape.resolve(dims).names
    if not names:
        raise ShapeError(
            f"There is nothing to transform: {dims!r} selects no dimension of {x.shape}."
        )
    if isinstance(x, Stacked) and x.along not in names:
        return x.map(lambda part: transformed(part, names, dtype, function))
    dense = x.cast(dtype).dense()
    stored = dense.signature.stored
    kept = (*(n for n in stored.names if n not in names), *(n for n in stored.names if n in names))
    order = (
        kept
        if all(n in stored for n in names)
        else (*(n for n in stored.names if n not in names), *names)
    )
    native = dense.stored_in(order)
    # Frameworks are fastest, and some only able, to transform the last axes.
    first = len(order) - len(names)
    backend = dense.backend
    result = function(backend, native, tuple(range(first, len(order))))
    shape = dense.shape
    for n, size in zip(order, backend.sizes(result), strict=True):
        if shape.get_size(n) != size:
            shape = shape.with_size(n, size)
    new_stored = Shape(*(shape.dim(n) for n in order))
    return Dense(result, Signature(backend, backend.dtype(result), shape, new_stored))


def _single(x: Tensor, dim: DimFilter) -> str:
    names = x.shape.resolve(dim).names
    if len(names) != 1:
        raise ShapeError(
            f"One dimension is transformed at a time, but {dim!r} selects {len(names)} of "
            f"{x.shape}. Name one."
        )
    return names[0]


def require_real(x: Tensor, name: str, instead: str) -> None:
    if x.dtype.kind == "complex":
        raise DTypeError(f"{name}() transforms real numbers, not {x.dtype}. Use {instead}().")


def fftfreq(resolution: Shape, dx: float | Tensor = 1, dtype: DType | None = None) -> Tensor:
    """Frequencies, in cycles per unit of length, that belong to the elements of `fft`.

    Args:
        resolution: sizes of the transformed dimensions.
        dx: distance between points: a number, or a vector labelled by the axes.
        dtype: floating type; by default that of the context.

    Returns: vector per frequency, `(*resolution, vector)`.
    """
    axes = resolution.without("vector")
    parts = [
        (_frequencies(axes, name) / _component(dx, name)).expanded(axes) for name in axes.names
    ]
    stacked = Stacked(parts, channel(vector=axes.names).dims[0])
    return stacked if dtype is None else stacked.cast(dtype)


def _frequencies(shape: Shape, name: str) -> Dense:
    """Frequencies along one axis in cycles per cell."""
    array = np.fft.fftfreq(shape.get_size(name)).astype(float_dtype().name)
    dim = shape.dim(name)
    return dense_of(array, load("numpy"), Shape(dim._replace(labels=None)))


def _component(dx: float | Tensor, name: str) -> float | Tensor:
    if isinstance(dx, Tensor):
        for dim in dx.shape.of_type(channel).dims:
            if dim.labels and name in dim.labels:
                return dx.get({dim.name: dim.labels.index(name)})
            if dim.labels:
                raise ShapeError(
                    f"'{dim.name}' of {dx.shape} has no label '{name}'. Label it by all axes."
                )
    return dx


# --- on periodic grids ---


def _laplace_symbol(shape: Shape, dx: float | Tensor) -> Tensor:
    """Factor -(2π)² |k|² of each frequency, which is what the Laplace operator does to it."""
    total: Tensor | None = None
    for name in shape.names:
        k = _frequencies(shape, name) * (2 * pi) / _component(dx, name)
        term = k * k
        total = term if total is None else total + term
    if total is None:
        raise ShapeError("There is no spatial dimension to differentiate along.")
    return -total


def fourier_laplace(grid: Tensor, dx: float | Tensor = 1, times: int = 1) -> Tensor:
    """Laplace operator of a periodic grid, applied `times` times: exact for all resolved waves.

    Args:
        grid: periodic along all spatial dimensions.
        dx: distance between points: a number, or a vector labelled by the axes.
        times: how often the operator is applied.
    """
    symbol = _laplace_symbol(grid.shape.spatial, dx) ** times
    return _like(grid, ifft(fft(grid) * symbol))


def fourier_poisson(grid: Tensor, dx: float | Tensor = 1, times: int = 1) -> Tensor:
    """Inverse of `fourier_laplace`: the solution without mean; the mean of `grid` is ignored.

    Args:
        grid: periodic along all spatial dimensions.
        dx: distance between points: a number, or a vector labelled by the axes.
        times: how often the inverse is applied.
    """
    symbol = _laplace_symbol(grid.shape.spatial, dx)
    mean = symbol == 0
    inverse = where(mean, 0, 1 / where(mean, 1, symbol)) ** times
    return _like(grid, ifft(fft(grid) * inverse))


def _like(grid: Tensor, result: Tensor) -> Tensor:
    return result if grid.dtype.kind == "complex" else real(result)


def frequency_loss(
    x: Tensor,
    frequency_falloff: float = 100,
    threshold: float = 1e-5,
    ignore_mean: bool = False,
    n: int = 2,
) -> Tensor:
    """Loss with weights exp(-½ (k · falloff)²) for frequencies k in cycles per cell.

    Args:
        x: differences to penalise, along spatial dimensions.
        frequency_falloff: the larger, the more weight is on low frequencies.
        threshold: amplitudes below it are ignored, because their magnitude has no derivative at
            zero.
        ignore_mean: leave frequency zero out.
        n: 1 for the sum of amplitudes, 2 for half the sum of their squares.

    Returns: loss per batch element.
    """
    shape = x.shape.spatial
    squared = _laplace_symbol(shape, 1) * (-1 / (2 * pi) ** 2)
    weights = exp(squared * (-0.5 * frequency_falloff**2))
    if ignore_mean:
        weights = where(squared == 0, 0, weights)
    k = fft(x) * weights
    re, im = real(k), real(k * -1j)
    power = re * re + im * im
    counted = power > threshold**2
    power = where(counted, power, 0)
    if n == 2:
        return sum_over(power) * 0.5
    amplitude = where(counted, abs(where(counted, power, 1)) ** 0.5, 0)
    return sum_over(amplitude)


__all__ = [
    "fft",
    "fftfreq",
    "fourier_laplace",
    "fourier_poisson",
    "frequency_loss",
    "ifft",
    "irfft",
    "rfft",
]
