"""Exact inverses of Laplace operators with constant coefficients on boxes.

Along each axis the eigenvectors are known, so that the operator is diagonal after one transform per
axis: fast diagonalisation (Lynch, Rice and Thomas, Direct solution of partial difference equations
by tensor product methods, Numer. Math. 6, 1964).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self, final

import numpy as np

from phimath.broadcast import Signature
from phimath.dtype import DType, complex_dtype, float_dtype
from phimath.elementwise import imag, real, sqrt
from phimath.shape import Shape
from phimath.solve.eigenbasis import BASES, eigenvalues
from phimath.sparse import LinearOperator, StencilOperator, SymmetricOperator
from phimath.tensor import Dense, Tensor
from phimath.transform.effects import is_tracing
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.sparse.stencil_operator import Number, Sides


@final
@dataclass(frozen=True, eq=False)
class Separable(SymmetricOperator):
    """The pseudo-inverse of a `StencilOperator` with constant coefficients, without mask."""

    operator: StencilOperator

    @classmethod
    def of(cls, operator: LinearOperator) -> Self | None:
        """`None` if coefficients or shift vary between cells, or cells are left out."""
        if not isinstance(operator, StencilOperator) or operator.scales is None:
            return None
        return None if operator.active is not None or _varies(operator) else cls(operator)

    def apply(self, x: Tensor) -> Tensor:
        """Solution without null space for a right-hand side, whose part in it is ignored."""
        if x.dtype.kind == "complex":
            return self.apply(real(x)) + 1j * self.apply(imag(x))
        box = _Box.of(self.operator)
        spectrum = _forward(box, _stored(x.cast(float_dtype()), box.cells))
        inverse = _inverse_eigenvalues(box, self.operator, spectrum)
        return _backward(box, (inverse * spectrum).dense())

    @property
    def columns(self) -> tuple[str, ...]:
        """As the operator."""
        return self.operator.columns


@final
@dataclass(frozen=True, eq=False)
class NearlySeparable(SymmetricOperator):
    """Approximate inverse of a `StencilOperator` whose coefficients vary or that has a mask.

    −∇·(a ∇u) is D L D u but for derivatives of D = √a, L having the mean coefficients; so its
    inverse is nearly D⁻¹ L⁻¹ D⁻¹ (Concus and Golub, Use of fast direct methods for the efficient
    numerical solution of nonseparable elliptic equations, SIAM J. Numer. Anal. 10, 1973).
    """

    inverse: Separable
    scaling: Tensor

    @classmethod
    def of(cls, operator: LinearOperator) -> Self:
        """Means are taken over the open faces of each cell, so that closed ones don't count."""
        assert isinstance(operator, StencilOperator)
        scaling = 1.0 / sqrt(operator.relative_coefficients())
        return cls(Separable(operator.averaged()), scaling)

    def apply(self, x: Tensor) -> Tensor:
        """Symmetric, and positive but for what L can't see."""
        return self.scaling * self.inverse.apply(self.scaling * x)

    @property
    def columns(self) -> tuple[str, ...]:
        """As the operator."""
        return self.inverse.columns


def _varies(operator: StencilOperator) -> bool:
    shift = operator.shift
    names = operator.cells.names
    return isinstance(shift, Tensor) and any(name in shift.shape for name in names)


class _Box(NamedTuple):
    """What decides the transforms.

    half: The periodic axis of whose waves only the non-negative frequencies are kept, '' if none.
    """

    cells: Shape
    sides: tuple[Sides, ...]
    half: str

    @classmethod
    def of(cls, operator: StencilOperator) -> _Box:
        names, wraps = operator.cells.names, operator.periodic
        periodic = [name for name, repeats in zip(names, wraps, strict=True) if repeats]
        return cls(operator.cells, operator.sides, periodic[-1] if periodic else "")

    @property
    def dtype(self) -> DType:
        """Of the coefficients."""
        return complex_dtype() if self.half else float_dtype()

    def bases(self) -> list[tuple[str, Sides]]:
        """Axes that are not periodic."""
        pairs = zip(self.cells.names, self.sides, strict=True)
        return [(name, sides) for name, sides in pairs if sides in BASES]

    def other_periodic(self) -> tuple[str, ...]:
        """Periodic axes but one."""
        pairs = zip(self.cells.names, self.sides, strict=True)
        return tuple(n for n, sides in pairs if sides not in BASES and n != self.half)


def _stored(x: Tensor, cells: Shape) -> Dense:
    """With all cells in memory."""
    dense = x.expanded(cells).dense()
    stored = dense.signature.stored
    missing = [name for name in cells.names if name not in stored]
    if not missing:
        return dense
    order = (*stored.names, *missing)
    kept = Shape(*(dense.shape.dim(name) for name in order))
    return Dense(dense.stored_in(order), dense.signature.replace(stored=kept))


