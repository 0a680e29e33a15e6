"""Linear functions that remember their matrices."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, final
from weakref import ref

from phimath.context import default
from phimath.dtype import precision_bits
from phimath.tensor import Tensor
from phimath.transform.compile import jit_compile
from phimath.transform.effects import is_tracing
from phimath.transform.linearize.matrix import Linearized, linear_names, linearized, names_of
from phimath.transform.natives import disassemble, signatures
from phimath.transform.scope import is_inside_transform
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_MATRICES = 16


@final
class LinearFunction:
    """What `jit_compile_linear` returns: called like the function."""

    def __init__(self, function: Callable[..., Any], auxiliary: tuple[str, ...]) -> None:
        """Matrices are made on first use, and kept with the function."""
        self.function = function
        self.auxiliary = auxiliary
        self._compiled = jit_compile(function)
        self._matrices: OrderedDict[Any, tuple[Linearized, list[ref[Tensor]]]] = OrderedDict()
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Value of the function, compiled."""
        return self._compiled(*args, **kwargs)

    def sparse_matrix(self, *args: Any, **kwargs: Any) -> Tensor:
        """Matrix of the function for arguments like these."""
        return self.linearized(*args, **kwargs).matrix

    def sparse_matrix_and_bias(self, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Matrix and constant part of the function for arguments like these."""
        return self.linearized(*args, **kwargs)[:2]

    def linearized(self, *args: Any, **kwargs: Any) -> Linearized:
        """Matrix, bias, and the forms of arguments and results; made once.

        Arguments that the function is not linear in count by identity if they hold tensors.  What
        is traced or differentiated is not kept.
        """
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        names = linear_names(bound, kwargs, self.auxiliary)
        others = {k: v for k, v in bound.arguments.items() if k not in names}
        tensors, structure = flatten(others, Tensor)
        if is_tracing() or is_inside_transform() or not _are_constant(tensors):
            return linearized(self.function, args, kwargs, self.auxiliary)
        form = disassemble([bound.arguments[name] for name in names])[1]
        key = (form, structure, tuple(map(id, tensors)), precision_bits(), default())
        found = self._matrices.get(key)
        if found is not None and all(
            kept() is tensor for kept, tensor in zip(found[1], tensors, strict=True)
        ):
            self._matrices.move_to_end(key)
            return found[0]
        made = linearized(self.function, args, kwargs, self.auxiliary)
        if not _are_constant(made[:2]):  # by what f uses from around it, or by who calls
            return made
        self._matrices[key] = made, [ref(tensor) for tensor in tensors]
        if len(self._matrices) > MAX_MATRICES:
            self._matrices.popitem(last=False)
        return made


def _are_constant(tree: Any) -> bool:
    """Whether no framework traces the tensors of a tree, or records what is made of them."""
    natives, form = disassemble(tree)
    return all(
        part.backend.is_available(native) and not part.backend.records((native,))
        for native, part in zip(natives, signatures(form), strict=True)
    )


def jit_compile_linear(
    f: Callable[..., Any] | None = None, auxiliary_args: str | Sequence[str] = ()
) -> Any:
    """Compiled linear or affine function, of which solves use the matrix.

    Args:
        f: Linear in all arguments but auxiliary ones and those by keyword; may be left out to use
            this as a decorator with options.
        auxiliary_args: Names of arguments that f is not linear in.

    Returns:
        A function like f.  Its methods `sparse_matrix(x)` and `sparse_matrix_and_bias(x)` give the
        matrix, which `solve_linear` uses, too.  It is made once for arguments of one form and the
        same auxiliary tensors: what f uses from around it must not change.  Tapes of TensorFlow's
        own can't be seen: for them, make auxiliary tensors anew.

    Raises:
        NotSupported: where the matrix is needed: f is not linear.  See `matrix_from_function`.
    """
    names = names_of(auxiliary_args)
    if f is None:
        return lambda function: LinearFunction(function, names)
    return LinearFunction(f, names)
