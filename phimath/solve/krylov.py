"""The loop that all iterative methods share: a start and a step, for many systems at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from phimath.dimension import spatial
from phimath.elementwise import sqrt, where
from phimath.reduce import any as any_of
from phimath.sequences import arange
from phimath.transform.effects import is_tracing
from phimath.transform.loop.while_loop import repeat_while
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.system import System
    from phimath.tensor import Tensor

# Along which reports list the residuals.
ITERATION = "iteration"
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


class Budget(NamedTuple):
    """When to stop, and what is noted on the way.

    tolerance: What has to be reached, per system.
    limit: What is beyond all bounds, per system.
    left: Largest number of iterations.
    done: Iterations before.
    history: What had to vanish after each of all iterations; without that dimension nothing is
        noted.
    """

    tolerance: Tensor
    limit: Tensor
    left: int | Tensor
    done: int | Tensor
    history: Tensor


class Reached(NamedTuple):
    """Where an iteration ended; the number of iterations is a tensor in compiled functions."""

    x: Tensor
    iterations: int | Tensor
    broke: Tensor
    history: Tensor


def iterate(method: Iteration, system: System, x: Tensor, r: Tensor, budget: Budget) -> Reached:
    """Repeat a method's step until what has to vanish is below the tolerance, per system.

    Systems that have converged, broke down, or grew beyond all bounds stay as they are.
    """
    tolerance, limit, max_iterations, before, history = budget
    state = method.start(system, x, r)
    threshold, too_large = tolerance * tolerance, limit * limit

    def is_active(state: State) -> Tensor:
        # The comparisons are false for NaN.
        return (state[1] > threshold) & (state[1] < too_large) & ~state[2]

    if is_tracing():
        return _traced(method, system, is_active, state, budget)
    for done in range(int(max_iterations)):
        active = is_active(state)
        if not bool(any_of(active, active.shape) if active.rank else active):
            return Reached(state[0], done, state[2], history)
        state = method.step(system, active, state)
        history = noted(history, before + done + 1, state[1])
    return Reached(state[0], int(max_iterations), state[2], history)


def _traced(
    method: Iteration,
    system: System,
    is_active: Callable[[State], Tensor],
    state: State,
    budget: Budget,
) -> Reached:
    def condition(*carry: Tensor) -> Tensor:
        return carry[-3] & (carry[-2] < budget.left)

    def body(*carry: Tensor) -> State:
        following = method.step(system, carry[-3], carry[:-3])
        count = carry[-2] + 1
        history = noted(carry[-1], budget.done + count, following[1])
        return (*following, is_active(following), count, history)

    final = repeat_while(condition, body, *state, is_active(state), wrap(0), budget.history)
    return Reached(final[0], final[-2], final[2], final[-1])


def noted(history: Tensor, iteration: int | Tensor, square: Tensor) -> Tensor:
    """The history with the root of a square at an iteration."""
    if ITERATION not in history.shape:
        return history
    numbers = arange(spatial(ITERATION), history.shape.get_size(ITERATION))
    return where(numbers == iteration, sqrt(square), history)


def ratio(numerator: Tensor, denominator: Tensor, is_moving: Tensor) -> Tensor:
    """Quotient for the systems that move on, 0 for the others, which may have 0/0."""
    return where(is_moving, numerator / where(is_moving, denominator, 1.0), 0.0)
