"""The methods that solves can be asked for by name."""

from __future__ import annotations

from typing import Final, NamedTuple


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


LINEAR_METHODS: Final = ("auto", "CG")
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
METHODS: Final = tuple(dict.fromkeys((*LINEAR_METHODS, *NONLINEAR_METHODS, *OPTIMISERS)))
