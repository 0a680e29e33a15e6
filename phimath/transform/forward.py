"""Forward mode: tangents pushed through a function beside its values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phimath.errors import ShapeError
from phimath.transform.effects import collecting, effect, is_tracing
from phimath.transform.gradient import floating_tree
from phimath.transform.natives import (
    disassemble,
    numbers_as_tensors,
    signatures,
    transform_backend,
)
from phimath.transform.reverse import checked_like
from phimath.transform.tracer import tracing
from phimath.transform.tracer.dual import DualBackend
from phimath.transform.tracer.trees import paired, plain_zero, tangents_of, unboxed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """Output of a function, and its derivative in one direction.

    The function runs once, on pairs of values and tangents: every operation computes both.  It
    costs two to three times the function, and memory twice that of the function; works on NumPy,
    too.  For the derivatives in all directions use `jacobian`, for the gradient of a loss
    `gradient`, which costs as little for any number of variables.

    Args:
        function: Returns a tree of tensors.
        primals: Its arguments, by position: trees of floating tensors, or floats.
        tangents: As many trees, each like its primal.  Entries may lack dimensions along which
            they are constant; the number 0 costs nothing.

    Returns:
        `(output, tangent)`; the tangent is like the output, zero where that holds integers.

    Raises:
        DTypeError: a primal has integer or boolean values.
        ShapeError: the tangents don't have the structure of the primals.
        NotSupported: the function uses native arrays, or a `custom_gradient` without `jvp` on
            NumPy.

    Source: Griewank and Walther, Evaluating Derivatives, section 3.1.
    """
    _check_sequences(primals, tangents)
    variables = tuple(floating_tree(p, f"primal {i + 1}") for i, p in enumerate(primals))
    directions = checked_like(tuple(tangents), variables, "tangent", "primals")
    return push_forward(function, variables, directions)


def push_forward(
    function: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Any, Any]:
    """`jvp` for arguments that have been checked.

    Arguments whose tangent is `None`, and tensors of integers, are constants.
    """
    backend = transform_backend(signatures(disassemble(primals)[1]))
    with tracing(DualBackend, backend) as tracer:
        # In a function of its own, which leaves no box behind.
        return _evaluated(function, primals, tangents, tracer)


def _evaluated(
    function: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    tracer: DualBackend,
) -> tuple[Any, Any]:
    duals = [
        primal if tangent is None else paired(primal, tangent, tracer)
        for primal, tangent in zip(primals, tangents, strict=True)
    ]
    with _effects_unboxed(tracer):
        output = numbers_as_tensors(function(*duals))
    return unboxed(output, tracer), tangents_of(output, tracer, plain_zero)


@contextmanager
def _effects_unboxed(tracer: DualBackend) -> Iterator[None]:
    """In compiled functions, pass effects on without tangents, which nobody outside can read."""
    if not is_tracing():
        yield
        return
    with collecting() as effects:
        yield
    for one in effects:
        severity = None if one.severity is None else unboxed(one.severity, tracer)
        effect(unboxed(one.values, tracer), one.handle, severity)


def _check_sequences(primals: object, tangents: object) -> None:
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise ShapeError(
                f"jvp takes a tuple of {name}, one per argument, not {type(given).__name__}. "
                "For a single argument write jvp(f, (x,), (dx,))."
            )
