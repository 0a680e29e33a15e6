"""Pictures of gradients: are they right, and how large are they over a roll-out?"""

from __future__ import annotations

from typing import Any

from phimath.transform.diagnosis.check import GradientCheck
from phimath.transform.diagnosis.gradient_norms import GradientNorms
from phimath.transform.diagnosis.pictures import PICTURES
from phisim.vis.libraries import load_library


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


def plot_gradient_norms(found: GradientNorms) -> Any:  # Matplotlib is untyped
    """Norms of the gradient by the state after each step, as a Matplotlib figure.

    One line per entry of the state that has a gradient, on a logarithmic scale: what explodes or
    vanishes is a straight line.

    Raises:
        PlottingNotInstalled: Matplotlib is missing.
    """
    figure = load_library("matplotlib.figure").Figure(figsize=(6.5, 3.8), layout="constrained")
    axes = figure.subplots()
    steps = range(len(found.norms))
    axes.set_yscale("log", nonpositive="mask")  # where it is zero, there is no line
    if len(found.by_entry) > 1:
        for i, norms in enumerate(found.by_entry):
            if any(norms):
                axes.plot(steps, norms, ".-", label=f"entry {i} of the state")
        axes.plot(steps, found.norms, "k:", label="all")
        axes.legend()
    else:
        axes.plot(steps, found.norms, ".-")
    axes.set(xlabel="step k", ylabel="‖∂loss / ∂(state after k steps)‖")
    axes.set_title(f"The gradient {found.verdict}: ×{found.growth:.3g} per step back")
    return figure


PICTURES[GradientCheck] = plot_check
PICTURES[GradientNorms] = plot_gradient_norms
