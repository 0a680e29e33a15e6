"""Functions of tensors as linear operators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from phimath.backend.discovery import combine
from phimath.dimension import Dim, instance
from phimath.elementwise import abs as magnitude
from phimath.reduce import max as max_of
from phimath.shape import Shape
from phimath.solve.probe import random_signs, zeros
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import inner, length
from phimath.sparse import LinearOperator
from phimath.sparse.operator import Conjugated
from phimath.tensor import Dense, Tensor, dense_of
from phimath.transform.closed import may_be_differentiated
from phimath.transform.gradient import value_and_gradient
from phimath.transform.natives import disassemble, materialized, moved, signatures
from phimath.transform.reverse import inner_product
from phimath.transform.scope import backend_of_transforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native, Signature
    from phimath.dtype import DType


@final
@dataclass(frozen=True, eq=False)
class FunctionOperator(LinearOperator):
    """x ↦ function(x, *parameters) − bias.

    bias: What the function gives for zero; `None` for nothing.
    domain: Dimensions of x, batch included.
    has_equal_numbers: Whether it gives as many numbers as it takes.
    has_symmetry: Whether A = Aᴴ.
    has_sign: Whether also xᴴA x has one sign.
    """

    function: Callable[..., Tensor]
    parameters: tuple[Any, ...]
    bias: Tensor | None
    domain: Shape
    dtype: DType
    has_equal_numbers: bool = True
    has_symmetry: bool = False
    has_sign: bool = False

    def apply(self, x: Tensor) -> Tensor:
        """The linear part of the function."""
        found = self.function(x, *self.parameters)
        return found if self.bias is None else found - self.bias

    @property
    def norm(self) -> Tensor:
        """Largest entry of the image of a vector of random signs, a lower bound of ‖A‖∞.

        It is nearly reached where many rows have few entries, as those of stencils.
        """
        image = magnitude(self.apply(random_signs(self.domain, self.dtype)))
        return max_of(image, image.shape.non_batch)

    @property
    def is_square(self) -> bool:
        """Whether it gives as many numbers as it takes."""
        return self.has_equal_numbers

    @property
    def is_symmetric(self) -> bool:
        """Whether that was found or said."""
        return self.has_symmetry

    @property
    def is_definite(self) -> bool:
        """Whether that was said."""
        return self.has_sign

    @property
    def knows_null_space(self) -> bool:
        """No."""
        return False

    @property
    def is_complex(self) -> bool:
        """Whether the unknowns are."""
        return self.dtype.kind == "complex"

    def transposed(self) -> LinearOperator:
        """By the gradient of ⟨y, f(x)⟩."""
        return Conjugated(self.adjoint()) if self.is_complex else self.adjoint()

    def adjoint(self) -> LinearOperator:
        """By the gradient of ⟨y, f(x)⟩.

        Raises:
            NotSupported: on NumPy, when it is applied.
        """
        return AdjointFunction(self)


@final
@dataclass(frozen=True, eq=False)
class AdjointFunction(LinearOperator):
    """Aᴴ of a function."""

    operator: FunctionOperator

    def apply(self, x: Tensor) -> Tensor:
        """Gradient of Re ⟨x, A z⟩ by z."""
        operator = self.operator
        native = x.backend.full(operator.domain.int_sizes, 0, operator.dtype)
        at = dense_of(native, x.backend, operator.domain)

        def pairing(z: Tensor) -> Tensor:
            return inner_product(x, operator.apply(z))

        return value_and_gradient(pairing)(at)[1]

    @property
    def norm(self) -> Tensor:
        """That of the function, which is of the same size."""
        return self.operator.norm

    @property
    def is_square(self) -> bool:
        """As the function."""
        return self.operator.is_square

    @property
    def is_symmetric(self) -> bool:
        """As the function."""
        return self.operator.is_symmetric

    @property
    def is_definite(self) -> bool:
        """As the function."""
        return self.operator.is_definite

    @property
    def is_complex(self) -> bool:
        """As the function."""
        return self.operator.is_complex

    def transposed(self) -> LinearOperator:
        """The function, for complex numbers conjugated."""
        return Conjugated(self.operator) if self.is_complex else self.operator

    def adjoint(self) -> LinearOperator:
        """The function."""
        return self.operator


def is_symmetric(operator: FunctionOperator) -> bool:
    """Whether ⟨u, A v⟩ = ⟨A u, v⟩ for two vectors, up to rounding errors."""
    if not operator.is_square:
        return False
    u, v = (random_signs(operator.domain, operator.dtype, phase) for phase in (1.0, 2.0))
    image = operator.apply(v)
    difference = magnitude(inner(u, image, None) - inner(operator.apply(u), v, None))
    bound = 16 * epsilon_of(image) * length(u, None) * length(image, None)
    return bool(max_of(difference - bound, None) <= 0)


def closed(operator: FunctionOperator, backends: Iterable[Backend[Any]]) -> FunctionOperator:
    """The operator with all arrays that derivatives may be taken by as parameters.

    backends: of the right-hand side.
    """
    sample = zeros(operator.domain, operator.dtype)
    natives, form = disassemble((sample, operator.parameters))
    parts = signatures(form)
    backend = backend_of_transforms([*backends, *(part.backend for part in parts)])
    arrays = tuple(moved(natives, parts, backend))
    if not may_be_differentiated(backend, arrays):
        return operator
    outputs: list[Signature] = []

    def native(*given: Native) -> tuple[Native, ...]:
        x, parameters = form.assemble(given, backend)
        dense = materialized(operator.function(x, *parameters)).dense()
        outputs.append(dense.signature)
        return tuple(moved([dense.stored_native], [dense.signature], backend))

    function, captured = backend.close(native, arrays)
    result = outputs[-1].replace(backend=backend)
    names = operator.domain.names

    def closed_function(x: Tensor, *parameters: Tensor) -> Tensor:
        vector = materialized(x.expanded(operator.domain)).dense()
        given = [vector.stored_in(names), *(p.dense().stored_native for p in parameters)]
        signature = [vector.signature, *(p.dense().signature for p in parameters)]
        found = function(*moved(given, signature, combine([s.backend for s in signature])))
        return Dense(found[0], result.replace(backend=combine([s.backend for s in signature])))

    parameters = tuple(_as_tensor(array, backend) for array in (*arrays[1:], *captured))
    return replace(operator, function=closed_function, parameters=parameters)


def _as_tensor(array: Native, backend: Backend[Any]) -> Tensor:
    """Tensor of an array of which no dimensions are known."""
    sizes = backend.sizes(array)
    dims = [Dim(f"axis{i}", instance, size) for i, size in enumerate(sizes)]
    return dense_of(array, backend, Shape(*dims))
