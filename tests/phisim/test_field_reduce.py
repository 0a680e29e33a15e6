from __future__ import annotations

import numpy as np
import pytest

import phimath
from phimath import batch, channel, spatial, tensor, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, integrate
from phisim.geometry import Box

ROOM = Box(x=4, y=2)
CELLS = {"x": 4, "y": 2}


@pytest.fixture(autouse=True)
def _in_64_bit():
    with phimath.precision(64):
        yield


def centered(values=0.0, boundary=0.0):
    return CenteredGrid(values, boundary, ROOM, **CELLS)


def staggered(values=0.0, boundary=0.0):
    return StaggeredGrid(values, boundary, ROOM, **CELLS)


def random_values(seed=0, **sizes):
    return np.random.default_rng(seed).standard_normal(tuple(sizes.values()))


def test_faces_on_the_sides_count_by_half(backend):
    field = staggered(lambda x, y: (x * x, y), ZERO_GRADIENT)
    # The trapezoidal rule along its own axis.
    along_x = (0 / 2 + 1 + 4 + 9 + 16 / 2) / 4
    assert_close(phimath.mean(field, "x,y").numpy("vector"), np.array([along_x, 1.0]))
    assert_close(float(phimath.mean(field)), (along_x + 1.0) / 2)
    assert_close(integrate(field).numpy("vector"), np.array([along_x * 8, 8.0]))
    assert_close(float(phimath.sum(field)), along_x * 8 + 8.0)
    loss = 0.5 * (2 * (0 / 2 + 1 + 16 + 81 + 256 / 2) + 4 * (0 + 1 + 4 / 2))
    assert_close(float(phimath.l2_loss(field)), loss)
    assert float(phimath.max(field)) == 16


def test_periodic_faces_count_in_full():
    field = staggered(lambda x, y: (x, y), PERIODIC)
    assert_close(phimath.mean(field, "x,y").numpy("vector"), np.array([1.5, 0.5]))


def test_reductions_of_centered_fields_are_those_of_their_values():
    values = random_values(x=4, y=2)
    field = CenteredGrid(tensor(values, spatial("x,y")), 0.0, Box(x=2, y=1))
    assert_close(float(phimath.mean(field)), values.mean(), rtol=1e-12)
    assert_close(float(phimath.l1_loss(field)), np.abs(values).sum(), rtol=1e-12)
    assert_close(float(phimath.min(field)), values.min())
    assert_close(phimath.sum(field, "x").numpy("y"), values.sum(0), rtol=1e-12)
    assert_close(float(integrate(field)), values.sum() / 4, rtol=1e-12)


def test_losses_of_trees_add_fields_and_tensors():
    both = (centered(2.0), {"more": wrap([1.0, 3.0], channel("c"))})
    assert_close(float(phimath.l2_loss(both)), 0.5 * (8 * 4 + 1 + 9))


def test_reductions_keep_batch_dimensions():
    field = staggered(wrap([1.0, 2.0], batch("world")), ZERO_GRADIENT)
    assert_close(phimath.mean(field).numpy("world"), np.array([1.0, 2.0]))


def test_integrals_over_a_region_count_cut_cells_by_their_covered_part():
    field = centered(3.0)
    assert_close(float(integrate(field, Box(x=(0.5, 2.25), y=(-1, 5)))), 3 * 1.75 * 2, rtol=1e-6)
