"""How large the gradient of a roll-out is after each of its steps: does it explode or vanish?"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.errors import ShapeError, ValueRangeError
from phimath.random.state import redrawing, upcoming
from phimath.tensor import Tensor
from phimath.tensor_tree import tensors_in
from phimath.transform.diagnosis.pictures import picture_of
from phimath.transform.gradient import value_and_gradient
from phimath.transform.loop.state import next_state
from phimath.transform.natives import numbers_as_tensors
from phimath.transform.reverse import require_differentiation, vjp
from phimath.tree import flatten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.tree import Structure

_LARGE = 1e3
"""Factor over the whole roll-out from which on the gradient is said to explode or vanish."""


@dataclass(frozen=True)
class GradientNorms:
    """Norms of the derivative of a loss by the states of a roll-out.

    Attributes:
        loss: Of the final state.
        norms: ‖∂(loss)/∂(state after k steps)‖₂ for k = 0 … n, of all entries together.
        by_entry: The same for each entry of the state.
    """

    loss: float
    norms: tuple[float, ...]
    by_entry: tuple[tuple[float, ...], ...]

    @property
    def growth(self) -> float:
        """Factor per step, going back: above 1 the gradient grows."""
        first, last, steps = self.norms[0], self.norms[-1], len(self.norms) - 1
        return float(np.float64(first / last) ** (1 / steps)) if last and steps else float("nan")

    @property
    def verdict(self) -> str:
        """`'explodes'`, `'vanishes'`, `'is steady'`, or from which step on it is not finite."""
        bad = [k for k, norm in enumerate(self.norms) if not isfinite(norm)]
        if bad:
            return f"is not finite up to step {bad[-1]}"
        first, last = self.norms[0], self.norms[-1]
        if first > _LARGE * last:
            return "explodes"
        return "vanishes" if first * _LARGE < last else "is steady"

    def __repr__(self) -> str:
        return (
            f"The gradient {self.verdict}: norm {self.norms[0]:.2e} at the start, "
            f"{self.norms[-1]:.2e} after {len(self.norms) - 1} steps, a factor of "
            f"{self.growth:.3g} per step back"
        )

    def plot(self) -> Any:  # Matplotlib is untyped
        """The norms over the steps, as a Matplotlib figure; needs `import phisim.vis`."""
        return picture_of(self)


def gradient_norms(
    step: Callable[..., Any], steps: int, *state: Any, loss: Callable[..., Any]
) -> GradientNorms:
    """Gradient of a roll-out over its horizon: how large it is w.r.t. the state after each step.

    One pass forwards and one back, eagerly; all states are kept.

    Args:
        step: Function of the state that returns the next state, as for `iterate`.
        steps: Number of steps.
        state: Initial trees.  Integers and `None` in them have no gradient.
        loss: Function of the final state that returns a scalar; batch dimensions are summed over.

    Returns:
        The norms and a verdict; `.plot()` draws them.

    Raises:
        NotSupported: on NumPy, which has no automatic differentiation.
        ShapeError: the loss is no scalar, or no state holds floating numbers.
        ValueRangeError: there is no step.

    Source: exploding and vanishing gradients, Pascanu, Mikolov and Bengio (2013), section 2.
    """
    if steps < 1:
        raise ValueRangeError(f"A roll-out takes at least one step, not {steps}.")
    states = [_Variables(numbers_as_tensors(state))]
    require_differentiation(states[0].floating)
    numbers: list[Any] = []
    for _ in range(steps):
        numbers.append(upcoming())
        with redrawing(numbers[-1]):
            following = next_state(step, states[-1].state)
        states.append(_Variables(numbers_as_tensors(following)))
    if not states[-1].floating:
        raise ShapeError(
            "The final state holds no floating numbers, by which a gradient could be taken."
        )

    def final_loss(floating: list[Tensor]) -> Any:
        return loss(*states[-1].with_floating(floating))

    value, cotangents = value_and_gradient(final_loss)(states[-1].floating)
    found = [states[-1].norms(cotangents)]
    for before, drawn in zip(reversed(states[:-1]), reversed(numbers), strict=True):
        with redrawing(drawn):
            cotangents = before.pulled_back(step, cotangents)
        found.append(before.norms(cotangents))
    by_entry = tuple(zip(*reversed(found), strict=True))
    return GradientNorms(
        _number(value), tuple(hypot(*entries) for entries in reversed(found)), by_entry
    )


class _Variables:
    """A state, and the tensors in it that have derivatives."""

    def __init__(self, state: tuple[Any, ...]) -> None:
        self.state = state
        tensors, structure = flatten(state, Tensor)
        self._tensors: list[Tensor] = tensors
        self._structure: Structure = structure
        self.floating = [tensor for tensor in tensors if tensor.dtype.is_floating]

    def with_floating(self, floating: Sequence[Tensor]) -> tuple[Any, ...]:
        """The state with other floating tensors."""
        source = iter(floating)
        return self._structure.unflatten(
            [next(source) if t.dtype.is_floating else t for t in self._tensors]
        )

    def pulled_back(
        self, step: Callable[..., Any], cotangents: Sequence[Tensor]
    ) -> Sequence[Tensor]:
        """Cotangents of this state's floating tensors, for those of the next state."""

        def following(floating: list[Tensor]) -> list[Tensor]:
            return _Variables(
                numbers_as_tensors(next_state(step, self.with_floating(floating)))
            ).floating

        if not self.floating:
            return []
        return vjp(following, self.floating)[1](list(cotangents))[0]

    def norms(self, cotangents: Sequence[Tensor]) -> tuple[float, ...]:
        """Of each entry of the state."""
        source = iter(cotangents)
        return tuple(
            hypot(*(_norm(next(source)) for t in tensors_in(entry) if t.dtype.is_floating))
            for entry in self.state
        )


def _norm(tensor: Tensor) -> float:
    if not tensor.shape.is_uniform:
        along = tensor.shape.non_uniform.dims[0].size.along  # type: ignore[union-attr]  # it varies
        return hypot(*map(_norm, tensor.unstacked(along)))
    return float(np.linalg.norm(tensor.numpy(tensor.shape).astype("complex128").ravel()))


def _number(output: Any) -> float:
    loss = output[0] if isinstance(output, tuple | list) else output
    return float(np.sum(loss.numpy(loss.shape)))


__all__ = ["GradientNorms", "gradient_norms"]