def _forward(box: _Box, x: Dense) -> Dense:
    """Coefficients of the eigenvectors; real axes first, so that the rest may be complex."""
    for name, sides in box.bases():
        x = _along(x, [name], lambda b, a, axes, s=sides: BASES[s].forward(b, a, axes[0]))
    if box.half:
        x = _along(x, [box.half], lambda b, a, axes: b.rfft(a, axes[0]))
    if others := box.other_periodic():
        x = _along(x, others, lambda b, a, axes: b.fft(a, axes))
    return x


def _backward(box: _Box, x: Dense) -> Dense:
    if others := box.other_periodic():
        x = _along(x, others, lambda b, a, axes: b.ifft(a, axes))
    if box.half:
        size = box.cells.get_size(box.half)
        x = _along(x, [box.half], lambda b, a, axes: b.irfft(a, size, axes[0]))
    for name, sides in box.bases():
        x = _along(x, [name], lambda b, a, axes, s=sides: BASES[s].backward(b, a, axes[0]))
    return x


def _along(
    x: Dense,
    names: Sequence[str],
    transform: Callable[[Backend[Any], Native, tuple[int, ...]], Native],
) -> Dense:
    backend, stored = x.signature.backend, x.signature.stored
    axes = tuple(stored.position(name) for name in names)
    result = transform(backend, x.stored_native, axes)
    shape, sizes = x.signature.shape, backend.sizes(result)
    for name, axis in zip(names, axes, strict=True):
        if stored.get_size(name) != sizes[axis]:
            shape = shape.with_size(name, sizes[axis])
            stored = stored.with_size(name, sizes[axis])
    return Dense(result, Signature(backend, backend.dtype(result), shape, stored))


# --- eigenvalues ---


def _inverse_eigenvalues(box: _Box, operator: StencilOperator, spectrum: Dense) -> Tensor:
    """1 / eigenvalue, 0 for the null space, and what transforms there and back multiply by."""
    assert operator.scales is not None
    order = tuple(name for name in spectrum.signature.stored.names if name in box.cells)
    scales = _known(operator.scales)
    shift = _known(() if operator.shift is None else (operator.shift,))
    if scales is None or shift is None:
        return _inverse_of_traced(box, operator)
    key = (box, order, scales, sum(shift), operator.is_singular, box.dtype)
    backend = spectrum.backend
    if is_tracing() or backend.inner is not None:
        return _inverse_on_host(*key)
    return _inverse_on_device(backend, spectrum.device, *key)


def _known(values: tuple[Number, ...]) -> tuple[float, ...] | None:
    """The values if they are numbers in main memory, the same for all batch entries."""
    on_host = all(
        value.backend.name == "numpy" and value.available and not value.rank
        for value in values
        if isinstance(value, Tensor)
    )
    return tuple(float(value) for value in values) if on_host else None


@lru_cache(maxsize=8)
def _inverse_on_device(backend: Backend[Any], device: str, *key: Any) -> Dense:
    host = _inverse_on_host(*key)
    native = backend.from_numpy(host.stored_native, device)
    return Dense(native, host.signature.replace(backend=backend))


@lru_cache(maxsize=8)
def _inverse_on_host(
    box: _Box,
    order: tuple[str, ...],
    scales: tuple[float, ...],
    shift: float,
    is_singular: bool,
    dtype: DType,
) -> Dense:
    total = np.full((1,) * len(order), shift)
    for name, scale in zip(box.cells.names, scales, strict=True):
        values = scale * _modes(box, name)
        total = total + values.reshape([-1 if other == name else 1 for other in order])
    if is_singular:
        total[(0,) * len(order)] = np.inf
    inverse = (_factor(box) / total).astype(dtype.name)
    inverse.flags.writeable = False
    sizes = zip(order, inverse.shape, strict=True)
    shape = Shape(*(box.cells.dim(name).with_size(size) for name, size in sizes))
    return wrap(inverse, shape).dense()


def _inverse_of_traced(box: _Box, operator: StencilOperator) -> Tensor:
    assert operator.scales is not None
    total: Any = 0.0 if operator.shift is None else operator.shift
    null: Tensor = wrap(1.0)
    for dim, scale in zip(box.cells.dims, operator.scales, strict=True):
        modes = _modes(box, dim.name)
        shape = Shape(dim._replace(size=len(modes), labels=None))
        total = total + scale * wrap(modes, shape)
        first = wrap((np.arange(len(modes)) == 0).astype(float), shape)
        null = null * first
    if not operator.is_singular:
        return _factor(box) / total
    return (1.0 - null) * (_factor(box) / (total + null))


def _modes(box: _Box, name: str) -> np.ndarray:
    size = box.cells.get_size(name)
    values = eigenvalues(box.sides[box.cells.position(name)], size)
    return values[: size // 2 + 1] if name == box.half else values


def _factor(box: _Box) -> float:
    factor = 1.0
    for name, sides in box.bases():
        factor /= BASES[sides].product(box.cells.get_size(name))
    return factor
