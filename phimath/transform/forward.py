"""Forward mode: tangents pushed through a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.create import zeros_like
from phimath.errors import ShapeError
from phimath.tensor import Tensor
from phimath.transform.gradient import gradient, variable_of
from phimath.transform.reverse import checked_like, inner_product, vjp
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """Output of a function, and its derivative in one direction.

    The pullback is linear in the cotangent, so that its own pullback is the derivative: right for
    every operation and every `custom_gradient`, solves included, that can be differentiated twice.
    It costs two evaluations, a reverse pass, and the reverse pass of that one, about five times the
    function; memory is that of a second derivative.  For many directions use `jacobian`.

    Args:
        function: Returns a tree of tensors.
        primals: Its arguments, by position: trees of floating tensors, or floats.
        tangents: As many trees, each like its primal.  Entries may lack dimensions along which
            they are constant.

    Returns:
        `(output, tangent)`; the tangent is like the output, zero where that holds integers.

    Raises:
        NotSupported: on NumPy, which has no automatic differentiation.
        DTypeError: a primal has integer or boolean values.
        ShapeError: the tangents don't have the structure of the primals.

    Source: derivative of the pullback, J = (Jᵀ)ᵀ; Griewank and Walther, chapter 3.
    """
    _check_sequences(primals, tangents)
    variables = tuple(variable_of(p, f"primal {i + 1}") for i, p in enumerate(primals))
    directions = checked_like(tuple(tangents), variables, "tangent", "primals")
    output, pullback = vjp(function, *variables)
    values, structure = flatten(output, Tensor)
    floating = [value for value in values if value.dtype.is_floating]

    def along_tangents(cotangents: list[Tensor]) -> Tensor:
        given = iter(cotangents)
        full = [next(given) if v.dtype.is_floating else v for v in values]
        return inner_product(directions, pullback(structure.unflatten(full)))

    if not floating:
        return output, structure.unflatten([zeros_like(value) for value in values])
    found = iter(
        gradient(along_tangents, get_output=False)([zeros_like(value) for value in floating])
    )
    tangent = [next(found) if v.dtype.is_floating else zeros_like(v) for v in values]
    return output, structure.unflatten(tangent)


def _check_sequences(primals: object, tangents: object) -> None:
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise ShapeError(
                f"jvp takes a tuple of {name}, one per argument, not {type(given).__name__}. "
                "For a single argument write jvp(f, (x,), (dx,))."
            )
