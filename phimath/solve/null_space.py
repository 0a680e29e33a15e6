"""Null spaces: given, or found where adding a constant changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from phimath.create import ones_like
from phimath.dimension import channel
from phimath.elementwise import abs as magnitude
from phimath.elementwise import conjugate
from phimath.errors import ValueRangeError
from phimath.linear_algebra import svd
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.shape import Shape
from phimath.solve.probe import random_signs
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import extent, inner, length
from phimath.sparse import DenseMatrix, LinearOperator, WrappedOperator
from phimath.tensor import Tensor
from phimath.transform.effects import is_tracing
from phimath.transform.gradient import stop_gradient

if TYPE_CHECKING:
    from phimath.solve.unknowns import UnknownForm
    from phimath.transform.linearize.form import LinearForm

# Rounding errors of the image of a null vector, relative to ‖A‖∞ and its largest entry.
_ROUNDING = 100


@final
@dataclass(frozen=True, eq=False)
class Deflated(WrappedOperator):
    """An operator together with its null space.

    right: Orthonormal vectors that A maps to zero; none if A is regular after all.
    left: Such vectors of Aᴴ, without which there is no solution.
    """

    operator: LinearOperator
    right: tuple[Tensor, ...]
    left: tuple[Tensor, ...]

    def apply(self, x: Tensor) -> Tensor:
        """The operator itself."""
        return self.operator.apply(x)

    def transposed(self) -> LinearOperator:
        """With both null spaces exchanged."""
        return Deflated(self.operator.transposed(), self.left, self.right)

    def adjoint(self) -> LinearOperator:
        """With both null spaces exchanged."""
        return Deflated(self.operator.adjoint(), self.left, self.right)

    @property
    def diagonal(self) -> Tensor | None:
        """That of the operator."""
        return self.operator.diagonal

    @property
    def is_singular(self) -> bool:
        """Unless there are no vectors."""
        return bool(self.right or self.left)

    @property
    def knows_null_space(self) -> bool:
        """As the operator: what is given may be wrong."""
        return self.operator.knows_null_space

    def project(self, x: Tensor) -> Tensor:
        """The part of x that is orthogonal to all vectors."""
        return _without(x, self.right, self.columns)

    def project_right(self, b: Tensor) -> Tensor:
        """The same for Aᴴ."""
        return _without(b, self.left, self.rows)


def with_null_space(
    operator: LinearOperator, given: Any, form: UnknownForm | LinearForm, sample: Tensor
) -> LinearOperator:
    """The operator with a null space: that given, or else its own, or constants if they are.

    given: As in `Solve.rank_deficiency`.
    form: Of x, and of the vectors given.
    sample: Has the dimensions of x.

    Raises:
        ValueRangeError: A does not map a vector to zero, or their number doesn't say which.
    """
    if given is None:
        return _found(operator, sample)
    if isinstance(given, int):
        return _of_rank(operator, given, sample)
    listed = given if isinstance(given, list) else [given]
    vectors = tuple(stop_gradient(form.pack(vector)) for vector in listed)
    _check_vectors(operator, vectors)
    basis = _orthonormal(vectors, operator.columns)
    return Deflated(operator, basis, basis)


def _of_rank(operator: LinearOperator, count: int, sample: Tensor) -> LinearOperator:
    if isinstance(operator, DenseMatrix) and count:
        return Deflated(operator, *_singular_vectors(operator, count))
    if count > 1:
        raise ValueRangeError(
            f"rank_deficiency={count} doesn't say which vectors the function maps to zero. Give "
            "them: rank_deficiency=[v1, v2, …], each in the form of x."
        )
    constants = (ones_like(sample),) if count else ()
    _check_vectors(operator, constants)
    basis = _orthonormal(constants, operator.columns)
    return Deflated(operator, basis, basis)


def _singular_vectors(
    operator: DenseMatrix, count: int
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Right and left vectors of the smallest singular values."""
    columns = tuple(f"~{name}" for name in operator.columns)
    left, _, right = svd(
        stop_gradient(operator.matrix), columns, operator.rows, channel("singular")
    )
    names = dict(zip(columns, operator.column_dims.dims, strict=True))

    def as_unknown(vector: Tensor) -> Tensor:
        dims = [names.get(dim.name, dim) for dim in vector.shape.dims]
        return conjugate(vector).with_shape(Shape(*dims))

    last = range(-count, 0)
    vectors = tuple(as_unknown(right.get({"~singular": i})) for i in last)
    _check_vectors(operator, vectors)
    return vectors, tuple(left.get({"singular": i}) for i in last)


def _found(operator: LinearOperator, sample: Tensor) -> LinearOperator:
    """The operator, deflated if adding a constant changes nothing at all.

    Row sums that vanish up to rounding errors only may be those of a regular operator.
    """
    if operator.knows_null_space or not operator.is_square or is_tracing():
        return operator
    probed = stop_gradient(operator)
    constant = ones_like(sample)
    image = magnitude(probed.apply(constant))
    if bool(max_of(image, None) > 0):
        return operator
    basis = _orthonormal((constant,), operator.columns)
    return Deflated(operator, basis, basis if _sums_vanish(probed, sample) else ())


def _sums_vanish(operator: LinearOperator, sample: Tensor) -> bool:
    """Whether the columns of the matrix sum to zero: then the entries of any image do."""
    image = operator.apply(random_signs(sample.shape, sample.dtype))
    dims = extent(image, operator.rows)
    bound = 4 * epsilon_of(image) * sum_of(magnitude(image), dims)
    return bool(max_of(magnitude(sum_of(image, dims)) - bound, None) <= 0)


def _check_vectors(operator: LinearOperator, vectors: tuple[Tensor, ...]) -> None:
    if is_tracing():
        return
    for vector in vectors:
        image, size = magnitude(operator.apply(vector)), magnitude(vector)
        bound = _ROUNDING * epsilon_of(image) * operator.norm * max_of(size, None)
        if bool(max_of(image - bound, None) > 0):
            raise ValueRangeError(
                "A vector of the null space given by rank_deficiency is mapped to numbers of up "
                f"to {float(max_of(image, None)):.2e}, not to zero. Leave rank_deficiency=None, or "
                "give other vectors."
            )


def _orthonormal(vectors: tuple[Tensor, ...], names: tuple[str, ...] | None) -> tuple[Tensor, ...]:
    """Basis of what the vectors span, by the modified Gram-Schmidt process."""
    basis: tuple[Tensor, ...] = ()
    for vector in vectors:
        for _ in range(2):
            vector = _without(vector, basis, names)
        basis = (*basis, vector / length(vector, names))
    return basis


def _without(x: Tensor, vectors: tuple[Tensor, ...], names: tuple[str, ...] | None) -> Tensor:
    for vector in vectors:
        x = x - inner(vector, x, names) * vector
    return x
