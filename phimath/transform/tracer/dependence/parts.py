"""What the rules of all topics share: boxes, constants, and the refusal of all else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.errors import NotSupported
from phimath.transform.tracer.base import Tracer
from phimath.transform.tracer.dependence import layers as of
from phimath.transform.tracer.dependence.array import Linear

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.broadcast import Native
    from phimath.transform.tracer.dependence.layers import Block, Layers


class NotLinear(NotSupported):
    """A function that should be linear does what no linear function does."""


class NotTraced(NotSupported):
    """What a function does may be linear, but its pattern isn't followed."""


class DependenceParts(Tracer[Linear]):
    """Making linear arrays, and rules that several topics need."""

    purpose = "linear tracing"
    has_complex_variables = False

    def constant(self, array: Native) -> Linear:
        """Depends on nothing."""
        return Linear(array, None, self.run)

    def linear(self, primal: Native, layers: Layers | None) -> Linear:
        """An array of this run."""
        return Linear(primal, layers, self.run)

    def moved(self, a: Linear, primal: Native, function: Callable[[Block], Block]) -> Linear:
        """Elements moved: the function does to blocks (layers, …) what was done to the array."""
        layers = None if a.layers is None else of.mapped(a.layers, function)
        return Linear(primal, layers, self.run)

    def known(self, a: Linear, what: str) -> NDArray[Any]:
        """Values of a constant.

        Raises:
            NotLinear: it depends on variables.
            NotTraced: it has no values yet.
        """
        if a.layers is not None:
            raise not_linear(what)
        if not self.inner.is_available(a.primal):
            raise NotTraced(
                f"{what} depends on values that are not known while a transform traces them, so "
                "that it isn't known what the results depend on. Do this outside, or solve "
                "without a matrix."
            )
        return np.asarray(self.inner.to_numpy(a.primal))

    def without_variables(self, name: str, value: Any) -> Any:
        """What the inner backend takes: arrays out of boxes, functions of arrays.

        Raises:
            NotLinear: one of the arrays depends on variables.
        """
        if isinstance(value, Linear):
            if value.layers is not None:
                raise not_linear(name)
            return value.primal
        if isinstance(value, tuple):
            return tuple(self.without_variables(name, part) for part in value)
        if isinstance(value, list):
            return [self.without_variables(name, part) for part in value]
        if callable(value):
            return lambda *a: self.without_variables(name, value(*self.boxed(a)))
        return value

    def boxed(self, value: Any) -> Any:
        """What the inner backend gives, as constants."""
        if isinstance(value, tuple):
            return tuple(map(self.boxed, value))
        if self.inner.owns(value):
            return self.constant(value)
        if callable(value):
            return lambda *a: self.boxed(value(*self.without_variables("a program", a)))
        return value


# Linear in one of their arguments, or maybe so: a function that uses them may have a matrix.
_NOT_FOLLOWED = (
    "solve", "host_call", "native_call", "value_and_gradient", "vjp", "replay", "compile",
)  # fmt: skip


def not_linear(name: str) -> NotLinear | NotTraced:
    """The error for an operation that no linear function does with its argument."""
    if name in _NOT_FOLLOWED:
        return NotTraced(f"What '{name}' makes of the argument of a function can't be followed.")
    return NotLinear(
        f"The function is not linear: it uses '{name}' on values that depend on its argument. Only "
        "linear functions have a matrix. Name arguments in which it is not linear in "
        "auxiliary_args, or use solve_nonlinear."
    )
