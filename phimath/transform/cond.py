"""Branches chosen by a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.dtype import BOOL
from phimath.elementwise import where
from phimath.errors import DTypeError, ShapeError
from phimath.leaves import as_tensor
from phimath.tensor import Tensor
from phimath.tensor_tree import tree_map
from phimath.transform.natives import numbers_as_tensors
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable


def cond(
    predicate: Tensor | bool,
    true: Callable[..., Any],
    false: Callable[..., Any],
    *state: Any,
) -> Any:
    """`true(*state)` if the predicate holds, else `false(*state)`.

    A predicate whose value is known calls one of the two.  For one with batch dimensions, and while
    a compiler or JAX's differentiation traces, both are evaluated and each element is selected
    with `where`: both must be safe to call.  Derivatives pass through the selected one, but NaN
    where that of the other is infinite or NaN: guard it, such as `sqrt(where(x > 0, x, 1))`.

    Args:
        predicate: Boolean, with batch dimensions at most.
        true: Function of the state that returns a tree.
        false: Likewise, a tree of the same structure.
        state: Trees.

    Raises:
        DTypeError: the predicate is not boolean.
        ShapeError: the predicate has other than batch dimensions, or the trees differ.
    """
    condition = as_tensor(predicate)
    if condition.dtype is not BOOL:
        raise DTypeError(
            f"cond() chooses by a boolean, not by {condition.dtype}. Compare first, e.g. x != 0."
        )
    if condition.shape.non_batch:
        raise ShapeError(
            f"cond() chooses one branch per example, not by a predicate of shape "
            f"{condition.shape}. Reduce it with any(…) or all(…), or use where()."
        )
    if not condition.rank and condition.available:
        return true(*state) if bool(condition) else false(*state)
    outputs = numbers_as_tensors(true(*state)), numbers_as_tensors(false(*state))
    structures = [flatten(output, Tensor)[1] for output in outputs]
    if structures[0] != structures[1]:
        raise ShapeError(
            f"The branches return {structures[0]} and {structures[1]} (* is a tensor). "
            "Return trees with equal containers, keys and static values."
        )
    return tree_map(lambda a, b: where(condition, a, b), *outputs)
