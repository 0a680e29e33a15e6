"""Time integration: methods are tables of coefficients over one engine each.

A state is a tensor, a field, or a tree of them; its rate of change is a tree of the same structure,
in units of the state per time.  Boundaries of fields stay those of the state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, final

from phimath.elementwise import is_finite, where
from phimath.errors import ShapeError, ValueRangeError
from phimath.tensor import Tensor
from phimath.tree import flatten
from phisim.field.field import HOOKS, Field
from phisim.physics.check import check_time_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Rate = Callable[..., Any]


@final
@dataclass(frozen=True)
class Tableau:
    """Coefficients of an explicit Runge-Kutta method.

    stages: lower triangular rows a_ij, one per stage after the first.
    weights: b_i of the result; they sum to one.
    order: of accuracy in time.
    falls_back: Whether an Euler step is made where the result is not finite, such as where a path
        leaves what is known of a velocity.
    """

    name: str
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    order: int
    falls_back: bool = False

    def __post_init__(self) -> None:
        if [len(row) for row in self.stages] != list(range(1, len(self.weights))):
            raise ShapeError(
                f"The tableau of {self.name} needs rows of 1, 2, … {len(self.weights) - 1} "
                f"coefficients, not {[len(row) for row in self.stages]}: the method is explicit."
            )
        if abs(sum(self.weights) - 1) > 1e-12:
            raise ValueRangeError(
                f"The weights of {self.name} must sum to 1, but sum to {sum(self.weights)}."
            )

    @property
    def nodes(self) -> tuple[float, ...]:
        """Times c_i of the stages, as parts of the step."""
        return (0.0, *(sum(row) for row in self.stages))


# Butcher, Numerical Methods for Ordinary Differential Equations (2016), chapter 3; SSP-RK3: Shu and
# Osher, J. Comput. Phys. 77 (1988), which keeps what one Euler step keeps, such as total variation.
EULER: Final = Tableau("Euler", (), (1.0,), 1)
MIDPOINT: Final = Tableau("midpoint", ((1 / 2,),), (0.0, 1.0), 2)
HEUN: Final = Tableau("Heun", ((1.0,),), (1 / 2, 1 / 2), 2)
RK3: Final = Tableau("RK3", ((1 / 2,), (-1.0, 2.0)), (1 / 6, 2 / 3, 1 / 6), 3)
SSP_RK3: Final = Tableau("SSP-RK3", ((1.0,), (1 / 4, 1 / 4)), (1 / 6, 1 / 6, 2 / 3), 3)
RK4: Final = Tableau(
    "RK4", ((1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6), 4
)
FINITE_RK4: Final = replace(RK4, name="finite RK4", falls_back=True)
TABLEAUS: Final = {t.name: t for t in (EULER, MIDPOINT, HEUN, RK3, SSP_RK3, RK4, FINITE_RK4)}


def runge_kutta(
    rate: Rate,
    state: Any,
    dt: float | Tensor,
    method: Tableau = RK4,
    *,
    time: float | Tensor | None = None,
) -> Any:
    """One step of an explicit Runge-Kutta method for ∂u/∂t = rate(u), or rate(u, t).

    Args:
        rate: Function of the state, and of the time if one is given.
        state: Tensor, field or tree of these.
        dt: Time step; negative steps go back in time.
        method: One of the tables here, or a table of yours.
        time: Time at the start of the step, for rates that depend on it.

    Returns: the state after dt.

    Raises:
        ShapeError: if the rate has another structure than the state.
        ValueRangeError: if dt is not finite.
    """
    check_time_step(dt)
    rates: list[Any] = []
    for row, node in zip(((), *method.stages), method.nodes, strict=True):
        stage = advanced(state, dt, row, rates)
        rates.append(rate(stage) if time is None else rate(stage, time + node * dt))
    result = advanced(state, dt, method.weights, rates)
    return _finite(result, advanced(state, dt, (1.0,), rates[:1])) if method.falls_back else result


def _finite(state: Any, otherwise: Any) -> Any:
    """Leaf by leaf, what is finite of a state, and the other elsewhere."""
    leaves, structure = flatten(state, (Tensor, Field))
    others, _ = flatten(otherwise, (Tensor, Field))
    chosen: list[Any] = []
    for leaf, other in zip(leaves, others, strict=True):
        values, instead = (x.values if isinstance(x, Field) else x for x in (leaf, other))
        values = where(is_finite(values), values, instead)
        chosen.append(leaf.with_values(values) if isinstance(leaf, Field) else values)
    return structure.unflatten(chosen)


def euler(rate: Rate, state: Any, dt: float | Tensor) -> Any:
    """One explicit Euler step, first order in time."""
    return runge_kutta(rate, state, dt, EULER)


def rk4(rate: Rate, state: Any, dt: float | Tensor) -> Any:
    """One step of the classical Runge-Kutta method, fourth order in time."""
    return runge_kutta(rate, state, dt, RK4)


# Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I (1993), section III.1:
# weights of the latest rate, the one before, …
ADAMS_BASHFORTH: Final = {
    1: (1.0,),
    2: (3 / 2, -1 / 2),
    3: (23 / 12, -16 / 12, 5 / 12),
    4: (55 / 24, -59 / 24, 37 / 24, -9 / 24),
}


def adams_bashforth(
    rate: Rate, state: Any, dt: float | Tensor, earlier: Sequence[Any] = ()
) -> tuple[Any, tuple[Any, ...]]:
    """One step of the Adams-Bashforth method whose order is the number of known rates, at most 4.

    Args:
        rate: Function of the state.
        state: Tensor, field or tree of these.
        dt: Time step, the same as that of the steps before.
        earlier: Rates of the steps before, the latest first, as the last call returned them; none
            at the start, where a Runge-Kutta step or small steps keep the order.

    Returns: the state after dt, and the rates for the next call: `earlier` with the new one.  To
    stay at order k, hand back the first k - 1 of them.
    """
    check_time_step(dt)
    highest = max(ADAMS_BASHFORTH)
    rates = (rate(state), *earlier)[:highest]
    return advanced(state, dt, ADAMS_BASHFORTH[len(rates)], rates), rates


def symplectic_euler(
    velocity: Callable[[Any], Any],
    force: Callable[[Any], Any],
    position: Any,
    momentum: Any,
    dt: float | Tensor,
) -> tuple[Any, Any]:
    """Kick, then drift: first order, and the energy of a closed system doesn't drift.

    Args:
        velocity: Rate of the position, from the momentum.
        force: Rate of the momentum, from the position.
        position: Tensor, field or tree.
        momentum: Likewise.
        dt: Time step.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration (2006), theorem VI.3.3.
    """
    check_time_step(dt)
    momentum = advanced(momentum, dt, (1.0,), (force(position),))
    return advanced(position, dt, (1.0,), (velocity(momentum),)), momentum


def leapfrog(
    velocity: Callable[[Any], Any],
    force: Callable[[Any], Any],
    position: Any,
    momentum: Any,
    dt: float | Tensor,
) -> tuple[Any, Any]:
    """Half a kick, drift, half a kick (Störmer-Verlet): second order, symplectic, reversible.

    Arguments as of `symplectic_euler`.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration (2006), theorem VI.3.4.
    """
    check_time_step(dt)
    momentum = advanced(momentum, dt, (0.5,), (force(position),))
    position = advanced(position, dt, (1.0,), (velocity(momentum),))
    return position, advanced(momentum, dt, (0.5,), (force(position),))


def imex_euler(
    explicit: Rate, implicit: Callable[[Any, Any], Any], state: Any, dt: float | Tensor
) -> Any:
    """One step of ∂u/∂t = explicit(u) + implicit part, the latter by backward Euler; first order.

    Args:
        explicit: Rate of the part that is not stiff, such as advection.
        implicit: Function (u, dt) that solves (1 − dt A) v = u for v, e.g.
            `lambda u, dt: diffuse.implicit(u, 0.1, dt)`.
        state: Tensor, field or tree.
        dt: Time step; at least 0.

    Source: Ascher, Ruuth and Spiteri, Appl. Numer. Math. 25 (1997), method (1, 1, 1).
    """
    check_time_step(dt, negative=False)
    return implicit(advanced(state, dt, (1.0,), (explicit(state),)), dt)


def advanced(state: Any, dt: float | Tensor, weights: Sequence[float], rates: Sequence[Any]) -> Any:
    """The state plus dt ∑ weight · rate, leaf by leaf; fields keep their boundaries."""
    terms = [(w, r) for w, r in zip(weights, rates, strict=True) if w]
    if not terms:
        return state
    leaves, structure = flatten(state, (Tensor, Field))
    columns = [_rates_of(rate, structure, leaves) for _, rate in terms]
    changed: list[Any] = []
    for leaf, *changes in zip(leaves, *columns, strict=True):
        total: Any = None
        for (weight, _), change in zip(terms, changes, strict=True):
            term = change if weight == 1.0 else weight * change
            total = term if total is None else total + term
        changed.append(_moved(leaf, dt * total))
    return structure.unflatten(changed)


def _rates_of(rate: Any, structure: Any, states: list[Any]) -> list[Tensor]:
    leaves, found = flatten(rate, (Tensor, Field))
    if found != structure:
        raise ShapeError(
            f"The rate of change has the structure {found}, but the state {structure} (* is a "
            "tensor or field). Return one rate per part of the state, in the same containers."
        )
    for leaf, state in zip(leaves, states, strict=True):
        if isinstance(leaf, Field) != isinstance(state, Field):
            raise ShapeError(
                f"The rate of change of a {type(state).__name__} is a {type(leaf).__name__}. "
                "Fields change by fields, tensors by tensors."
            )
        if isinstance(leaf, Field) and leaf.is_staggered != state.is_staggered:
            raise ShapeError(
                "The rate of change lies at other points than the field: one is staggered. Use "
                "at_faces() or at_centers()."
            )
    return [leaf.values if isinstance(leaf, Field) else leaf for leaf in leaves]


def _moved(leaf: Any, change: Tensor) -> Any:
    if not isinstance(leaf, Field):
        return leaf + change
    moved = leaf.with_values(leaf.values + change)
    return HOOKS["prescribe"](moved) if leaf.is_staggered else moved


__all__ = [
    "ADAMS_BASHFORTH",
    "EULER",
    "FINITE_RK4",
    "HEUN",
    "MIDPOINT",
    "RK3",
    "RK4",
    "SSP_RK3",
    "TABLEAUS",
    "Tableau",
    "adams_bashforth",
    "euler",
    "imex_euler",
    "leapfrog",
    "rk4",
    "runge_kutta",
    "symplectic_euler",
]
