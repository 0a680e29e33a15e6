"""Sides that contradict incompressibility are refused, where they are prescribed."""

import pytest

import phimath as math
from phimath import batch, iterate, jit_compile, using, vec, wrap
from phimath.boundary import ZERO_GRADIENT
from phimath.errors import BoundaryError
from phisim.field import StaggeredGrid
from phisim.geometry import Box
from phisim.physics import fluid

WIND = vec(x=1.0, y=0.0)


@pytest.fixture(autouse=True)
def _on_numpy():
    with using("numpy"):
        yield


def grid(boundary):
    return StaggeredGrid(0, boundary, Box(x=4, y=2), x=8, y=4)


def test_a_net_inflow_into_a_closed_box_is_refused_with_its_size():
    with pytest.raises(BoundaryError, match=r"net inflow of 2.* Open a side with ZERO_GRADIENT"):
        fluid.make_incompressible(grid({"x-": WIND, "x+": 0, "y": 0}))


def test_one_world_of_a_batch_is_enough():
    wind = vec(x=wrap([0.0, 1.0], batch("b")), y=0.0)
    with pytest.raises(BoundaryError, match="closed domain"):
        fluid.make_incompressible(grid({"x-": wind, "x+": 0, "y": 0}))


@pytest.mark.parametrize(
    "boundary",
    [
        {"x-": WIND, "x+": WIND, "y": 0},
        {"x-": WIND, "x+": ZERO_GRADIENT, "y": 0},
        {"x": 0, "y-": 0, "y+": WIND},
    ],
    ids=["through", "open", "lid"],
)
def test_what_enters_and_leaves_is_projected(boundary):
    velocity, _ = fluid.make_incompressible(grid(boundary))
    divergence = fluid.flux_divergence(velocity).values
    assert float(math.max(abs(divergence), None)) < 1e-4


@pytest.mark.needs("value_and_gradient")  # these backends have a compiler
def test_a_compiled_loop_refuses_the_net_inflow_of_its_steps(backend):
    @jit_compile
    def run(velocity):
        return iterate(lambda v: fluid.make_incompressible(v)[0], 2, velocity)

    with using(backend):
        run(grid({"x-": WIND, "x+": WIND, "y": 0}))
        with pytest.raises(BoundaryError, match="net inflow"):
            run(grid({"x-": WIND, "x+": 0, "y": 0}))
