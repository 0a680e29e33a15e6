"""Whether values, or whole trees of them, are equal or close: answers for the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from phimath.errors import ShapeError
from phimath.leaves import as_tensor
from phimath.shape import Shape, merge_shapes, same_dims
from phimath.tensor import HOOKS, Tensor
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LEAVES: Final = (Tensor, bool, int, float, complex, np.ndarray, np.generic)


class _Tolerance(NamedTuple):
    relative: float
    absolute: float
    equal_nan: bool


def equal(*objects: Any, equal_nan: bool = False) -> bool:
    """Whether tensors, numbers or trees are equal in values and dimensions, in any order."""

    def same(a: Tensor, b: Tensor) -> bool:
        exact = _Tolerance(0, 0, equal_nan)
        return same_dims(a.shape, b.shape) and _deviation(a, b, exact) is None

    return _all_same(objects, same)


def close(
    *tensors: Any,
    rel_tolerance: float = 1e-5,
    abs_tolerance: float = 0,
    equal_nan: bool = False,
) -> bool:
    """Whether tensors, numbers or trees are equal within tolerances, matched by name.

    Two values are close if |a - b| ≤ `abs_tolerance` + `rel_tolerance` max(|a|, |b|).  Values that
    don't combine, because sizes or labels differ, are not close.
    """
    tolerance = _Tolerance(rel_tolerance, abs_tolerance, equal_nan)
    return _all_same(tensors, lambda a, b: _deviation(a, b, tolerance) is None)


def assert_close(
    *values: Any,
    rel_tolerance: float = 1e-5,
    abs_tolerance: float = 0,
    msg: str = "",
    equal_nan: bool = True,
) -> None:
    """Check that all tensors, numbers or trees are `close` to the first.

    Raises:
        AssertionError: names the largest deviation, where it is, both values there, and `msg`.
    """
    tolerance = _Tolerance(rel_tolerance, abs_tolerance, equal_nan)
    prefix = f"{msg}: " if msg else ""
    for other in values[1:]:
        pairs = _pairs(values[0], other)
        if pairs is None:
            raise AssertionError(
                f"{prefix}The trees {values[0]!r} and {other!r} differ in structure."
            )
        for path, a, b in pairs:
            deviation = _deviation(a, b, tolerance)
            if deviation is not None:
                raise AssertionError(f"{prefix}{path and f'At {path}: '}{deviation}")


def _all_same(objects: tuple[Any, ...], same: Callable[[Tensor, Tensor], bool]) -> bool:
    for other in objects[1:]:
        pairs = _pairs(objects[0], other)
        if pairs is None or not all(same(a, b) for _, a, b in pairs):
            return False
    return True


def _pairs(a: Any, b: Any) -> list[tuple[str, Tensor, Tensor]] | None:
    """Paths and corresponding tensors of two trees; `None` if their structures differ."""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return [("", _beside(a, b), _beside(b, a))]
    leaves, structure = flatten(a, _LEAVES)
    others, other_structure = flatten(b, _LEAVES)
    if structure != other_structure:
        return None
    rows = zip(structure.paths(), leaves, others, strict=True)
    return [(path, _beside(x, y), _beside(y, x)) for path, x, y in rows]


def _beside(value: Any, partner: Any) -> Tensor:
    if isinstance(value, (tuple, list)) and isinstance(partner, Tensor):
        return HOOKS["operand"](value, partner)
    return as_tensor(value)


def _deviation(a: Tensor, b: Tensor, tolerance: _Tolerance) -> str | None:
    """What differs too much, `None` if nothing does."""
    try:
        shape = merge_shapes(a.shape, b.shape)
    except ShapeError as error:
        return str(error)
    if not shape.is_uniform:
        return _deviation_of_parts(a, b, shape, tolerance)
    return _deviation_of_arrays(_array(a, shape), _array(b, shape), shape, tolerance)


def _deviation_of_parts(a: Tensor, b: Tensor, shape: Shape, tolerance: _Tolerance) -> str | None:
    along = shape.non_uniform.dims[0].size.along  # type: ignore[union-attr]
    for i in range(shape.get_size(along)):
        parts = [t.get({along: i}) if along in t.shape else t for t in (a, b)]
        deviation = _deviation(parts[0], parts[1], tolerance)
        if deviation is not None:
            return f"{along}={i}: {deviation}"
    return None


def _array(tensor: Tensor, shape: Shape) -> NDArray[Any]:
    dense = tensor.expanded(shape).dense()
    return np.asarray(dense.backend.to_numpy(dense.stored_in(shape.names)))


def _deviation_of_arrays(
    a: NDArray[Any], b: NDArray[Any], shape: Shape, tolerance: _Tolerance
) -> str | None:
    # Differences of unsigned integers and booleans don't exist; 64-bit integers keep their digits.
    wide = np.result_type(
        a, b, np.int64 if a.dtype.kind + b.dtype.kind in ("ii", "bb") else np.float64
    )
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(a.astype(wide) - b.astype(wide))
        scale = np.maximum(np.abs(a), np.abs(b))
        allowed = tolerance.absolute + tolerance.relative * np.where(np.isfinite(scale), scale, 0)
        fine = (a == b) | (difference <= allowed)
    if tolerance.equal_nan:
        fine |= np.isnan(a.astype(wide)) & np.isnan(b.astype(wide))
    if fine.all():
        return None
    severity = np.where(fine, -1, np.nan_to_num(difference, nan=np.inf))
    position = np.unravel_index(int(np.argmax(severity)), severity.shape)
    where = ", ".join(f"{name}={int(i)}" for name, i in zip(shape.names, position, strict=True))
    return (
        f"{int((~fine).sum())} of {fine.size} values of {shape} differ, most by "
        f"{difference[position]:.3g}"
        f"{where and f' at {where}'}: {a[position]} and {b[position]} (relative tolerance "
        f"{tolerance.relative:.3g}, absolute {tolerance.absolute:.3g})."
    )


__all__ = ["assert_close", "close", "equal"]
