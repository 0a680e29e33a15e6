"""From trees of tensors to flat lists of native arrays and back.

Lists of arrays are the form in which frameworks transform functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import combine
from phimath.broadcast import Native, Signature
from phimath.context import default_backend
from phimath.errors import NotSupported
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.tree import Structure, flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phimath.backend.contract import Backend
    from phimath.dimension import Dim


@dataclass(frozen=True)
class DenseForm:
    """A dense tensor without its array."""

    signature: Signature


@dataclass(frozen=True)
class StackedForm:
    """A lazily stacked tensor without its arrays."""

    dim: Dim
    components: tuple[TensorForm, ...]


TensorForm = DenseForm | StackedForm


@dataclass(frozen=True)
class TreeForm:
    """A tree without its native arrays: what is needed to assemble an equal one from new arrays."""

    structure: Structure
    tensors: tuple[TensorForm, ...]

    def assemble(self, natives: Sequence[Native], backend: Backend[Any] | None = None) -> Any:
        """Tree with these arrays, in the order of `disassemble`, maybe of another backend."""
        source = iter(natives)
        return self.structure.unflatten([_assemble(form, source, backend) for form in self.tensors])


def disassemble(tree: Any) -> tuple[list[Native], TreeForm]:
    """Native arrays of all tensors of a tree, as they are stored, and the form to put them back."""
    tensors, structure = flatten(tree, Tensor)
    natives: list[Native] = []
    return natives, TreeForm(structure, tuple(_take_apart(tensor, natives) for tensor in tensors))


def _take_apart(tensor: Tensor, natives: list[Native]) -> TensorForm:
    if isinstance(tensor, Dense):
        natives.append(tensor.stored_native)
        return DenseForm(tensor.signature)
    if isinstance(tensor, Stacked):
        return StackedForm(tensor.dim, tuple(_take_apart(c, natives) for c in tensor.components))
    raise NotSupported(f"A {type(tensor).__name__} tensor cannot pass through this transform.")


def _assemble(form: TensorForm, natives: Iterator[Native], backend: Backend[Any] | None) -> Tensor:
    if isinstance(form, StackedForm):
        return Stacked([_assemble(c, natives, backend) for c in form.components], form.dim)
    signature = form.signature
    if backend is not None and signature.backend is not backend:
        signature = signature.replace(backend=backend)
    return Dense(next(natives), signature)


def signatures(form: TreeForm) -> list[Signature]:
    """Signatures of all dense parts, in the order of the natives."""
    found: list[Signature] = []

    def visit(part: TensorForm) -> None:
        if isinstance(part, DenseForm):
            found.append(part.signature)
        else:
            for component in part.components:
                visit(component)

    for tensor in form.tensors:
        visit(tensor)
    return found


def materialized(tensor: Tensor) -> Tensor:
    """The same tensor, storing also the dimensions that it expands lazily.

    What is stored once for many elements has one cotangent: the sum of theirs, which is not the
    cotangent of any of them.
    """
    if isinstance(tensor, Stacked):
        return tensor.map(materialized)
    dense = tensor.dense()
    shape = dense.shape
    if dense.signature.stored.rank == shape.rank:
        return dense
    return Dense(dense.stored_in(shape.names), dense.signature.replace(stored=shape))


def transform_backend(parts: Sequence[Signature]) -> Backend[Any]:
    """Backend that runs a transform: that of the tensors, or the default for those of NumPy."""
    backend = combine([part.backend for part in parts]) if parts else default_backend()
    return default_backend() if backend.name == "numpy" else backend


def moved(
    natives: Sequence[Native], parts: Sequence[Signature], backend: Backend[Any]
) -> list[Native]:
    """Native arrays as those of `backend`."""
    return [
        native if part.backend is backend else backend.from_numpy(part.backend.to_numpy(native))
        for native, part in zip(natives, parts, strict=True)
    ]
