"""Diffusion: exact decay of modes, exact fluxes, conservation, orders, gradients, bad input."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import check_gradient, jit_compile, spatial, tensor, using, vec, wrap
from phimath.boundary import (
    ANTISYMMETRIC,
    PERIODIC,
    SYMMETRIC,
    SYMMETRIC_GRADIENT,
    ZERO_GRADIENT,
    combine_by_direction,
)
from phimath.errors import BoundaryError, NotSupported, ShapeError, ValueRangeError
from phimath.testing.assertions import assert_close, assert_order
from phisim.field import CenteredGrid, StaggeredGrid
from phisim.geometry import Box, Sphere
from phisim.physics import diffuse, fluid
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

TAU = 2 * math.pi
ROOM = Box(x=1, y=1)
CELLS = {"x": 6, "y": 4}


def random(seed, shape):
    return tensor(np.random.default_rng(seed).standard_normal(shape.int_sizes), shape)


def random_field(boundary, staggered=False):
    if not staggered:
        vector = pm.channel(vector="x,y")
        return CenteredGrid(random(0, spatial(**CELLS) & vector), boundary, ROOM)
    template = StaggeredGrid(0.0, boundary, ROOM, **CELLS)
    parts = {a: random(1, template.component(a).shape.spatial) for a in "xy"}
    return StaggeredGrid(parts, boundary, ROOM, **CELLS)


VARYING = CenteredGrid(lambda x, y: 0.1 + x * y, ZERO_GRADIENT, ROOM, **CELLS).values


# --- exact solutions ---


@pytest.mark.parametrize("staggered", [False, True])
def test_a_wave_decays_by_the_factor_of_each_method(staggered):
    n, nu, dt = 8, 0.3, 0.4
    make = StaggeredGrid if staggered else CenteredGrid
    u = make(lambda x: pm.sin(TAU * x), PERIODIC, Box(x=1), x=n)
    decay = nu * dt * (2 - 2 * math.cos(TAU / n)) * n**2
    factors = {
        1 / (1 + decay): diffuse.implicit(u, nu, dt),
        (1 - decay / 2) / (1 + decay / 2): diffuse.crank_nicolson(u, nu, dt),
        math.exp(-nu * dt * TAU**2): diffuse.fourier(u, nu, dt),
    }
    for factor, found in factors.items():
        assert_close(found.values, u.values * factor, atol=1e-13)


@pytest.mark.parametrize("order", [1, 2])
def test_implicit_steps_have_their_order_in_time(order):
    u = CenteredGrid(lambda x: pm.sin(math.pi * x), 0.0, Box(x=1), x=8)
    rate = (2 - 2 * math.cos(math.pi / 8)) * 8**2

    def error(steps):
        field = u
        for _ in range(steps):
            field = diffuse.implicit(field, 1.0, 0.1 / steps, order)
        return largest(field.values - u.values * math.exp(-0.1 * rate))

    assert_order([error(8), error(16), error(32)], expected=order)


def test_between_a_cold_and_a_warm_wall_diffusion_is_second_order_in_space():
    def error(n):
        # T = x + sin(πx) e^(−π²νt), in few long steps of which the error in time is removed.
        u = CenteredGrid(lambda x: x + pm.sin(math.pi * x), {"x-": 0, "x+": 1}, Box(x=1), x=n)
        found = diffuse.implicit(u, 0.1, 1.0)
        wave = (found.values - u.points.vector["x"]) * (1 + 0.1 * math.pi**2)
        return largest(wave - pm.sin(math.pi * u.points.vector["x"]))

    assert_order([error(8), error(16), error(32)], expected=2)


def test_the_heat_through_two_layers_is_that_of_their_resistances_in_series():
    wall = CenteredGrid(lambda x: 3.0 * (x > 0.25) + 0.5, ZERO_GRADIENT, Box(x=1), x=8)
    start = CenteredGrid(0.0, {"x-": 1, "x+": 0}, Box(x=1), x=8)
    steady = diffuse.implicit(start, wall, 1e9)
    flux = 0.5 * (1 - float(steady.values.x[0])) / (0.5 / 8)
    assert flux == pytest.approx(1 / (0.25 / 0.5 + 0.75 / 3.5), rel=1e-6)


def test_a_blob_spreads_along_each_direction_at_its_rate():
    # Second moments grow by 2 ν dt, on the grid, too, as long as nothing reaches the sides.
    def variance(field, axis):
        values, x = field.values, field.points.vector[axis]
        return float(pm.sum(values * x**2, None) / pm.sum(values, None))

    blob = CenteredGrid(
        lambda x, y: pm.exp(-(x**2 + y**2) * 8), 0.0, Box(x=(-8, 8), y=(-8, 8)), x=32, y=32
    )
    nu = {"x": 0.2, "y": 0.05}
    for step in (diffuse.implicit, diffuse.crank_nicolson, diffuse.explicit):
        spread = step(blob, (nu["x"], nu["y"]), 0.5)
        for axis, value in nu.items():
            grown = variance(spread, axis) - variance(blob, axis)
            assert grown == pytest.approx(2 * value * 0.5, rel=1e-6)


# --- identities ---

SIDES = {
    "closed": 0.0,
    "open": ZERO_GRADIENT,
    "periodic": PERIODIC,
    "channel": {"x-": vec(x=1.0, y=0.0), "x+": ZERO_GRADIENT, "y": 0.5},
    "free slip": combine_by_direction(normal=0.0, tangential=ZERO_GRADIENT),
    "mirrors": {"x": SYMMETRIC, "y": ANTISYMMETRIC},
}


@pytest.mark.parametrize("diffusivity", [0.1, (0.1, 0.3), VARYING], ids=["one", "two", "varying"])
@pytest.mark.parametrize("staggered", [False, True])
@pytest.mark.parametrize("side", SIDES)
def test_going_back_explicitly_undoes_an_implicit_step(side, staggered, diffusivity):
    with using("numpy"):
        before = random_field(SIDES[side], staggered)
        after = diffuse.implicit(before, diffusivity, 0.05)
        rate = diffuse.finite_difference(after, diffusivity)
        assert largest(after.values - rate.values * 0.05 - before.values) < 1e-10


@pytest.mark.parametrize("boundary", [PERIODIC, ZERO_GRADIENT, SYMMETRIC], ids=str)
def test_what_diffuses_at_a_varying_rate_is_conserved(boundary):
    with using("numpy"):
        before = random_field(boundary)
        for after in (
            diffuse.implicit(before, VARYING, 3.0),
            diffuse.crank_nicolson(before, VARYING, 0.1),
            diffuse.explicit(before, VARYING, 0.01),
        ):
            assert_close(pm.sum(after, "x,y"), pm.sum(before, "x,y"), atol=1e-9)


def test_nothing_passes_faces_of_diffusivity_zero():
    wall = StaggeredGrid(lambda x: 1.0 * (abs(x - 0.5) > 0.1), ZERO_GRADIENT, Box(x=1), x=8)
    heat = CenteredGrid(lambda x: 1.0 * (x < 0.5), ZERO_GRADIENT, Box(x=1), x=8)
    assert_close(diffuse.implicit(heat, wall, 10.0).values, heat.values, atol=1e-9)
    assert_close(diffuse.explicit(heat, wall, 0.005).values, heat.values, atol=1e-12)


def test_worlds_may_differ_in_their_diffusivity():
    with using("numpy"):
        field = random_field(0.0)
        together = diffuse.implicit(field, wrap([0.1, 2.0], pm.batch("world")), 0.1)
        for i, nu in enumerate((0.1, 2.0)):
            assert_close(together.world[i].values, diffuse.implicit(field, nu, 0.1).values)


# --- bodies ---


def between_walls(lower, upper, n):
    """Steady flow between two bodies, driven by a force of 2, at the points along y."""
    walls = (Box(x=(-9, 9), y=(lower - 9, lower)), Box(x=(-9, 9), y=(upper, upper + 9)))
    rest = StaggeredGrid(0.0, {"x": PERIODIC, "y": 0.0}, ROOM, x=2, y=n)
    long = 1e6
    pushed = rest.with_components([rest.component("x") + 2.0 * long, rest.component("y")])
    return diffuse.implicit(pushed, 0.5, long, obstacles=walls), walls


def test_flow_between_bodies_that_cut_cells_is_second_order():
    lower, upper = 0.1234, 0.8765

    def error(n):
        y = (np.arange(n) + 0.5) / n
        exact = np.where((y > lower) & (y < upper), 2.0 * (y - lower) * (upper - y), 0.0)
        flow, _ = between_walls(lower, upper, n)
        return np.abs(flow.component("x").numpy("x,y")[0] - exact).max()

    with using("numpy"):
        assert_order([error(8), error(16), error(32)], expected=2)


def test_friction_on_bodies_balances_the_force_that_drives_the_flow():
    with using("numpy"):
        flow, walls = between_walls(0.2, 0.8, 12)
        rate = diffuse.finite_difference(flow, 0.5, obstacles=walls).component("x")
        assert_close(rate.numpy("x,y")[0, 3:9], np.full(6, -2.0), rtol=1e-5)


def test_fluid_turns_with_a_body_and_its_surroundings():
    # A rigid rotation has no friction, whatever the body's place in the cells.
    disc = fluid.Obstacle(Sphere(x=0.52, y=0.47, radius=0.27), angular_velocity=0.7)

    def turning(x, y):
        return (-0.7 * (y - 0.47), 0.7 * (x - 0.52))

    with using("numpy"):
        flow = StaggeredGrid(turning, turning, ROOM, **CELLS)
        for step in (diffuse.implicit, diffuse.explicit):
            after = step(flow, 0.1, 0.01, obstacles=disc)
            assert largest(after.values - flow.values) < 1e-9


def test_the_derivative_by_the_place_of_a_body_is_that_of_differences():
    def loss(x):
        body = Sphere(vec(x=x, y=0.52), radius=0.21)
        flow = StaggeredGrid((1.0, 0.5), 0.0, ROOM, **CELLS)
        flow = diffuse.implicit(flow, 0.3, 0.1, obstacles=body)
        return pm.sum(flow.component("x") ** 2, None) + pm.sum(flow.component("y"), None)

    h = 1e-6
    with using("numpy"):
        expected = (loss(wrap(0.45 + h)) - loss(wrap(0.45 - h))) / (2 * h)
        assert_close(pm.jvp(loss, (wrap(0.45),), (wrap(1.0),))[1], expected, rtol=1e-5)


def test_compiled_friction_on_a_body_is_that_of_numpy(backend):
    def step(x):
        body = Sphere(vec(x=x, y=0.52), radius=0.3)
        return diffuse.explicit(StaggeredGrid(1.0, 0.0, ROOM, **CELLS), 0.1, 0.02, obstacles=body)

    with using("numpy"):
        expected = step(wrap(0.45))
    found = jit_compile(step)(wrap(0.45))
    for axis in "xy":
        assert_close(found.component(axis), expected.component(axis), atol=1e-12)


# --- on all frameworks ---


def test_compiled_diffusion_is_that_of_numpy(backend):
    def step(field, nu, dt):
        return diffuse.implicit(diffuse.crank_nicolson(field, 0.1, dt), nu, dt)

    values, nu, sides = random(0, spatial(x=4)), random(1, spatial(x=4)) ** 2, {"x-": 0.5, "x+": 0}
    with using("numpy"):
        expected = step(CenteredGrid(values, sides, Box(x=1)), nu, 0.05)
    found = jit_compile(step)(CenteredGrid(values, sides, Box(x=1)), nu, wrap(0.05))
    assert_close(found.values, expected.values, atol=1e-9)


def test_the_derivative_by_a_varying_diffusivity_is_that_of_differences():
    def loss(nu):
        field = CenteredGrid(random(0, spatial(x=4)), {"x-": 0.3, "x+": ZERO_GRADIENT}, Box(x=1))
        return pm.sum(diffuse.implicit(field, nu, 0.1).values ** 3, None)

    with using("numpy"):
        nu, direction, h = random(1, spatial(x=4)) ** 2, random(2, spatial(x=4)), 1e-5
        expected = (loss(nu + h * direction) - loss(nu - h * direction)) / (2 * h)
        assert_close(pm.jvp(loss, (nu,), (direction,))[1], expected, rtol=1e-6)


@pytest.mark.needs("value_and_gradient")
def test_the_gradient_of_implicit_diffusion_by_values_rate_and_step(backend):
    def loss(arguments):
        values, nu, dt = arguments
        field = CenteredGrid(values, {"x-": 0.3, "x+": ZERO_GRADIENT}, Box(x=1))
        return pm.sum(diffuse.crank_nicolson(field, nu, dt).values ** 3, None)

    assert check_gradient(loss, (random(0, spatial(x=4)), wrap(0.4), wrap(0.1)), tolerance=1e-6)


@pytest.mark.needs("value_and_gradient")
def test_the_gradient_of_spectral_diffusion(backend):
    def loss(arguments):
        values, nu = arguments
        field = CenteredGrid(values, PERIODIC, ROOM)
        return pm.l2_loss(diffuse.fourier(field, nu, 0.05).values + VARYING, None)

    assert check_gradient(loss, (random(0, spatial(**CELLS)), wrap(0.1)), tolerance=1e-6)


# --- bad input ---


def test_a_diffusivity_that_does_not_fit_is_refused():
    field = random_field(0.0)
    with pytest.raises(ShapeError, match="doesn't fit the cells"):
        diffuse.implicit(field, random(0, spatial(x=5, y=4)), 0.1)
    with pytest.raises(ShapeError, match="must lie on the same grid"):
        diffuse.implicit(field, CenteredGrid(1.0, 0.0, ROOM, x=3, y=4), 0.1)
    staggered = random_field(0.0, staggered=True)
    with pytest.raises(ShapeError, match="can't lie on faces"):
        diffuse.implicit(staggered, staggered, 0.1)
    with pytest.raises(ValueRangeError, match="not negative"):
        diffuse.implicit(field, -VARYING, 0.1)
    with pytest.raises(ShapeError, match="Only staggered velocities stick"):
        diffuse.implicit(field, 0.1, 0.1, obstacles=Sphere(x=0.5, y=0.5, radius=0.2))


def test_what_a_method_cannot_do_says_which_one_can():
    field = random_field(PERIODIC)
    with pytest.raises(NotSupported, match=r"Use diffuse\.implicit"):
        diffuse.fourier(field, VARYING, 0.1)
    with pytest.raises(BoundaryError, match="periodic"):
        diffuse.fourier(random_field(0.0), 0.1, 0.1)
    with pytest.raises(NotSupported, match="order=2"):
        diffuse.finite_difference(field, VARYING, order=4)
    with pytest.raises(ValueRangeError, match="order 3"):
        diffuse.implicit(field, 0.1, 0.1, order=3)
    with pytest.raises(BoundaryError, match=r"or diffuse\.explicit"):
        diffuse.implicit(random_field(SYMMETRIC_GRADIENT), 0.1, 0.1)


def test_no_obstacles_are_none_however_that_is_said():
    flow = random_field(0, staggered=True)
    dt = 0.9 * diffuse.stability_limit(flow.geometry, 0.1)  # too long beside a body: would warn
    for scheme in (diffuse.explicit, diffuse.implicit):
        expected = scheme(flow, 0.1, dt)
        for nothing in ((), []):
            found = scheme(flow, 0.1, dt, obstacles=nothing)
            for axis in flow.axes:
                assert_close(found.component(axis), expected.component(axis))
