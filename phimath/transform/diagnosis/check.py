"""Are the derivatives of a function right?  Differences and a Taylor series tell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log2
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.convert import cast
from phimath.dtype import DType, precision
from phimath.random.state import redrawing, upcoming
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.tensor_tree import tree_map
from phimath.transform.diagnosis.nonfinite import first_nonfinite
from phimath.transform.diagnosis.pictures import picture_of
from phimath.transform.gradient import value_and_gradient, variable_of
from phimath.transform.reverse import inner_product
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Relative to the size of the variables.
_TAYLOR_STEPS = tuple(2.0**-k for k in range(2, 22))
_DIFFERENCE_STEPS = tuple(10.0 ** (-k / 2) for k in range(2, 21))
_SMALLEST_ORDER = 1.8
_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class GradientCheck:
    """Verdict on a gradient; true if it is right.

    Attributes:
        value: The loss.
        derivative: Its derivative along the random direction, by the gradient.
        steps, errors: Step sizes of central differences, relative to the size of the variables,
            and the relative difference to `derivative`: falls as the square of the step, then
            rises by round-off.
        taylor_steps, remainders: |f(x+hv) − f(x) − h f'(x)·v|, which falls as h² if the gradient is
            right, else as h.
        order: The exponent measured; `None` where the remainder is round-off: a linear function.
        tolerance: What the smallest of the errors must not exceed.
        origin: Where the first non-finite number came from; empty if all are finite.
    """

    value: float
    derivative: float
    steps: tuple[float, ...]
    errors: tuple[float, ...]
    taylor_steps: tuple[float, ...]
    remainders: tuple[float, ...]
    order: float | None
    tolerance: float
    origin: str = ""

    @property
    def best_error(self) -> float:
        """The smallest relative difference; infinite if there is none."""
        return min((e for e in self.errors if isfinite(e)), default=float("inf"))

    @property
    def passed(self) -> bool:
        """Whether the gradient is right."""
        has_order = self.order is None or self.order >= _SMALLEST_ORDER
        return not self.origin and self.best_error <= self.tolerance and has_order

    def __bool__(self) -> bool:
        return self.passed

    def plot(self) -> Any:  # Matplotlib is untyped
        """The numbers over the step sizes, as a Matplotlib figure; needs `import phisim.vis`."""
        return picture_of(self)

    def __repr__(self) -> str:
        if self.origin:
            return f"Gradient check failed: not finite. First, {self.origin}."
        best = self.steps[self.errors.index(self.best_error)] if self.errors else float("nan")
        order = "is round-off" if self.order is None else f"falls as h^{self.order:.2f}"
        return (
            f"Gradient check {'passed' if self.passed else 'failed'}: best relative error "
            f"{self.best_error:.1e} at step {best:.1e} (at most {self.tolerance:.0e}); Taylor "
            f"remainder {order} (at least h^{_SMALLEST_ORDER}); loss {self.value:.6g}, derivative "
            f"{self.derivative:.6g}"
        )


def check_gradient(
    function: Callable[..., Any],
    at: Any,
    *others: Any,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> GradientCheck:
    """Compare the gradient of a loss with differences of it, along a random direction, in 64 bit.

    Args:
        function: Returns a scalar loss, or a tuple whose first entry is the loss.
        at: First argument, by which to differentiate: a tree of floating tensors, or a float.
        others: Further arguments, in the precision in which they are.
        tolerance: Largest relative error of the best difference.
        seed: Of the direction.

    Returns:
        Verdict with the numbers behind it; `.plot()` draws them.

    Raises:
        NotSupported: on NumPy, which has no automatic differentiation.
        DTypeError: `at` has integer or boolean values.

    Source: Taylor test as in Farrell et al., SIAM J. Sci. Comput. 35 (2013), C369.
    """
    numbers = upcoming()

    def evaluate(point: Any) -> Any:
        with redrawing(numbers):
            return function(point, *others)

    with precision(64):
        point = tree_map(_doubled, variable_of(at, "at"))
        output, slope = value_and_gradient(evaluate)(point)
        value = _number(output)
        direction = _random_direction(point, seed)
        derivative = float(inner_product(slope, direction))
        if not isfinite(value) or not isfinite(derivative):
            with redrawing(numbers):
                found = first_nonfinite(function, point, *others)
            found = found or "the reverse pass of the function is not"
            return GradientCheck(
                value, derivative, (), (), (), (), None, tolerance, origin=str(found)
            )

        def along(step: float) -> float:
            return _number(evaluate(tree_map(lambda x, v: x + step * v, point, direction)))

        errors = tuple(_error(along, step, derivative, value) for step in _DIFFERENCE_STEPS)
        remainders = tuple(abs(along(h) - value - h * derivative) for h in _TAYLOR_STEPS)
    order = _order(remainders, max(abs(value), abs(derivative)))
    return GradientCheck(
        value, derivative, _DIFFERENCE_STEPS, errors, _TAYLOR_STEPS, remainders, order, tolerance
    )


def _doubled(tensor: Tensor) -> Tensor:
    return cast(tensor, DType("complex128" if tensor.dtype.kind == "complex" else "float64"))


def _number(output: Any) -> float:
    loss = output[0] if isinstance(output, tuple | list) else output
    return float(sum_of(loss, loss.shape) if isinstance(loss, Tensor) and loss.shape else loss)


def _random_direction(point: Any, seed: int) -> Any:
    """Normal numbers, as large as the values of each tensor are on average."""
    generator = np.random.default_rng(seed)

    def drawn(tensor: Tensor) -> Tensor:
        if not tensor.shape.is_uniform:
            return tensor.map(drawn)  # type: ignore[attr-defined]  # only stacks vary
        sizes = tensor.shape.int_sizes
        values = generator.standard_normal(sizes)
        if tensor.dtype.kind == "complex":
            values = values + 1j * generator.standard_normal(sizes)
        size = float(np.sqrt(np.mean(np.abs(tensor.numpy(tensor.shape)) ** 2)))
        return wrap(values * (size or 1.0), tensor.shape)

    return tree_map(drawn, point)


def _error(along: Callable[[float], float], step: float, derivative: float, value: float) -> float:
    """Relative error of one central difference; zero where both are no more than round-off."""
    difference = (along(step) - along(-step)) / (2 * step)
    scale = max(abs(difference), abs(derivative))
    return abs(difference - derivative) / scale if scale > _EPSILON * abs(value) else 0.0


def _order(remainders: Sequence[float], size: float) -> float | None:
    """Exponent of the step in the remainder, from the smallest steps above round-off."""
    floor = 1e4 * _EPSILON * size
    pairs = [(a, b) for a, b in pairwise(remainders) if min(a, b) > floor]
    if not pairs:
        return None
    return float(np.median([log2(a / b) for a, b in pairs[-5:]]))
