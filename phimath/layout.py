"""Trees of tensors as vectors, the form in which optimisers and Krylov methods see unknowns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from phimath.create import expand
from phimath.dimension import Dim, instance
from phimath.dimension import batch as batch_type
from phimath.dims import pack_dims, unpack_dim
from phimath.dtype import complex_dtype, float_dtype
from phimath.errors import DTypeError, NotSupported
from phimath.join import concat
from phimath.shape import EMPTY_SHAPE, Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import Tensor
from phimath.tree import Structure, flatten
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The vector has this dimension besides those of the batch.
UNKNOWN = "unknown"


class StackedPart(NamedTuple):
    """A lazily stacked tensor, whose components are listed one after the other."""

    dim: Dim
    components: tuple[Part, ...]


# What a dense tensor has besides the batch.
Part: TypeAlias = "Shape | StackedPart"


class VectorLayout(NamedTuple):
    """How the tensors of a tree lie in a vector (batch…, unknown).

    batch: Dimensions of independent problems; all others belong to the unknowns.
    """

    structure: Structure
    parts: tuple[Part, ...]
    batch: Shape

    @property
    def size(self) -> int:
        """Number of unknowns per problem."""
        return sum(_volume(part) for part in self.parts)

    def pack(self, tree: Any) -> Tensor:
        """Vector (batch…, unknown) of a tree of this layout, in the precision of the context."""
        leaves, _ = flatten(as_unknowns(tree), Tensor)
        is_complex = any(leaf.dtype.kind == "complex" for leaf in leaves)
        dtype = complex_dtype() if is_complex else float_dtype()
        parts = [dense.cast(dtype) for leaf in leaves for dense in _dense(leaf, self.batch)]
        pieces = [_packed(part, self.batch) for part in parts]
        return concat(pieces, UNKNOWN) if len(pieces) > 1 else pieces[0]

    def unpack(self, vector: Tensor) -> Any:
        """The tree, with all batch dimensions of the vector in each tensor."""
        pieces = _pieces(vector, self.parts)
        return self.structure.unflatten([_assembled(part, pieces) for part in self.parts])


def as_unknowns(tree: Any) -> Any:
    """Numbers as floating tensors; trees as they are."""
    if isinstance(tree, Tensor) or flatten(tree, Tensor)[0]:
        return tree
    return wrap(tree).cast(float_dtype())


def batch_of(tree: Any) -> Shape:
    """All batch dimensions that the tensors of a tree have."""
    shapes = [tensor.shape.of_type(batch_type) for tensor in flatten(as_unknowns(tree), Tensor)[0]]
    return merge_shapes(*shapes) if shapes else EMPTY_SHAPE


def layout_of(tree: Any, batch: Shape, *, kinds: Sequence[str] = ("float",)) -> VectorLayout:
    """Layout of trees like this one, whose tensors have values of these kinds.

    Raises:
        DTypeError: a tensor has other values, by default other than real floating ones.
        NotSupported: tensors of different sizes are stacked along a batch dimension.
    """
    leaves, structure = flatten(as_unknowns(tree), Tensor)
    for leaf in leaves:
        if leaf.dtype.kind not in kinds:
            raise DTypeError(
                f"An unknown of shape {leaf.shape} is {leaf.dtype}, but only real floating numbers "
                "are solved for. Convert integers with to_float(x); of complex numbers use the "
                "real and imaginary part as two unknowns."
            )
    return VectorLayout(structure, tuple(_part(leaf, batch) for leaf in leaves), batch)


def _part(tensor: Tensor, batch: Shape) -> Part:
    if _stays_stacked(tensor, batch):
        assert isinstance(tensor, Stacked)
        return StackedPart(tensor.dim, tuple(_part(c, batch) for c in tensor.components))
    return tensor.shape.without([name for name in tensor.shape.names if name in batch])


def _stays_stacked(tensor: Tensor, batch: Shape) -> bool:
    if not isinstance(tensor, Stacked) or tensor.shape.is_uniform:
        return False
    if tensor.along in batch:
        raise NotSupported(
            f"The problems along '{tensor.along}' have unknowns of different sizes, {tensor.shape}."
            " Solve one after the other."
        )
    return True


def _dense(tensor: Tensor, batch: Shape) -> Iterator[Tensor]:
    if _stays_stacked(tensor, batch):
        assert isinstance(tensor, Stacked)
        for component in tensor.components:
            yield from _dense(component, batch)
    else:
        yield tensor.dense()


def _packed(tensor: Tensor, batch: Shape) -> Tensor:
    own = [name for name in tensor.shape.names if name not in batch]
    tensor = expand(tensor, batch)
    if not own:
        return expand(tensor, instance(**{UNKNOWN: 1}))
    return pack_dims(tensor, own, instance(UNKNOWN))


def _pieces(vector: Tensor, parts: Sequence[Part]) -> Iterator[Tensor]:
    """The tensors of a vector, one after the other."""
    start = 0
    for shape in _shapes(parts):
        stop = start + shape.volume
        piece = vector.get({UNKNOWN: slice(start, stop) if shape else start})
        yield unpack_dim(piece, UNKNOWN, shape) if shape else piece
        start = stop


def _shapes(parts: Sequence[Part]) -> Iterator[Shape]:
    for part in parts:
        if isinstance(part, StackedPart):
            yield from _shapes(part.components)
        else:
            yield part


def _volume(part: Part) -> int:
    return sum(shape.volume for shape in _shapes([part]))


def _assembled(part: Part, pieces: Iterator[Tensor]) -> Tensor:
    if isinstance(part, StackedPart):
        return Stacked([_assembled(c, pieces) for c in part.components], part.dim)
    return next(pieces)


__all__ = ["UNKNOWN", "VectorLayout", "as_unknowns", "batch_of", "layout_of"]
