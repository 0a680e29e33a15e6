"""What is solved for: the tensors of a tree, as one tensor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.layout import as_unknowns, layout_of
from phimath.shape import EMPTY_SHAPE, merge_shapes
from phimath.tensor import Tensor
from phimath.tree import Structure, flatten

if TYPE_CHECKING:
    from phimath.layout import VectorLayout
    from phimath.shape import Shape


class HasValues(ABC):
    """Whatever has `values`, a tensor, and `with_values(…)`, such as a field.

    Only these values are unknown; what else it holds stays as in the guess.
    """

    values: Tensor

    @abstractmethod
    def with_values(self, values: Tensor) -> Any:
        """A copy with other values."""

    @classmethod
    def __subclasshook__(cls, subclass: type) -> bool:
        """Whether a class has both."""
        return hasattr(subclass, "with_values")


@final
@dataclass(frozen=True, eq=False)
class UnknownForm:
    """Between a tree and the one tensor of its unknowns.

    leaves: tensors, and holders of values, which keep what they hold besides.
    layout: of several tensors in a vector; `None` for a single one, which stays as it is.
    """

    structure: Structure
    leaves: tuple[Any, ...]
    layout: VectorLayout | None

    @staticmethod
    def of(tree: Any, *, as_vector: bool = False) -> UnknownForm:
        """Form of trees like this one; numbers count as tensors."""
        leaves, structure = flatten(as_unknowns(tree), (Tensor, HasValues))
        tensors = [_values(leaf) for leaf in leaves]
        layout = None
        if as_vector or len(tensors) != 1 or not tensors[0].shape.is_uniform:
            batch = merge_shapes(*(tensor.shape.batch for tensor in tensors))
            layout = layout_of(tensors, batch, kinds=("float", "complex"))
        return UnknownForm(structure, tuple(leaves), layout)

    @property
    def batch(self) -> Shape:
        """Batch dimensions of all tensors."""
        shapes = [_values(leaf).shape.batch for leaf in self.leaves]
        return merge_shapes(*shapes) if shapes else EMPTY_SHAPE

    def pack(self, tree: Any) -> Tensor:
        """The unknowns of a tree of this form."""
        leaves, _ = flatten(as_unknowns(tree), (Tensor, HasValues))
        tensors = [_values(leaf) for leaf in leaves]
        return tensors[0] if self.layout is None else self.layout.pack(tensors)

    def unpack(self, unknowns: Tensor) -> Any:
        """The tree, with all batch dimensions of the tensor."""
        tensors = [unknowns] if self.layout is None else self.layout.unpack(unknowns)
        pairs = zip(self.leaves, tensors, strict=True)
        return self.structure.unflatten(
            [
                tensor if isinstance(leaf, Tensor) else leaf.with_values(tensor)
                for leaf, tensor in pairs
            ]
        )


def _values(leaf: Any) -> Tensor:
    return leaf if isinstance(leaf, Tensor) else leaf.values
