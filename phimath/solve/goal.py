"""What a residual has to reach, and numbers of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from phimath.elementwise import abs as magnitude
from phimath.elementwise import is_finite, maximum, minimum, where
from phimath.reduce import all as all_of
from phimath.reduce import max as max_of
from phimath.solve.rounding import epsilon_of
from phimath.solve.system import System, extent, length
from phimath.transform.effects import is_tracing

if TYPE_CHECKING:
    from phimath.solve.problem import Solve
    from phimath.tensor import Tensor


class Goal(NamedTuple):
    """What the residual has to reach, in units of `scale`."""

    rel_tol: Tensor
    abs_tol: Tensor
    size: Tensor
    most: Tensor
    largest: Tensor
    floor: Tensor
    weight: float
    norm: Tensor
    adjoint_norm: Tensor | None

    @classmethod
    def of(
        cls, system: System, solve: Solve, scale: Tensor, size: Tensor, known: Tensor | None = None
    ) -> Goal:
        """From the settings.

        size: Length of the right-hand side before projection and scaling.
        known: Length of `system.b`, if it has been computed.
        """
        # The projection leaves the rounding errors of what it removed.
        weight = 2 * epsilon_of(system.b)
        known = length(system.b, system.operator.rows) if known is None else known
        largest = system.shortfall(system.b) if system.is_least_squares else known
        return cls(
            solve.relative_tolerance * largest,
            solve.abs_tol / scale,
            known,
            # Along a null space that nobody knows of, x may have grown beyond all bounds.
            known if system.operator.knows_null_space else 0.1 * known,
            largest,
            weight * size / scale,
            weight,
            # Computed once: for a function, it is an evaluation.
            system.operator.norm,
            system.adjoint.norm if system.is_least_squares and system.adjoint else None,
        )

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        """What decides, by name, for an x of this length."""
        rounding = self.norm * x + self.size
        # No solution is worse than zero, however large it is.
        rounding = maximum(self.floor, minimum(self.weight * rounding, self.most))
        if self.adjoint_norm is not None:
            rounding = rounding * self.adjoint_norm
        return {"rel_tol": self.rel_tol, "abs_tol": self.abs_tol, "rounding": rounding}

    def tolerance(self, x: Tensor) -> Tensor:
        """The largest of the terms."""
        return largest_of(self.terms(x))


def largest_of(terms: dict[str, Tensor]) -> Tensor:
    """The term that decides."""
    rel_tol, abs_tol, rounding = terms.values()
    return maximum(maximum(rel_tol, abs_tol), rounding)


def kept(is_new: Tensor, new: Tensor, old: Tensor | float) -> Tensor:
    """The new values of systems that take them, the old ones of the others."""
    if not is_tracing() and bool(all_of(is_new, is_new.shape) if is_new.rank else is_new):
        return new
    return where(is_new, new, old)


def scale_of(b: Tensor, names: tuple[str, ...] | None) -> Tensor:
    """Largest magnitude per system, 1 where that is 0 or not finite."""
    largest = max_of(magnitude(b), extent(b, names))
    return where((largest > 0) & is_finite(largest), largest, 1.0)


def norm_of(b: Tensor, names: tuple[str, ...] | None) -> Tensor:
    """Euclidean norm per system, of numbers of any size."""
    scale = scale_of(b, names)
    return length(b / scale, names) * scale
