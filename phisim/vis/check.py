"""A picture of a gradient check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phisim.vis.libraries import load_library

if TYPE_CHECKING:
    from phimath.transform.check import GradientCheck


def plot_check(check: GradientCheck) -> Any:  # Matplotlib is untyped
    """Errors of differences and Taylor remainders over the step size, as a Matplotlib figure.

    The remainders of a right gradient are parallel to the line h².

    Raises:
        PlottingNotInstalled: Matplotlib is missing.
    """
    figure = load_library("matplotlib.figure").Figure(figsize=(9, 3.8), layout="constrained")
    differences, taylor = figure.subplots(1, 2)
    differences.loglog(check.steps, check.errors, "o-")
    differences.axhline(check.tolerance, color="grey", linestyle=":", label="tolerance")
    differences.set(xlabel="step h", ylabel="relative error", title="Central differences")
    taylor.loglog(check.taylor_steps, check.remainders, "o-", label="remainder")
    if check.remainders:
        first = check.remainders[0] / check.taylor_steps[0] ** 2
        square = [first * step**2 for step in check.taylor_steps]
        taylor.loglog(check.taylor_steps, square, color="grey", linestyle=":", label="h²")
    taylor.set(xlabel="step h", ylabel="|f(x+hv) − f(x) − h f'(x)·v|", title="Taylor test")
    for axes in (differences, taylor):
        axes.legend()
    figure.suptitle("Gradient check " + ("passed" if check else "failed"))
    return figure
