"""Which method and which preconditioner solve a system, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from phimath.errors import NotSupported
from phimath.solve.direct import DenseInverse
from phimath.solve.host import HOST_PRECONDITIONERS, HostInverse, has_entries, has_pyamg
from phimath.solve.jacobi import Jacobi
from phimath.solve.methods import LINEAR_METHODS
from phimath.solve.multigrid import SingleMultigrid
from phimath.solve.null_space import Deflated
from phimath.solve.separable import NearlySeparable, Separable
from phimath.sparse import DenseMatrix, LinearOperator, Matrix, SparseMatrix, StencilOperator

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.solve.problem import Solve
    from phimath.tensor import Tensor


class Offer(NamedTuple):
    """An approximate inverse that can be made for a kind of operator.

    make: returns `None` if it can't be made for this one.
    is_exact: Whether it is the inverse, up to rounding errors, whenever it is made.
    suits: Whether it is a good choice if the user leaves that to us.
    is_on_host: Whether SciPy or PyAMG applies it; taken by itself with method 'auto' only.
    """

    name: str
    kind: type[LinearOperator]
    make: Callable[[LinearOperator], LinearOperator | None]
    is_exact: bool = False
    suits: Callable[[LinearOperator], bool] = lambda _: True
    is_on_host: bool = False


# Up to so many unknowns elimination pays.  In the plane, with 5 entries a row, it takes 0.1 s at
# 128² and 0.6 s at 256², then 8 and 30 ms for each right-hand side, where CG takes 0.3 and 1.4 s;
# in space 0.25 s at 20³, then 9 ms, where CG takes 64.
_SMALL: Final = 2**14
_SMALL_IN_PLANE: Final = 2**17
_ENTRIES_IN_PLANE: Final = 5


def _is_small(a: LinearOperator) -> bool:
    a = a.operator if isinstance(a, Deflated) else a
    if not isinstance(a, SparseMatrix):
        return False
    # Of values that a program computes, each time others, only the first solve counts.
    is_fast_by_iterations = a.is_definite and not a.facts.is_seen
    size = a.row_dims.volume
    is_in_plane = a.matrix.pattern.count <= _ENTRIES_IN_PLANE * size
    limit = _SMALL_IN_PLANE if is_in_plane else _SMALL
    return size <= limit and not is_fast_by_iterations


def _suits_algebraic_multigrid(a: LinearOperator) -> bool:
    is_known = isinstance(a, SparseMatrix) and a.facts.is_seen
    return is_known and a.is_definite and has_pyamg()


def _suits_incomplete_elimination(a: LinearOperator) -> bool:
    return isinstance(a, SparseMatrix) and not a.is_symmetric


# For each kind of operator the best one first.
OFFERS: Final = (
    Offer("separable", StencilOperator, Separable.of, is_exact=True),
    # Below about 128² cells the second takes half the time, but jumps and noise defeat it.
    Offer("multigrid", StencilOperator, SingleMultigrid.of),
    Offer("separable", StencilOperator, NearlySeparable.of),
    Offer("direct", DenseMatrix, DenseInverse.of, is_exact=True),
    Offer("direct", Deflated, DenseInverse.of, is_exact=True),
    *(
        Offer("direct", kind, HostInverse.direct, is_exact=True, suits=_is_small, is_on_host=True)
        for kind in (SparseMatrix, Deflated)
    ),
    Offer(
        "amg",
        Matrix,
        HostInverse.multigrid,
        suits=_suits_algebraic_multigrid,
        is_on_host=True,
    ),
    Offer(
        "ilu",
        Matrix,
        HostInverse.incomplete,
        suits=_suits_incomplete_elimination,
        is_on_host=True,
    ),
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

    @property
    def is_done_at_once(self) -> bool:
        """Whether applying the inverse once is all."""
        method = LINEAR_METHODS[self.method]
        is_exact = method.starts == 1 or isinstance(self.inverse, HostInverse)
        return method.inverse != "" and is_exact


class Rule(NamedTuple):
    """When to take a method, and why."""

    applies: Callable[[Traits], bool]
    method: str
    reason: str


@final
@dataclass(frozen=True)
class Traits:
    """What rules see of a system; `exact` names the offer that is exact, if there is one.

    is_sparse: Whether it is a sparse matrix, `is_traced`: whose values aren't known.
    """

    exact: str
    is_sparse: bool
    is_traced: bool
    is_square: bool
    is_definite: bool
    is_symmetric: bool


RULES: Final = (
    Rule(lambda t: not t.is_square, "LSQR", "there are more or fewer equations than unknowns"),
    Rule(lambda t: t.exact == "separable", "separable", "the operator is separable on a box"),
    Rule(lambda t: t.exact != "" and t.is_sparse, "direct", "the sparse matrix is small enough"),
    Rule(lambda t: t.exact == "direct", "direct", "all entries of the matrix are stored"),
    Rule(lambda t: t.is_definite, "CG", "the operator is symmetric and definite"),
    Rule(lambda t: t.is_symmetric, "MINRES", "the operator is symmetric"),
    Rule(
        lambda t: t.is_traced,
        "BiCGStab",
        "whether the sparse matrix is symmetric can't be seen; say so by assume='symmetric'",
    ),
    Rule(lambda t: t.is_sparse, "BiCGStab", "the sparse matrix is not symmetric"),
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
        name, reason, exact = _chosen(operator, solve)
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
    if method.takes_entries and not has_entries(operator):
        raise NotSupported(
            f"'{name}' takes the entries of a matrix, which this {type(operator).__name__} does "
            "not have. Use 'CG', 'MINRES', 'GMRES', 'BiCGStab' or 'LSQR'."
        )
    if method.inverse:
        return Plan(name, reason, "", exact or _made(operator, method.inverse))
    if method.solves_least_squares:
        return Plan(name, reason)
    wanted = solve.preconditioner
    if method.takes_entries and not (isinstance(wanted, str) and wanted in HOST_PRECONDITIONERS):
        return _unpreconditioned(name, reason, wanted)
    return _preconditioned(operator, name, reason, solve)


def _unpreconditioned(name: str, reason: str, wanted: Any) -> Plan:
    if wanted is not None:
        raise NotSupported(
            f"'{name}' runs on the host, where preconditioners can be 'ilu' or 'amg'. For another "
            "one use the method of the same kind without 'scipy-', e.g. 'CG'."
        )
    return Plan(name, reason)


def _chosen(operator: LinearOperator, solve: Solve) -> tuple[str, str, LinearOperator | None]:
    exact, inverse = "", None
    for offer, target in _offers(operator):
        # Who asks for a preconditioner wants iterations.
        is_wanted = not offer.is_on_host or solve.preconditioner is None
        if not (offer.is_exact and is_wanted and offer.suits(target)):
            continue
        if (inverse := offer.make(target)) is not None:
            exact = offer.name
            break
    beneath = operator.operator if isinstance(operator, Deflated) else operator
    is_sparse = isinstance(beneath, SparseMatrix)
    traits = Traits(
        exact,
        is_sparse,
        is_sparse and not beneath.facts.is_seen,
        operator.is_square,
        operator.is_definite,
        operator.is_symmetric,
    )
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
    known = dict.fromkeys(offer.name for offer, _ in _offers(operator) if offer.name != name)
    raise NotSupported(
        f"'{name}' can't be used with this {type(operator).__name__}. Available: "
        f"{', '.join(known) or 'none'}."
    )


def _preconditioned(operator: LinearOperator, method: str, reason: str, solve: Solve) -> Plan:
    wanted = solve.preconditioner
    if isinstance(wanted, LinearOperator):
        return Plan(method, reason, type(wanted).__name__, wanted)
    if callable(wanted):
        return Plan(method, reason, getattr(wanted, "__name__", "given"), Given(wanted))
    if isinstance(wanted, str):
        return Plan(method, reason, wanted, _made(operator, wanted))
    for offer, target in _offers(operator):
        # The inverse would leave nothing to do for the method that was asked for.
        if offer.is_exact or not offer.suits(target):
            continue
        if offer.is_on_host and solve.method != "auto":
            continue
        if (made := offer.make(target)) is not None:
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
