"""Products by dimension names, planned once per combination of operands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from phimath.backend.discovery import combine
from phimath.broadcast import Signature
from phimath.dimension import Dim, channel, dual
from phimath.dtype import (
    BOOL,
    DEFAULT_INT,
    DType,
    precision_bits,
    promote,
)
from phimath.errors import ShapeError
from phimath.shape import Shape, merge_shapes
from phimath.stacked import Stacked
from phimath.tensor import HOOKS, Dense, Tensor
from phimath.view import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.shape import DimFilter
    from phimath.view import DimensionView


@runtime_checkable
class Contractible(Protocol):
    """What brings its own products: storages other than dense ones and stacks of these."""

    def contracted(self, names: Sequence[str], other: Tensor, other_names: Sequence[str]) -> Tensor:
        """Product, summed over pairs of dimensions that agree in size and labels."""
        ...


def dot(x: Tensor, x_dims: DimFilter, y: Tensor, y_dims: DimFilter) -> Tensor:
    """Multiply and sum over pairs of dimensions: the first of `x_dims` and of `y_dims`, and so on.

    Other dimensions that both have are matched by name and kept.

    Raises:
        ShapeError: numbers or sizes of the paired dimensions differ.
        DimensionError: a dimension doesn't exist.
    """
    return contract(x, x.shape.resolve(x_dims).names, y, y.shape.resolve(y_dims).names)


def contract(x: Tensor, x_names: Sequence[str], y: Tensor, y_names: Sequence[str]) -> Tensor:
    """`dot` for known names."""
    if x.__class__ is Dense and y.__class__ is Dense:
        return _contract_dense(x, tuple(x_names), y, tuple(y_names))  # type: ignore[arg-type]
    _check_pairs(x.shape, x_names, y.shape, y_names)
    if isinstance(x, Contractible):
        return x.contracted(x_names, y, y_names)
    if isinstance(y, Contractible):
        return y.contracted(y_names, x, x_names)
    if len(x_names) == 1 and any(
        isinstance(t, Stacked) and t.along == n for t, n in ((x, x_names[0]), (y, y_names[0]))
    ):
        # Few components that are kept apart stay so: no array of vectors is built.
        parts = zip(x.unstacked(x_names[0]), y.unstacked(y_names[0]), strict=True)
        total = [a * b for a, b in parts]
        result = total[0]
        for part in total[1:]:
            result = result + part
        return result
    for t, names in ((x, x_names), (y, y_names)):
        if isinstance(t, Stacked) and t.along not in names and not t.shape.is_uniform:
            return _per_component(t.dim, x, x_names, y, y_names)
    return _contract_dense(x.dense(), tuple(x_names), y.dense(), tuple(y_names))


def _contract_dense(
    x: Dense, x_names: tuple[str, ...], y: Dense, y_names: tuple[str, ...]
) -> Tensor:
    plan = _contraction(x.signature, x_names, y.signature, y_names, precision_bits())
    return Dense(_multiply(plan, x, y), plan.result)


def _per_component(
    dim: Dim, x: Tensor, x_names: Sequence[str], y: Tensor, y_names: Sequence[str]
) -> Tensor:
    parts = []
    for i in range(merge_shapes(x.shape.only(dim.name), y.shape.only(dim.name)).get_size(dim.name)):
        a = x.get({dim.name: i}) if dim.name in x.shape else x
        b = y.get({dim.name: i}) if dim.name in y.shape else y
        parts.append(contract(a, x_names, b, y_names))
    return Stacked(parts, dim)


def _check_pairs(x: Shape, x_names: Sequence[str], y: Shape, y_names: Sequence[str]) -> None:
    if len(x_names) != len(y_names):
        raise ShapeError(
            f"Cannot contract {len(x_names)} dimensions ({', '.join(x_names)}) of {x} with "
            f"{len(y_names)} "
            f"({', '.join(y_names)}) of {y}. Name equally many on both sides."
        )
    for a, b in zip(x_names, y_names, strict=True):
        left, right = x.dim(a), y.dim(b)
        if left.size != right.size:
            raise ShapeError(
                f"Cannot contract '{a}' of size {left.size} with '{b}' of size {right.size}. "
                "Slice one of them."
            )
        if left.labels and right.labels and left.labels != right.labels:
            raise ShapeError(
                f"Cannot contract '{a}' labelled {','.join(left.labels)} with '{b}' labelled "
                f"{','.join(right.labels)}. "
                f"Reorder one, e.g. t.{b.removeprefix('~')}['{','.join(left.labels)}']."
            )


class _Contraction(NamedTuple):
    """Order of the axes of both factors, and their sizes as matrices or batches of them.

    sizes: `None` where the axes have them already.
    scalar_products: multiply rows by rows instead.
    """

    backend: Backend[Any]
    dtype: DType
    left: tuple[str, ...]
    right: tuple[str, ...]
    left_sizes: tuple[int, ...] | None
    right_sizes: tuple[int, ...] | None
    scalar_products: bool
    result_sizes: tuple[int, ...] | None
    result: Signature


@lru_cache(maxsize=2048)
def _contraction(
    x: Signature, x_names: tuple[str, ...], y: Signature, y_names: tuple[str, ...], bits: int
) -> _Contraction:
    _check_pairs(x.shape, x_names, y.shape, y_names)
    x_rest, y_rest = x.shape.without(x_names), y.shape.without(y_names)
    shape = merge_shapes(x_rest, y_rest)
    both = [
        n for n in shape.names if n in x_rest and n in y_rest and (n in x.stored or n in y.stored)
    ]
    rows = [n for n in x_rest.names if n not in y_rest and n in x.stored]
    columns = [n for n in y_rest.names if n not in x_rest and n in y.stored]
    dtype = promote(x.dtype, y.dtype, bits=bits)
    dtype = DEFAULT_INT if dtype is BOOL else dtype
    stored = Shape(*(shape.dim(n) for n in (*both, *rows, *columns)))

    def count(names: Sequence[str]) -> int:
        return shape.only(names).volume if names else 1

    batches, m, n = count(both), count(rows), count(columns)
    inner = x.shape.only(x_names).volume if x_names else 1
    left, right, product = (batches, m, inner), (batches, inner, n), (batches, m, n)
    # Many scalar products: libraries are slow at batches of 1×1 matrices.
    scalar_products = m == n == 1 < batches
    if scalar_products:
        left, right, product = (batches, inner), (batches, inner), (batches,)
    elif batches == 1:
        left, right, product = left[1:], right[1:], product[1:]
    left_names, right_names = (*both, *rows, *x_names), (*both, *y_names, *columns)
    backend = combine([x.backend, y.backend])
    return _Contraction(
        backend, dtype, left_names, right_names,
        _unless_equal(left, [x.shape.get_size(name) for name in left_names]),
        _unless_equal(right, [y.shape.get_size(name) for name in right_names]),
        scalar_products, _unless_equal(stored.int_sizes, product),
        Signature(backend, dtype, shape, stored),
    )  # fmt: skip


def _unless_equal(sizes: tuple[int, ...], present: Sequence[int]) -> tuple[int, ...] | None:
    return None if sizes == tuple(present) else sizes


def _multiply(plan: _Contraction, x: Dense, y: Dense) -> Native:
    backend = plan.backend
    left, right = _native(x, plan.left, plan), _native(y, plan.right, plan)
    if plan.left_sizes is not None:
        left = backend.reshape(left, plan.left_sizes)
    if plan.right_sizes is not None:
        right = backend.reshape(right, plan.right_sizes)
    if plan.scalar_products:
        product = backend.sum(backend.function("multiply")(left, right), (1,))
    else:
        product = backend.matmul(left, right)
    return product if plan.result_sizes is None else backend.reshape(product, plan.result_sizes)


def _native(tensor: Dense, names: tuple[str, ...], plan: _Contraction) -> Native:
    native = plan.backend.adopt(tensor.backend, tensor.stored_in(names))
    return native if tensor.dtype is plan.dtype else plan.backend.cast(native, plan.dtype)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """`a @ b`: matrix times vector or matrix, vector times matrix, or vector times vector.

    Dual dimensions of `a` are summed with the dimensions of `b` of the same name.  If `a` has
    none, its dimensions that appear as rows
    of the matrix `b` are; if `b` is no matrix either, the channel dimensions that both have.

    Raises:
        ShapeError: there is nothing to sum over.
    """
    names = tuple(name.removeprefix("~") for name in a.shape.dual.names)
    if names:
        missing = [name for name in names if name not in b.shape]
        if missing:
            raise ShapeError(
                f"Cannot multiply the matrix {a.shape} with {b.shape}: '~{missing[0]}' finds no "
                f"dimension '{missing[0]}' "
                "on the right. Rename one of them first."
            )
        return contract(a, a.shape.dual.names, b, names)
    rows = b.shape.without(dual) if b.shape.dual else b.shape.channel
    common = tuple(
        n for n in rows.names if n in a.shape and a.shape.get_type(n) is rows.get_type(n)
    )
    if b.shape.dual:
        matched = tuple(n for n in common if f"~{n}" in b.shape or rows.get_type(n) is channel)
        common = matched or common
    if not common:
        raise ShapeError(
            f"Cannot multiply {a.shape} @ {b.shape}: no dual dimension on the left and no common "
            "channel dimension. "
            "Use dot(a, dims, b, dims), or * to multiply elementwise."
        )
    return contract(a, common, b, common)


def _contract_views(left: DimensionView, right: DimensionView) -> Tensor:
    return contract(left.owner, (left.name,), right.owner, (right.name,))


HOOKS["matmul"] = matmul
CONTRACT.append(_contract_views)


def einsum(subscripts: str, *tensors: Tensor) -> Tensor:
    """Sum of products by dimension names: `einsum('x,y; y,z -> x,z', a, b)`.

    Each term names dimensions of one tensor; those that the result doesn't name are summed over.
    Dimensions that aren't mentioned,
    such as batch dimensions, are matched by name and kept.

    Raises:
        ShapeError: the number of terms isn't that of the tensors, there is no `->`, or the result
            names something new.
        DimensionError: a term names a dimension that its tensor lacks.
    """
    inputs, arrow, output = subscripts.partition("->")
    terms = [_names(term) for term in inputs.split(";")]
    kept = _names(output)
    if not arrow or len(terms) != len(tensors):
        raise ShapeError(
            f"einsum({subscripts!r}) has {len(terms)} terms for {len(tensors)} tensors. "
            "Write one term per tensor, separated by ';', then '->' and the dimensions to keep, "
            "e.g. 'x,y; y -> x'."
        )
    for term, tensor in zip(terms, tensors, strict=True):
        tensor.shape.resolve(term)
    mentioned = dict.fromkeys(name for term in terms for name in term)
    unknown = [name for name in kept if name not in mentioned]
    if unknown:
        raise ShapeError(
            f"The result of einsum({subscripts!r}) names '{unknown[0]}', which no term names."
        )
    summed = [name for name in mentioned if name not in kept]
    full = merge_shapes(*(t.shape for t in tensors))
    backend = combine([t.backend for t in tensors])
    dtype = promote(*(t.dtype for t in tensors), bits=precision_bits())
    dtype = DEFAULT_INT if dtype is BOOL else dtype
    letter = {
        name: chr(ord("a") + i) if i < 26 else chr(ord("A") + i - 26)
        for i, name in enumerate(full.names)
    }
    natives, texts = [], []
    for tensor in tensors:
        dense = tensor.cast(dtype).dense()
        names = [n for n in dense.shape.names if n in dense.signature.stored or n in summed]
        natives.append(backend.adopt(dense.backend, dense.stored_in(names)))
        texts.append("".join(letter[name] for name in names))
    shape = full.without(summed)
    stored = [name for name in shape.names if any(letter[name] in text for text in texts)]
    result = backend.einsum(f"{','.join(texts)}->{''.join(letter[n] for n in stored)}", *natives)
    return Dense(result, Signature(backend, dtype, shape, Shape(*(shape.dim(n) for n in stored))))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def cross(vec1: Tensor, vec2: Tensor) -> Tensor:
    """Cross product along the channel dimension that both have: a scalar in 2D, a vector in 3D.

    Raises:
        ShapeError: there is no common channel dimension, or its size is neither 2 nor 3.
    """
    common = [n for n in vec1.shape.channel.names if n in vec2.shape]
    dim = (
        merge_shapes(vec1.shape.only(common), vec2.shape.only(common)).dims[0]
        if len(common) == 1
        else None
    )
    if dim is None or dim.size not in (2, 3):
        raise ShapeError(
            f"The cross product of {vec1.shape} and {vec2.shape} needs one common channel "
            "dimension of size 2 or 3."
        )
    a, b = vec1.unstacked(dim.name), vec2.unstacked(dim.name)
    if dim.size == 2:
        return a[0] * b[1] - a[1] * b[0]
    parts = [a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3] for i in range(3)]
    return Stacked(parts, dim)
