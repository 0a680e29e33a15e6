"""The arguments and results of a linear function as one tensor each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.broadcast import Signature
from phimath.dimension import instance
from phimath.dtype import complex_dtype, float_dtype
from phimath.errors import DTypeError
from phimath.layout import UNKNOWN, VectorLayout, as_unknowns, layout_of
from phimath.shape import Shape, merge_shapes
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import tensors_in
from phimath.transform.natives import disassemble, signatures, transform_backend

if TYPE_CHECKING:
    from phimath.dtype import DType


@final
@dataclass(frozen=True)
class LinearForm:
    """Between a tree and the tensor that has all its numbers.

    layout: of several tensors in a vector; `None` for a single one, which stays as it is.
    shape: The dimensions of the tensor, batch dimensions first.
    """

    layout: VectorLayout | None
    shape: Shape
    dtype: DType

    @staticmethod
    def of(tree: Any, *, as_vector: bool = False) -> LinearForm:
        """Form of trees like this one.

        Raises:
            DTypeError: a tensor holds integers or booleans.
        """
        tensors = tensors_in(as_unknowns(tree))
        if not all(tensor.dtype.is_floating for tensor in tensors):
            wrong = next(tensor for tensor in tensors if not tensor.dtype.is_floating)
            raise DTypeError(
                f"A function is linear in floating numbers, not in {wrong.dtype} of shape "
                f"{wrong.shape}. Convert it with to_float(x), or name it in auxiliary_args."
            )
        is_complex = any(tensor.dtype.kind == "complex" for tensor in tensors)
        dtype = complex_dtype() if is_complex else float_dtype()
        batch = merge_shapes(*(tensor.shape.batch for tensor in tensors))
        is_plain = isinstance(tree, Tensor) and tree.shape.is_uniform and not tree.shape.dual
        if is_plain and not as_vector:
            return LinearForm(None, Shape(*batch.dims, *tree.shape.non_batch.dims), dtype)
        layout = layout_of(tree, batch, kinds=("float", "complex"))
        shape = Shape(*batch.dims, *instance(**{UNKNOWN: layout.size}).dims)
        return LinearForm(layout, shape, dtype)

    def pack(self, tree: Any) -> Tensor:
        """The tensor of a tree."""
        return tensors_in(as_unknowns(tree))[0] if self.layout is None else self.layout.pack(tree)

    def unpack(self, tensor: Tensor) -> Any:
        """The tree of a tensor."""
        return tensor if self.layout is None else self.layout.unpack(tensor)

    def zero(self, example: Any) -> Dense:
        """Zeros on the backend of an example."""
        parts = signatures(disassemble(example)[1])
        backend = transform_backend(parts)
        while backend.inner is not None:
            backend = backend.inner
        native = backend.full(self.shape.int_sizes, 0, self.dtype)
        whole = self.shape.sorted_by_type()
        return Dense(native, Signature(backend, self.dtype, whole, self.shape))
