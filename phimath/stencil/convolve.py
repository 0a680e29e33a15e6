"""Convolution: sums over a neighbourhood with given weights."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from phimath.boundary import as_boundary, pad
from phimath.dimension import spatial
from phimath.errors import ShapeError, ValueRangeError
from phimath.linear_algebra import contract
from phimath.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phimath.shape import DimFilter


def convolve(
    value: Tensor,
    kernel: Tensor,
    size: Literal["same", "full", "valid"] = "same",
    extrapolation: Any = 0,
    dims: DimFilter = spatial,
    strides: int | Mapping[str, int] = 1,
) -> Tensor:
    """Sum of shifted values weighted by a kernel, which is not flipped (a correlation).

    Args:
        value: grid.
        kernel: weights along some of `dims`.  Dual dimensions are contracted with the dimension of
            `value` of the same name (input
            channels); dimensions that `value` lacks are output channels.
        size: `same` as `value`, `full` (wherever the kernel touches the grid) or `valid` (where it
            lies inside).
        extrapolation: boundary of `value`; `None` means `valid`.
        dims: dimensions that may be convolved: those of them that the kernel has are.
        strides: every how many points a result is computed.

    Raises:
        ShapeError: the kernel has no dimension to convolve along, or one that `value` lacks.
        ValueRangeError: `size` is none of the three.
    """
    names = kernel.shape.only(value.shape.resolve(dims), reorder=True).names
    _check(value, kernel, names)
    if extrapolation is None:
        size = "valid"
    lengths = {name: kernel.shape.get_size(name) for name in names}
    padding = {
        "same": {name: (n // 2, (n - 1) // 2) for name, n in lengths.items()},
        "full": {name: (n - 1, n - 1) for name, n in lengths.items()},
        "valid": {},
    }.get(size)
    if padding is None:
        raise ValueRangeError(f"There is no size {size!r}. Use 'same', 'full' or 'valid'.")
    padded = pad(value, padding, as_boundary(extrapolation)) if padding else value
    step = {name: strides if isinstance(strides, int) else strides.get(name, 1) for name in names}
    duals = kernel.shape.dual.names
    total: Tensor | None = None
    for offsets in product(*(range(lengths[name]) for name in names)):
        window: dict[str, int | slice] = {}
        for name, offset in zip(names, offsets, strict=True):
            count = padded.shape.get_size(name) - lengths[name] + 1
            window[name] = slice(offset, offset + max(count, 0), step[name])
        weight = kernel.get(dict(zip(names, offsets, strict=True)))
        part = padded.get(window)
        term = (
            contract(weight, duals, part, tuple(d.removeprefix("~") for d in duals))
            if duals
            else part * weight
        )
        total = term if total is None else total + term
    assert total is not None
    return total


def _check(value: Tensor, kernel: Tensor, names: tuple[str, ...]) -> None:
    if not names:
        raise ShapeError(
            f"The kernel {kernel.shape} shares no dimension with the grid {value.shape} to "
            "convolve along."
        )
    for name in kernel.shape.spatial.names:
        if name not in names:
            raise ShapeError(
                f"The kernel {kernel.shape} has the dimension '{name}', which is not convolved in "
                f"{value.shape}."
            )
    for name in kernel.shape.dual.names:
        if name.removeprefix("~") not in value.shape:
            raise ShapeError(
                f"The kernel's input channels '{name}' need a dimension "
                f"'{name.removeprefix('~')}' in {value.shape}."
            )
