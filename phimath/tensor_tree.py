"""Trees of tensors: `phimath.tree` with tensors as leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.tensor import Tensor
from phimath.tree import flatten, map_leaves

if TYPE_CHECKING:
    from collections.abc import Callable


def tensors_in(tree: Any) -> list[Tensor]:
    """The tensors of a tree, in the order in which it holds them."""
    return [tree] if isinstance(tree, Tensor) else flatten(tree, Tensor)[0]


def tree_map(function: Callable[..., Any], *trees: Any) -> Any:
    """Tree of `function(tensor, …)` over trees of one structure; static values stay as they are."""
    if all(isinstance(tree, Tensor) for tree in trees):
        return function(*trees)
    return map_leaves(function, *trees, leaf_types=Tensor)


def is_tree(value: object) -> bool:
    """Whether the value is a container that holds at least one tensor."""
    return not isinstance(value, Tensor) and bool(tensors_in(value))


__all__ = ["is_tree", "tensors_in", "tree_map"]
