"""Loops whose number of iterations depends on the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.backend.discovery import combine
from phimath.broadcast import Signature
from phimath.convert import cast
from phimath.errors import NotSupported
from phimath.random.state import without_random_numbers
from phimath.reduce import any as any_of
from phimath.shape import merge_shapes
from phimath.tensor import Dense, Tensor
from phimath.transform.effects import collecting, is_tracing
from phimath.transform.natives import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from phimath.broadcast import Native


def repeat_while(
    condition: Callable[..., Tensor], body: Callable[..., Sequence[Tensor]], *state: Tensor
) -> tuple[Tensor, ...]:
    """Repeat `state = body(*state)` while any entry of the boolean `condition(*state)` holds.

    Eagerly a Python loop; in compiled functions a loop of the framework.  No derivative passes
    through it there: whoever uses it brings a derivative rule.

    Args:
        condition: Boolean, with batch dimensions at most.
        body: Returns as many tensors as it takes.  It may add dimensions in the first iteration.
        state: Tensors.
    """
    if not is_tracing():
        while bool(_any(condition(*state))):
            state = tuple(body(*state))
        return state
    with without_random_numbers(), collecting() as effects:
        result = _traced_loop(condition, body, state)
    if effects:
        raise NotSupported(
            "What happens inside of a loop of a compiled function cannot be reported, such as "
            "whether a solve there converged. Run the loop in Python around a compiled step."
        )
    return result


def _traced_loop(
    condition: Callable[..., Tensor], body: Callable[..., Sequence[Tensor]], state: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    carries = [_carry(*pair) for pair in zip(state, body(*state), strict=True)]
    backend = combine([carry.backend for carry in carries])
    carries = [carry.replace(backend=backend) for carry in carries]

    def tensors(natives: Iterable[Native]) -> list[Dense]:
        return [Dense(native, carry) for native, carry in zip(natives, carries, strict=True)]

    def natives(tensors: Sequence[Tensor]) -> tuple[Native, ...]:
        return tuple(_stored(*pair) for pair in zip(tensors, carries, strict=True))

    def native_condition(*arrays: Native) -> Native:
        return _any(condition(*tensors(arrays))).dense().stored_native

    def native_body(*arrays: Native) -> tuple[Native, ...]:
        return natives(body(*tensors(arrays)))

    return tuple(tensors(backend.while_loop(native_condition, native_body, natives(state))))


def _any(values: Tensor) -> Tensor:
    return any_of(values, values.shape) if values.rank else values


def _carry(before: Tensor, after: Tensor) -> Signature:
    """What is carried from one iteration to the next: all dimensions of both, stored."""
    backend = combine([before.backend, after.backend])
    return Signature(backend, after.dtype, merge_shapes(before.shape, after.shape))


def _stored(tensor: Tensor, carry: Signature) -> Native:
    dense = cast(tensor, carry.dtype).expanded(carry.shape).dense()
    native = dense.stored_in(carry.shape.names)
    return moved([native], [dense.signature], carry.backend)[0]
