"""Pictures of gradients show their numbers."""

import subprocess
import sys

import numpy as np

from phimath.transform import GradientCheck, GradientNorms
from phisim.vis.check import plot_check

STEPS = (1e-1, 1e-2, 1e-3)


def check_with(errors, remainders):
    return GradientCheck(1.0, 2.0, STEPS, errors, STEPS, remainders, 2.0, 1e-6)


def test_errors_and_remainders_are_drawn_over_the_steps():
    errors, remainders = (1e-2, 1e-4, 1e-7), (3e-2, 3e-4, 3e-6)
    figure = plot_check(check_with(errors, remainders))
    differences, taylor = figure.axes
    np.testing.assert_array_equal(differences.lines[0].get_xdata(), STEPS)
    np.testing.assert_array_equal(differences.lines[0].get_ydata(), errors)
    np.testing.assert_array_equal(taylor.lines[0].get_ydata(), remainders)
    np.testing.assert_allclose(taylor.lines[1].get_ydata(), 3 * np.square(STEPS))
    assert figure.get_suptitle() == "Gradient check passed"


def test_a_check_without_numbers_says_that_it_failed():
    check = GradientCheck(np.inf, 2.0, (), (), (), (), None, 1e-6, origin="log of 0")
    assert plot_check(check).get_suptitle() == "Gradient check failed"
    assert repr(check) == "Gradient check failed: not finite. First, log of 0."


def test_norms_are_drawn_over_the_steps_for_each_entry():
    first, second = (8.0, 4.0, 2.0), (1.0, 1.0, 1.0)
    norms = tuple(np.hypot(first, second))
    figure = GradientNorms(3.0, norms, (first, second, (0.0, 0.0, 0.0))).plot()
    (axes,) = figure.axes
    for line, values in zip(axes.lines, (first, second, norms), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert axes.get_yscale() == "log"
    assert axes.get_title().startswith("The gradient is steady")
    single = GradientNorms(3.0, first, (first,)).plot()
    assert len(single.axes[0].lines) == 1


def test_checks_draw_themselves():
    assert check_with((1e-2, 1e-4, 1e-7), (3e-2, 3e-4, 3e-6)).plot().axes


def test_without_a_package_that_draws_it_is_said_which():
    text = (
        "from phimath.transform import GradientNorms\n"
        "try: GradientNorms(1.0, (1.0, 2.0), ((1.0, 2.0),)).plot()\n"
        "except NotImplementedError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert "import phisim.vis" in done.stdout
