"""The loop that all iterative methods share: a start and a step, for many systems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from phimath.elementwise import where
from phimath.reduce import any as any_of
from phimath.transform.effects import is_tracing
from phimath.transform.while_loop import repeat_while
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.system import System
    from phimath.tensor import Tensor

# x, the square of what has to vanish, whether the method broke down, and what else it carries.
State: TypeAlias = "tuple[Tensor, ...]"


class Iteration(NamedTuple):
    """An iterative method.

    start: Called with the system, x and b − A x; gives the first state.
    step: Called with the system, whether each system is to move on, and the state; gives the next
        state, which leaves the others' x as it is.
    """

    start: Callable[[System, Tensor, Tensor], State]
    step: Callable[[System, Tensor, State], State]


class Reached(NamedTuple):
    """Where an iteration ended; the number of iterations is a tensor in compiled functions.

    squares: Of what has to vanish, before the first iteration and after each; only if recorded.
    """

    x: Tensor
    iterations: int | Tensor
    broke: Tensor


def iterate(
    method: Iteration,
    system: System,
    x: Tensor,
    r: Tensor,
    tolerance: Tensor,
    max_iterations: int | Tensor,
) -> Reached:
    """Repeat a method's step until what has to vanish is below the tolerance, per system.

    Systems that have converged, broke down or became infinite or NaN stay as they are.
    """
    threshold = tolerance * tolerance

    def is_active(state: State) -> Tensor:
        # The comparison is false for NaN.
        return (state[1] > threshold) & ~state[2]

    state = method.start(system, x, r)
    if is_tracing():
        return _traced(method, system, is_active, state, max_iterations)
    for done in range(int(max_iterations)):
        active = is_active(state)
        if not bool(any_of(active, active.shape) if active.rank else active):
            return Reached(state[0], done, state[2])
        state = method.step(system, active, state)
    return Reached(state[0], int(max_iterations), state[2])


def _traced(
    method: Iteration,
    system: System,
    is_active: Callable[[State], Tensor],
    state: State,
    max_iterations: int | Tensor,
) -> Reached:
    def condition(*carry: Tensor) -> Tensor:
        return carry[-2] & (carry[-1] < max_iterations)

    def body(*carry: Tensor) -> State:
        following = method.step(system, carry[-2], carry[:-2])
        return (*following, is_active(following), carry[-1] + 1)

    final = repeat_while(condition, body, *state, is_active(state), wrap(0))
    return Reached(final[0], final[-1], final[2])


def ratio(numerator: Tensor, denominator: Tensor, is_moving: Tensor) -> Tensor:
    """Quotient for the systems that move on, 0 for the others, which may have 0/0."""
    return where(is_moving, numerator / where(is_moving, denominator, 1.0), 0.0)
