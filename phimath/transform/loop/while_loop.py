"""Loops whose number of iterations depends on the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import combine
from phimath.broadcast import Signature
from phimath.convert import cast
from phimath.dtype import BOOL
from phimath.elementwise import where
from phimath.errors import DTypeError, NotSupported, ShapeError, ValueRangeError
from phimath.leaves import as_tensor
from phimath.random.state import without_random_numbers
from phimath.reduce import any as any_of
from phimath.shape import merge_shapes
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import tree_map
from phimath.transform.closed import may_be_differentiated
from phimath.transform.effects import collecting, is_tracing
from phimath.transform.loop.repeated import repeat, repeat_unbounded
from phimath.transform.loop.state import next_state, one_or_all
from phimath.transform.natives import disassemble, moved, numbers_as_tensors, signatures
from phimath.transform.scope import backend_of_transforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from phimath.broadcast import Native


def while_loop(
    condition: Callable[..., Any],
    body: Callable[..., Any],
    *state: Any,
    max_iterations: int | None = None,
) -> Any:
    """Repeat `state = body(*state)` while `condition(*state)` holds.

    Eagerly a Python loop, in compiled functions one of the framework: then the Python code of both
    functions runs once, on tensors without values.

    Args:
        condition: Function of the state that returns a boolean.  With batch dimensions, the loop
            ends when it holds for no example, and examples for which it does not stay as they are.
        body: Function of the state that returns the next state, with as many entries of the same
            structure, shapes and types.
        state: Trees of tensors and numbers.
        max_iterations: The loop ends after so many at the latest.  Reverse-mode derivatives need
            it: memory is that of so many states.

    Returns:
        The final state: a tuple, or the single tree if the state is one.

    Raises:
        NotSupported: a derivative is taken and `max_iterations` is not given.
        DTypeError: the condition is not boolean.
        ShapeError: the condition has other than batch dimensions, or `body` changes the state's
            structure or shapes.
    """
    if max_iterations is not None and max_iterations < 1:
        raise ValueRangeError(f"max_iterations must be at least 1, not {max_iterations}.")
    given = numbers_as_tensors(state, integers=True)
    natives, form = disassemble(given)
    backend = backend_of_transforms(part.backend for part in signatures(form))
    arrays = moved(natives, signatures(form), backend)
    if max_iterations is None and may_be_differentiated(backend, arrays):
        raise NotSupported(
            "A loop is differentiated backwards from its last iteration, so that it must be known "
            "how many there are at most. Give while_loop(…, max_iterations=n)."
        )

    going = _flag(condition, given)

    def step(carry: tuple[Tensor, Tensor, Any]) -> tuple[tuple[Tensor, Tensor, Any], None]:
        _, going, state = carry
        following = numbers_as_tensors(next_state(body, state), integers=True)
        if going.rank:
            following = tree_map(lambda new, old: where(going, new, old), following, state)
        return _carry(_flag(condition, following), following), None

    start = _carry(going, given)
    if not is_tracing():
        return one_or_all(_in_python(step, start, max_iterations)[-1])
    if max_iterations is None:
        final = repeat_unbounded(step, start, backend)
    else:
        final = repeat(step, start, max_iterations, backend, ends_early=True, may_change=0).state
    return one_or_all(final[-1])


def _in_python(
    step: Callable[[Any], tuple[Any, None]], state: tuple[Tensor, Tensor, Any], limit: int | None
) -> tuple[Tensor, Tensor, Any]:
    done = 0
    while bool(state[0]) and done != limit:
        state, _ = step(state)
        done += 1
    return state


def _carry(going: Tensor, state: Any) -> tuple[Tensor, Tensor, Any]:
    """Whether to go on, for which examples, and the state."""
    return _any(going), going, state


def _flag(condition: Callable[..., Any], state: tuple[Any, ...]) -> Tensor:
    flag = as_tensor(condition(*state))
    if flag.dtype is not BOOL:
        raise DTypeError(
            f"The condition of a loop must be boolean, not {flag.dtype}. Compare, e.g. x > 0."
        )
    if flag.shape.non_batch:
        raise ShapeError(
            f"A loop goes on per example, not by a condition of shape {flag.shape}. Reduce it with "
            "any(…) or all(…)."
        )
    return flag


def repeat_while(
    condition: Callable[..., Tensor], body: Callable[..., Sequence[Tensor]], *state: Tensor
) -> tuple[Tensor, ...]:
    """Repeat `state = body(*state)` while any entry of the boolean `condition(*state)` holds.

    For solvers, which bring a derivative rule of their own and reduce their reports themselves.

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
            "What happens inside of a solver in a compiled function cannot be reported, such as "
            "whether another solve there converged. Solve in Python around a compiled function."
        )
    return result


def _traced_loop(
    condition: Callable[..., Tensor], body: Callable[..., Sequence[Tensor]], state: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    carries = [_signature(*pair) for pair in zip(state, body(*state), strict=True)]
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


def _signature(before: Tensor, after: Tensor) -> Signature:
    """What is carried from one iteration to the next: all dimensions of both, stored."""
    backend = combine([before.backend, after.backend])
    return Signature(backend, after.dtype, merge_shapes(before.shape, after.shape))


def _stored(tensor: Tensor, carry: Signature) -> Native:
    dense = cast(tensor, carry.dtype).expanded(carry.shape).dense()
    native = dense.stored_in(carry.shape.names)
    return moved([native], [dense.signature], carry.backend)[0]
