"""Which method and which preconditioner solve a system, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from phimath.errors import NotSupported
from phimath.solve.direct import DenseInverse
from phimath.solve.jacobi import Jacobi
from phimath.solve.methods import LINEAR_METHODS
from phimath.solve.multigrid import SingleMultigrid
from phimath.solve.null_space import Deflated
from phimath.solve.separable import NearlySeparable, Separable
from phimath.sparse import DenseMatrix, LinearOperator, StencilOperator

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.problem import Solve
    from phimath.tensor import Tensor


class Offer(NamedTuple):
    """An approximate inverse that can be made for a kind of operator.

    make: returns `None` if it can't be made for this one.
    is_exact: Whether it is the inverse, up to rounding errors, whenever it is made.
    """

    name: str
    kind: type[LinearOperator]
    make: Callable[[LinearOperator], LinearOperator | None]
    is_exact: bool = False


# For each kind of operator the best one first.
OFFERS: Final = (
    Offer("separable", StencilOperator, Separable.of, is_exact=True),
    # Below about 128² cells the second takes half the time, but jumps and noise defeat it.
    Offer("multigrid", StencilOperator, SingleMultigrid.of),
    Offer("separable", StencilOperator, NearlySeparable.of),
    Offer("direct", DenseMatrix, DenseInverse.of, is_exact=True),
    Offer("direct", Deflated, DenseInverse.of, is_exact=True),
    Offer("jacobi", LinearOperator, Jacobi.of),
)


class Plan(NamedTuple):
    """How to solve a system.

    preconditioner: its name, '' for none.
    """

    method: str
    reason: str
    preconditioner: str = ""
    inverse: LinearOperator | None = None


class Rule(NamedTuple):
    """When to take a method, and why."""

    applies: Callable[[Traits], bool]
    method: str
    reason: str


@final
@dataclass(frozen=True)
class Traits:
    """What rules see of a system; `exact` names the offer that is exact, if there is one."""

    exact: str
    is_square: bool
    is_definite: bool
    is_symmetric: bool


RULES: Final = (
    Rule(lambda t: not t.is_square, "LSQR", "there are more or fewer equations than unknowns"),
    Rule(lambda t: t.exact == "separable", "separable", "the operator is separable on a box"),
    Rule(lambda t: t.exact == "direct", "direct", "all entries of the matrix are stored"),
    Rule(lambda t: t.is_definite, "CG", "the operator is symmetric and definite"),
    Rule(lambda t: t.is_symmetric, "MINRES", "the operator is symmetric"),
    Rule(lambda t: True, "GMRES", "nothing is known of the operator"),
)


def plan(operator: LinearOperator, solve: Solve) -> Plan:
    """Method and preconditioner as asked for, or chosen by the first rule that applies.

    Raises:
        NotSupported: the method does not solve linear systems or not such ones, or the
            preconditioner can't be made.
    """
    name, reason, exact = solve.method, "asked for", None
    if name == "auto":
        name, reason, exact = _chosen(operator)
    if name not in LINEAR_METHODS:
        raise NotSupported(
            f"'{name}' solves no linear systems. Available: {', '.join(LINEAR_METHODS)}."
        )
    method = LINEAR_METHODS[name]
    if not operator.is_square and not method.solves_least_squares:
        fitting = [key for key, row in LINEAR_METHODS.items() if row.solves_least_squares]
        raise NotSupported(
            f"'{name}' solves square systems only, but this operator has more or fewer equations "
            f"than unknowns. Use {' or '.join(fitting)}."
        )
    if method.inverse:
        return Plan(name, reason, "", exact or _made(operator, method.inverse))
    if method.solves_least_squares:
        return Plan(name, reason)
    return _preconditioned(operator, name, reason, solve.preconditioner)


def _chosen(operator: LinearOperator) -> tuple[str, str, LinearOperator | None]:
    exact, inverse = "", None
    for offer, target in _offers(operator):
        if offer.is_exact and (inverse := offer.make(target)) is not None:
            exact = offer.name
            break
    traits = Traits(exact, operator.is_square, operator.is_definite, operator.is_symmetric)
    rule = next(rule for rule in RULES if rule.applies(traits))
    return rule.method, rule.reason, inverse


def _offers(operator: LinearOperator) -> list[tuple[Offer, LinearOperator]]:
    """What is offered for the operator; if it has a given null space, for what lies beneath, too.

    That has no inverse.
    """
    found = [(offer, operator) for offer in OFFERS if isinstance(operator, offer.kind)]
    if isinstance(operator, Deflated):
        beneath = operator.operator
        found += [pair for pair in _offers(beneath) if not pair[0].is_exact]
    return found


def _made(operator: LinearOperator, name: str) -> LinearOperator:
    for offer, target in _offers(operator):
        if offer.name == name and (made := offer.make(target)) is not None:
            return made
    known = dict.fromkeys(offer.name for offer, _ in _offers(operator))
    raise NotSupported(
        f"'{name}' can't be used with this {type(operator).__name__}. Available: "
        f"{', '.join(known) or 'none'}."
    )


def _preconditioned(operator: LinearOperator, method: str, reason: str, wanted: Any) -> Plan:
    if isinstance(wanted, LinearOperator):
        return Plan(method, reason, type(wanted).__name__, wanted)
    if callable(wanted):
        return Plan(method, reason, getattr(wanted, "__name__", "given"), Given(wanted))
    if isinstance(wanted, str):
        return Plan(method, reason, wanted, _made(operator, wanted))
    for offer, target in _offers(operator):
        # The inverse would leave nothing to do for the method that was asked for.
        if not offer.is_exact and (made := offer.make(target)) is not None:
            return Plan(method, reason, offer.name, made)
    return Plan(method, reason)


@final
@dataclass(frozen=True, eq=False)
class Given(LinearOperator):
    """A function r → z of the user, taken as a linear operator."""

    function: Callable[..., Any]

    def apply(self, x: Tensor) -> Tensor:
        """What the function returns."""
        return self.function(x)
