"""Sides of domains: profiles, fields around a field, walls, slip, Robin conditions, outflow."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import jit_compile, jvp, spatial, tensor, using, vec, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import BoundaryError
from phimath.testing.assertions import assert_close, assert_order
from phimath.transform.effects import is_tracing
from phisim.field import (
    CenteredGrid,
    Robin,
    StaggeredGrid,
    curl,
    divergence,
    downsample2x,
    laplace,
    resample,
    spatial_gradient,
    upsample2x,
)
from phisim.geometry import Box
from phisim.physics import advect, diffuse, fluid
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

CHANNEL = Box(x=2, y=1)
CELLS = {"x": 8, "y": 6}
Y = (np.arange(6) + 0.5) / 6


def smooth(x, y):
    return (pm.sin(x + 2 * y), pm.cos(3 * x - y))


# --- functions and fields as boundaries ---


def test_a_function_is_evaluated_where_each_component_lies():
    v = StaggeredGrid(0.0, {"x-": smooth, "x+": ZERO_GRADIENT, "y": 0}, CHANNEL, **CELLS)
    assert_close(v.component("x").numpy("x,y")[0], np.sin(2 * Y))
    ghosts = v.staggered_tensor()  # has the wall of y on the lower side only
    assert ghosts.shape.get_size("y") == 7
    value = v.boundary.at("x", upper=False).component("vector", 1, "y", ("x", "y")).value
    assert_close(value.numpy("y"), np.cos(-np.arange(7) / 6))


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_differences_are_exact_for_linear_flow_between_sides_that_prescribe_it(make):
    shear = make(lambda x, y: (2 * x + 3 * y, x - 2 * y), lambda x, y: (2 * x + 3 * y, x - 2 * y),
                 CHANNEL, **CELLS)  # fmt: skip
    assert largest(curl(shear).values + 2.0) < 1e-12
    assert largest(divergence(shear).values) < 1e-12
    assert largest(laplace(shear.at_centers()).values) < 1e-10
    assert largest(diffuse.finite_difference(shear, 1.0).values) < 1e-10
    transport = advect.finite_difference(shear.at_centers(), shear)
    x, y = (transport.points.vector[axis] for axis in "xy")
    assert_close(transport.component("x"), -(2 * (2 * x + 3 * y) + 3 * (x - 2 * y)), atol=1e-12)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_a_fine_grid_takes_the_values_of_the_coarse_one_around_it(make):
    # Linear functions are exact on both.
    coarse = make(lambda x, y: (x + 3 * y, y - x), lambda x, y: (x + 3 * y, y - x),
                  CHANNEL, **CELLS)  # fmt: skip
    fine = make(coarse, coarse, Box(x=(0.5, 1.25), y=(0.25, 0.75)), x=5, y=4)
    assert largest(curl(fine).values + 4.0) < 1e-12
    half = make(coarse, {"x": (coarse, 0.0), "y": ZERO_GRADIENT}, fine.bounds, x=5, y=4)
    side = half.boundary.at("x", upper=False).component("vector", 0, "x", ("x", "y")).value
    assert_close(side.numpy("y"), 0.5 + 3 * (0.25 + (np.arange(4) + 0.5) / 8))


def test_profiles_go_with_a_field_to_other_grids():
    sides = {"x-": lambda x, y: (y, 0 * y), "x+": ZERO_GRADIENT, "y": ZERO_GRADIENT}
    v = StaggeredGrid(lambda x, y: (y, 0 * y), sides, CHANNEL, **CELLS)
    coarse = resample(v, to=StaggeredGrid(0.0, sides, CHANNEL, x=4, y=3))
    for half in (coarse, downsample2x(v)):
        assert_close(half.component("x").numpy("x,y")[0], (np.arange(3) + 0.5) / 3)
    twice = upsample2x(v.at_centers())
    side = twice.boundary.at("x", upper=False).value
    assert side.shape.get_size("y") == 12
    assert_close((v.at_centers() + 2 * v.at_centers()).values, 3 * v.at_centers().values)


def test_new_values_on_sides_compile_nothing(backend):
    runs = []

    @jit_compile
    def step(smoke, time):
        if is_tracing():
            runs.append(1)
        sides = {"x-": lambda y: pm.sin(y + time), "x+": ZERO_GRADIENT, "y": time}
        return diffuse.explicit(smoke.with_boundary(sides), 0.01, 0.1)

    smoke = CenteredGrid(1.0, {"x-": lambda y: y, "x+": ZERO_GRADIENT, "y": 0.5}, CHANNEL, **CELLS)
    for time in (0.5, 0.7, 0.9):
        smoke = step(smoke, wrap(time))
    assert len(runs) <= 2  # the first has numbers where the result has tensors
    with using("numpy"):
        expected = CenteredGrid(1.0, 0.0, CHANNEL, **CELLS)
        for time in (0.5, 0.7, 0.9):
            sides = {"x-": np.sin(Y + time), "x+": ZERO_GRADIENT, "y": time}
            sides["x-"] = tensor(sides["x-"], spatial("y"))
            expected = diffuse.explicit(expected.with_boundary(sides), 0.01, 0.1)
    assert_close(smoke.values, expected.values)


# --- walls ---


def test_between_a_sliding_and_a_moving_wall_the_flow_is_linear():
    slip = 0.25
    sides = {
        "x": PERIODIC,
        "y-": fluid.partial_slip(slip),
        "y+": fluid.moving_wall(vec(x=1.0, y=0.0)),
    }
    flow = StaggeredGrid(0.0, sides, CHANNEL, **CELLS)
    flow, _ = fluid.make_incompressible(diffuse.implicit(flow, 1.0, 1e8))
    assert_close(flow.component("x").numpy("x,y")[0], (Y + slip) / (1 + slip), rtol=1e-6)


def test_a_parabola_flows_in_with_two_thirds_of_its_largest_speed():
    for side, sign in (("x-", 1), ("x+", -1)):
        profile = fluid.parabolic_inflow(side, CHANNEL, 1.5)
        other = {"x-": "x+", "x+": "x-"}[side]
        sides = {side: profile, other: fluid.OUTFLOW, "y": fluid.NO_SLIP}
        v = StaggeredGrid(0.0, sides, CHANNEL, x=8, y=20)
        values = v.component("x").numpy("x,y")[0 if side == "x-" else -1]
        assert values.mean() == pytest.approx(sign * 1.0, rel=2e-3)
        v, _ = fluid.make_incompressible(v)
        assert_close(v.component("x").numpy("x,y").sum(1), np.full(9, values.sum()), rtol=1e-9)


# --- Robin ---


def test_a_wave_decays_between_a_mirror_and_a_side_that_cools():
    # u = cos(kx) with k tan k = a / b
    a_over_b, k = 2.0, 1.0768739863118038
    assert k * math.tan(k) == pytest.approx(a_over_b)

    def error(n):
        sides = {"x-": ZERO_GRADIENT, "x+": Robin(1.0, 0.5, 0.0)}
        u = CenteredGrid(lambda x: pm.cos(k * x), sides, Box(x=1), x=n)
        return largest(diffuse.implicit(u, 1.0, 0.5).values - u.values / (1 + 0.5 * k**2))

    assert_order([error(8), error(16), error(32)], expected=2)


def test_the_steady_state_between_a_warm_and_a_cooling_side_is_linear():
    start = CenteredGrid(0.0, {"x-": 1.0, "x+": Robin(3.0, 2.0, 0.75)}, Box(x=1), x=4)
    steady = diffuse.implicit(start, 0.7, 1e9)
    assert_close(steady.values, 1 - 0.45 * steady.points.vector["x"], rtol=1e-7)
    rate = diffuse.finite_difference(steady, 0.7)
    assert largest(rate.values) < 1e-7
    # Sums and multiples of fields keep the condition that they obey.
    changed = 2.0 * (steady + rate) - 1.0
    x = changed.points.vector["x"]
    assert_close(laplace(changed).values, 0.0 * x, atol=1e-6)


def test_fields_that_obey_the_same_condition_may_be_added():
    def body(target):
        return CenteredGrid(1.0, Robin(float("2"), float("3"), target), Box(x=1), x=4)

    total = body(1.0) + 2 * body(4.0)
    assert total.boundary.target == pytest.approx(9.0)
    with pytest.raises(BoundaryError, match="does not follow"):
        body(1.0) + CenteredGrid(1.0, Robin(1.0, 3.0), Box(x=1), x=4)


def test_a_prescribed_heat_flux_fills_the_body():
    # k ∂u/∂n = q on one side and none on the other: the mean grows by q ν / k per time.
    u = CenteredGrid(0.0, {"x-": ZERO_GRADIENT, "x+": Robin(0.0, 2.0, 3.0)}, Box(x=1), x=6)
    for step in (diffuse.implicit, diffuse.crank_nicolson):
        assert_close(pm.mean(step(u, 0.5, 0.1).values), 0.1 * 0.5 * 3.0 / 2.0)


def test_the_derivative_by_what_a_side_prescribes_is_that_of_differences():
    def loss(weight):
        sides = {"x-": weight * weight, "x+": Robin(weight, 2.0, weight + 1.0)}
        u = CenteredGrid(lambda x: x, sides, Box(x=1), x=4)
        return pm.sum(diffuse.implicit(u, 0.3, 0.5).values ** 2, None)

    h = 1e-5
    expected = (loss(wrap(0.8 + h)) - loss(wrap(0.8 - h))) / (2 * h)
    assert_close(jvp(loss, (wrap(0.8),), (wrap(1.0),))[1], expected, rtol=1e-7)


# --- outflow ---


def outflow_step(velocity):
    velocity = advect.semi_lagrangian(velocity, velocity, 0.1)
    velocity = fluid.convective_outflow(velocity, "x+", 0.1)
    return fluid.make_incompressible(velocity)[0]


def channel_flow():
    inflow = fluid.parabolic_inflow("x-", CHANNEL, 1.5)
    sides = {"x-": inflow, "x+": 0.0, "y": fluid.NO_SLIP}
    return StaggeredGrid((1.0, 0.0), sides, CHANNEL, **CELLS)


def test_as_much_is_carried_out_as_flows_in():
    velocity = channel_flow()
    for _ in range(3):
        velocity = outflow_step(velocity)
    x = velocity.component("x").numpy("x,y")
    assert_close(x.sum(1), np.full(9, x[0].sum()), rtol=1e-9)
    assert x[-1].min() > 0
    assert largest(divergence(velocity).values) < 1e-9


def test_what_is_carried_out_obeys_the_convection_equation():
    velocity = StaggeredGrid(
        lambda x, y: (1 + 0.1 * x, y), {"x-": 0.0, "x+": 2.0, "y": ZERO_GRADIENT}, CHANNEL, **CELLS
    )
    carried = fluid.convective_outflow(velocity, "x+", 0.1, speed=0.5)
    # (b − 2)/dt + U (b − u)/dx = 0
    inner = 1 + 0.1 * 1.75
    expected = (2.0 + 0.2 * inner) / 1.2
    assert_close(carried.component("x").numpy("x,y")[-1], np.full(6, expected))


def test_compiled_outflow_is_that_of_numpy(backend):
    with using("numpy"):
        expected = fluid.convective_outflow(channel_flow(), "x+", 0.1)
    found = jit_compile(lambda v: fluid.convective_outflow(v, "x+", 0.1))(channel_flow())
    assert_close(found.component("x"), expected.component("x"))


# --- bad input ---


def test_sides_that_cannot_be_are_refused():
    with pytest.raises(BoundaryError, match=r"ties the velocity through it"):
        StaggeredGrid(0.0, {"x": Robin(1.0, 1.0), "y": 0}, CHANNEL, **CELLS)
    with pytest.raises(BoundaryError, match="There is no side 'z-'"):
        fluid.parabolic_inflow("z-", CHANNEL, 1.0)
    with pytest.raises(BoundaryError, match="There is no side 'x'"):
        fluid.convective_outflow(channel_flow(), "x", 0.1)
    open_channel = StaggeredGrid(0.0, ZERO_GRADIENT, CHANNEL, **CELLS)
    with pytest.raises(BoundaryError, match="not prescribed"):
        fluid.convective_outflow(open_channel, "x+", 0.1)
    with pytest.raises(BoundaryError, match="says nothing about 'y-'"):
        CenteredGrid(0.0, {"x": lambda x: x}, CHANNEL, **CELLS)
    cooling = CenteredGrid(0.0, Robin(1.0, 1.0), CHANNEL, **CELLS)
    with pytest.raises(BoundaryError, match="does not follow"):
        cooling * cooling
    assert spatial_gradient(cooling).boundary is not None
