"""How to solve and how well."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from phimath.dtype import precision_bits
from phimath.errors import NotSupported, SolveError, ValueRangeError
from phimath.solve.methods import METHODS, PUBLISHED_NAMES

DEFAULT_TOLERANCE = {16: 1e-2, 32: 1e-5, 64: 1e-12}


@dataclass(frozen=True, eq=False)
class Solve:
    """Settings of a solve.

    Converged means ‖b − A x‖ ≤ max(rel_tol ‖b‖, abs_tol, 2 ε (‖A‖∞ ‖x‖ + ‖b‖)), with the residual
    computed anew at the end; ε is the machine precision of the values.  The last term is what
    rounding leaves; a smaller residual cannot be asked for.

    method: 'auto' chooses by the structure of the system.  For linear systems 'CG' (symmetric and
        definite), 'MINRES' (symmetric), 'GMRES', 'BiCGStab', 'LSQR' (least squares), 'direct' (by
        elimination; sparse matrices on the host, where factors are kept for the next right-hand
        side and for the adjoint), 'separable' (box problems), and those of SciPy on the host:
        'scipy-direct', 'scipy-CG', 'scipy-GMres', 'scipy-lGMres', 'scipy-biCG', 'scipy-biCG-stab',
        'scipy-CGS', 'scipy-QMR', 'scipy-GCrotMK', 'scipy-lsqr'; for `solve_nonlinear`
        'Newton-Krylov'; for `minimize` a method of SciPy or 'GD'.
    rel_tol: relative tolerance; by default 1e-5 in 32 bit and 1e-12 in 64 bit.
    abs_tol: absolute tolerance in the units of the right-hand side.
    x0: initial guess; `None` starts from zero.
    max_iterations: more raise `NotConverged`, unless suppressed.
    preconditioner: how A⁻¹ is approximated: 'jacobi', 'multigrid' (balances of fluxes on grids),
        'separable' (the same, varying little), 'ilu' (incomplete elimination by SciPy), 'amg'
        (algebraic multigrid by PyAMG), a `LinearOperator`, or a function that takes a residual.  By
        default the best one known for the operator; 'ilu' and 'amg', which run on the host, only
        with method 'auto'.
    rank_deficiency: dimension of the null space of A, which the solution has no part of: 0 if there
        is none, 1 if adding a constant changes nothing; or a vector in the form of x that A maps to
        zero, or a list of several.  The same vectors must span the null space of Aᴴ, as those of
        symmetric and of conservative operators do.  By default what is known of the operator.
    gradient_solve: settings of the solves that derivatives need; those of the solve by default.
    suppress: errors that return the partial result instead of raising, e.g. `[NotConverged]`.
    assume: what is taken for granted of A, where it can't be seen because its values are traced or
        it is a function: 'symmetric' (A = Aᴴ) or 'definite' (and xᴴA x has one sign).
    """

    method: str = "auto"
    rel_tol: float | None = None
    abs_tol: float = 0.0
    x0: Any = None  # tensor, field or tree, as the solved-for value
    max_iterations: int = 1000
    preconditioner: Any = None
    rank_deficiency: Any = None  # int, or trees like x
    gradient_solve: Solve | None = None
    suppress: tuple[type[SolveError], ...] | list[type[SolveError]] = ()
    assume: Literal["symmetric", "definite"] | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            known = PUBLISHED_NAMES.get(self.method.partition("(")[0])
            advice = f"Use '{known}'." if known else f"Available: {', '.join(METHODS)}."
            raise NotSupported(f"There is no solver '{self.method}'. {advice}")
        for name, value in (("rel_tol", self.rel_tol), ("abs_tol", self.abs_tol)):
            if value is not None and not 0 <= value < float("inf"):
                raise ValueRangeError(f"{name} must be a finite number of at least 0, not {value}.")
        if self.assume not in (None, "symmetric", "definite"):
            raise NotSupported(
                f"assume='{self.assume}' means nothing. Use 'symmetric', 'definite' or None."
            )
        if self.max_iterations < 0:
            raise ValueRangeError(f"max_iterations must be at least 0, not {self.max_iterations}.")

    def is_like(self, other: Solve) -> bool:
        """Whether all settings but the initial guess are equal."""
        names = [field.name for field in fields(self) if field.name != "x0"]
        return all(_same(getattr(self, name), getattr(other, name)) for name in names)

    @property
    def relative_tolerance(self) -> float:
        """`rel_tol`, or the default of the context's precision."""
        return DEFAULT_TOLERANCE[precision_bits()] if self.rel_tol is None else self.rel_tol


def _same(a: object, b: object) -> bool:
    if isinstance(a, Solve) and isinstance(b, Solve):
        return a.is_like(b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return tuple(a) == tuple(b)
    # Operators and functions are equal to themselves only.
    return a is b or (isinstance(a, str | int | float) and a == b)
