"""Derivatives of periodic fields by Fourier transforms, exact for all waves on the grid."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from phimath.create import vector_of
from phimath.elementwise import real, where
from phimath.errors import BoundaryError, ShapeError
from phimath.join import stack
from phimath.spectral import fft, fftfreq, ifft
from phimath.spectral import fourier_laplace as laplace_of_tensor
from phimath.spectral import fourier_poisson as poisson_of_tensor
from phisim.field.boundary import is_periodic
from phisim.field.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor


def fourier_laplace(field: Field, times: int = 1) -> Field:
    """∇² of a periodic field, `times` times; centered or staggered.

    Raises:
        BoundaryError: a side is not periodic.
    """
    dx = spacing_of(field, "fourier_laplace")
    return by_component(field, lambda values: laplace_of_tensor(values, dx, times))


def fourier_poisson(field: Field, times: int = 1) -> Field:
    """Solution of ∇²u = field without mean, `times` times; the mean of the field is ignored.

    Raises:
        BoundaryError: a side is not periodic.
    """
    dx = spacing_of(field, "fourier_poisson")
    return by_component(field, lambda values: poisson_of_tensor(values, dx, times))


def fourier_gradient(field: Field) -> Field:
    """Gradient (…, vector) at the points of a centered, periodic scalar field.

    The wave of two cells, whose derivative a grid can't tell, counts as constant.

    Raises:
        ShapeError: the field is staggered or a vector.
        BoundaryError: a side is not periodic.
    """
    if field.is_staggered or "vector" in field.shape:
        raise ShapeError(f"fourier_gradient takes a centered scalar field, not {field!r}.")
    dx = spacing_of(field, "fourier_gradient")
    frequency = fftfreq(field.resolution, dx)
    transformed = fft(field.values, field.axes)
    parts: list[Tensor] = []
    for axis in field.axes:
        k = frequency.vector[axis]
        shortest = 0.5 / field.geometry.spacing(axis)
        k = where(abs(k) > shortest * (1 - 1e-6), 0.0, k)
        parts.append(real(ifft(transformed * (k * (2j * math.pi)), field.axes)))
    return replace(field, values=stack(parts, field.geometry.vector))


def by_component(field: Field, function: Callable[[Tensor], Tensor]) -> Field:
    """Field of a function of the values, for each staggered component on its own."""
    if field.is_centered:
        return replace(field, values=function(field.values))
    parts = [function(field.component(axis)) for axis in field.axes]
    return field.with_components(parts)


def spacing_of(field: Field, what: str) -> Tensor:
    """Cell size as a vector, of a field that is periodic along all axes.

    Raises:
        BoundaryError: it is not.
    """
    for axis in field.axes:
        if not is_periodic(field.boundary, axis):
            raise BoundaryError(
                f"{what} needs a periodic field, but along '{axis}' the boundary is "
                f"{field.boundary}. Use finite differences, or boundary=PERIODIC."
            )
    return vector_of({axis: field.geometry.spacing(axis) for axis in field.axes})
