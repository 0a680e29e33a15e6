"""The picture of a gradient check shows its numbers."""

import numpy as np

from phimath.transform import GradientCheck
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
