"""The picture of a convergence history shows the numbers of the reports."""

import numpy as np
import pytest

from phimath.dimension import batch, dual, spatial
from phimath.errors import ShapeError
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.wrap import wrap
from phisim.vis import plot_convergence


def recorded(systems, *, record_trajectories=True):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((8, 8))
    matrix = wrap(a @ a.T + np.eye(8), spatial("x"), dual("x"))
    right = wrap(rng.standard_normal((systems, 8)), batch("b"), spatial("x"))
    with SolveTape(record_trajectories=record_trajectories) as tape:
        for method in ("CG", "GMRES"):
            solve_linear(matrix, right, Solve(method))
    return tape


def test_each_report_is_a_curve_over_its_iterations():
    tape = recorded(1)
    (axes,) = plot_convergence(tape).axes
    first, _, second, _ = axes.lines
    for line, info in zip((first, second), tape, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(info.iterations + 1))
        np.testing.assert_allclose(line.get_ydata(), info.history.b[0].numpy())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["CG", "GMRES"]
    assert axes.get_yscale() == "log"


def test_many_systems_become_an_area():
    (axes,) = plot_convergence(recorded(9)[0]).axes
    assert len(axes.collections) == 1
    assert len(axes.lines) == 2


def test_reports_without_history_say_how_to_get_one():
    with pytest.raises(ShapeError, match="record_trajectories=True"):
        plot_convergence(recorded(1, record_trajectories=False))
