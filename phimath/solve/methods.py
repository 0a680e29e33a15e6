"""The methods that solves can be asked for by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from phimath.solve.exact import refine
from phimath.solve.host import HOST_ITERATIONS
from phimath.solve.krylov import Reached, iterate
from phimath.solve.least_squares import LEAST_SQUARES
from phimath.solve.nonsymmetric import MINIMAL, STABILISED
from phimath.solve.symmetric import CONJUGATE_GRADIENT, MINIMAL_RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Callable


class LinearMethod(NamedTuple):
    """How a linear system is solved, and what that needs.

    run: Called with the system, x, b − A x, and when to stop.
    inverse: Name of the preconditioner that the method consists of, or '' if any will do.
    needs_symmetry: Whether A = Aᴴ is assumed.
    needs_adjoint: Whether Aᴴ is needed, too.
    solves_least_squares: Whether there may be more or fewer equations than unknowns.
    starts: How often it may start, from the residual that was computed anew; with 1 there is no
        loop.
    breakdown: What it means if it can't go on, and what to do.
    takes_entries: Whether it needs the entries of a matrix; of functions these are found.
    """

    run: Callable[..., Reached]
    inverse: str = ""
    needs_symmetry: bool = False
    needs_adjoint: bool = False
    solves_least_squares: bool = False
    starts: int = 3
    breakdown: str = ""
    takes_entries: bool = False


class Optimiser(NamedTuple):
    """What a minimisation method needs and can do.

    hessian: 'product' or 'matrix' if it needs second derivatives; they are differences of
        gradients.
    budget: Name of SciPy's option for the largest number of iterations.
    is_reentrant: Whether several can run at once; SciPy guards some by one lock for all.
    """

    needs_gradient: bool = True
    hessian: str = ""
    has_bounds: bool = False
    budget: str = "maxiter"
    is_reentrant: bool = True


_STAGNATED = (
    "No direction lowers the residual any further: the system has no solution, or nearly so."
)

_DIRECT: Final = LinearMethod(
    refine,
    inverse="direct",
    breakdown="The matrix is singular, or nearly so. Give the dimension of its null space, "
    "Solve(rank_deficiency=n), or use method='LSQR'.",
    takes_entries=True,
)

LINEAR_METHODS: Final = {
    "CG": LinearMethod(
        partial(iterate, CONJUGATE_GRADIENT),
        needs_symmetry=True,
        breakdown="The operator is indefinite: xᵀA x has both signs, but CG needs one. Use "
        "method='MINRES' if it is symmetric, 'GMRES' or 'BiCGStab' if not.",
    ),
    "MINRES": LinearMethod(
        partial(iterate, MINIMAL_RESIDUAL), needs_symmetry=True, starts=20, breakdown=_STAGNATED
    ),
    "BiCGStab": LinearMethod(
        partial(iterate, STABILISED),
        starts=20,
        breakdown="The residual became orthogonal to the first one. Use method='GMRES'.",
    ),
    "GMRES": LinearMethod(partial(iterate, MINIMAL), starts=5, breakdown=_STAGNATED),
    "LSQR": LinearMethod(
        partial(iterate, LEAST_SQUARES),
        needs_adjoint=True,
        solves_least_squares=True,
        starts=5,
        breakdown=_STAGNATED,
    ),
    "direct": _DIRECT,
    "separable": LinearMethod(refine, inverse="separable", starts=1),
    # SciPy's, by the published names.
    "scipy-direct": _DIRECT,
    **{
        name: LinearMethod(
            run,
            needs_symmetry=name == "scipy-CG",
            needs_adjoint=name == "scipy-lsqr",
            solves_least_squares=name == "scipy-lsqr",
            breakdown="SciPy's method can't go on with this matrix. Use another one.",
            takes_entries=True,
        )
        for name, run in HOST_ITERATIONS.items()
    },
}
# Of ΦML's own methods.
PUBLISHED_NAMES: Final = {"CG-adaptive": "CG", "biCG-stab": "BiCGStab", "biCG": "scipy-biCG"}
NONLINEAR_METHODS: Final = ("auto", "Newton-Krylov")
# SciPy's names, and gradient descent of our own.
OPTIMISERS: Final = {
    "L-BFGS-B": Optimiser(has_bounds=True),
    "BFGS": Optimiser(),
    "CG": Optimiser(),
    "TNC": Optimiser(has_bounds=True, budget="maxfun"),
    "SLSQP": Optimiser(has_bounds=True),
    "trust-constr": Optimiser(has_bounds=True),
    "Newton-CG": Optimiser(hessian="product"),
    "trust-ncg": Optimiser(hessian="product"),
    "trust-krylov": Optimiser(hessian="product"),
    "trust-exact": Optimiser(hessian="matrix"),
    "dogleg": Optimiser(hessian="matrix"),
    "Nelder-Mead": Optimiser(needs_gradient=False, has_bounds=True),
    "Powell": Optimiser(needs_gradient=False, has_bounds=True),
    "COBYLA": Optimiser(needs_gradient=False, has_bounds=True, is_reentrant=False),
    "COBYQA": Optimiser(needs_gradient=False, has_bounds=True, is_reentrant=False),
    "GD": Optimiser(has_bounds=True),
}
METHODS: Final = tuple(dict.fromkeys(("auto", *LINEAR_METHODS, *NONLINEAR_METHODS, *OPTIMISERS)))
