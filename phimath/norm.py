"""Lengths of vectors, losses, and values scaled by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.dimension import channel
from phimath.elementwise import abs as absolute
from phimath.elementwise import conjugate, exp, maximum, real, safe_div, safe_sqrt, sqrt, where
from phimath.filters import non_batch
from phimath.leaves import as_tensor
from phimath.reduce import Reducible
from phimath.reduce import max as largest
from phimath.reduce import sum as total
from phimath.shape import DimFilter
from phimath.tensor import Tensor
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable


def abs_square(complex_values: Any) -> Tensor:
    """Squared magnitude: |z|² of complex numbers, x² of others."""
    values = as_tensor(complex_values)
    if values.dtype.kind == "complex":
        return real(values * conjugate(values))
    return values * values


def squared_norm(vec: Any, vec_dim: DimFilter = channel) -> Tensor:
    """Squared length of vectors, whose components lie along `vec_dim`."""
    return total(abs_square(vec), vec_dim)


def norm(vec: Any, vec_dim: DimFilter = channel, eps: float | Tensor | None = None) -> Tensor:
    """Length of vectors, whose components lie along `vec_dim`; its derivative at 0 is 0.

    eps: lower bound of the squared length.
    """
    square = squared_norm(vec, vec_dim)
    if eps is not None:
        return sqrt(maximum(square, eps))
    return safe_sqrt(square)


def normalize(vec: Any, vec_dim: DimFilter = channel, epsilon: float | Tensor = 0) -> Tensor:
    """Vectors divided by their length; those not longer than `epsilon` become 0."""
    vec = as_tensor(vec)
    length = norm(vec, vec_dim)
    return safe_div(vec, where(length > epsilon, length, 0))


def normalize_to(target: Tensor, source: Any, epsilon: float = 1e-5) -> Tensor:
    """`target` scaled so that its sum over all but batch dimensions is that of `source`.

    epsilon: lower bound of the sum that is divided by.
    """
    return target * (total(source) / maximum(total(target), epsilon))


def l1_loss(x: Any, reduce: DimFilter = non_batch) -> Tensor:
    """Sum of absolute values; those of all tensors and fields of a tree are added up."""
    return _added("l1_loss", x, reduce, absolute)


def l2_loss(x: Any, reduce: DimFilter = non_batch) -> Tensor:
    """Half the sum of squared magnitudes; those of all tensors and fields of a tree add up."""
    # The half after the sum: XLA would make an array of it.
    return _added("l2_loss", x, reduce, abs_square, 0.5)


def _added(
    name: str,
    tree: Any,
    dims: DimFilter,
    of_element: Callable[[Tensor], Tensor],
    factor: float | None = None,
) -> Tensor:
    def reduced(leaf: Any) -> Tensor:
        if not isinstance(leaf, Tensor):
            return leaf.reduced(name, dims)
        found = total(of_element(leaf), dims)
        return found if factor is None else factor * found

    leaves = [tree] if isinstance(tree, Tensor) else flatten(tree, (Tensor, Reducible))[0]
    first, *others = [reduced(leaf) for leaf in leaves or [as_tensor(tree)]]
    for other in others:
        first = first + other
    return first


def softmax(x: Any, reduce: DimFilter) -> Tensor:
    """exp(x) divided by its sum along dimensions, without overflow."""
    x = as_tensor(x)
    scaled = exp(x - largest(x, reduce))
    return scaled / total(scaled, reduce)


__all__ = [
    "abs_square",
    "l1_loss",
    "l2_loss",
    "norm",
    "normalize",
    "normalize_to",
    "softmax",
    "squared_norm",
]
