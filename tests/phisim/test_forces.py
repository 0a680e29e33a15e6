"""Forces on bodies, buoyancy, confinement of vortices, and fourth order in time."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import jit_compile, jvp, using, vec, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import ShapeError
from phimath.testing.assertions import assert_close, assert_order
from phisim.field import CenteredGrid, StaggeredGrid, curl, divergence
from phisim.geometry import Box, Sphere, union
from phisim.physics import advect, diffuse, fluid
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

TAU = 2 * math.pi
ROOM = Box(x=(-1, 1), y=(-1, 1))
RADIUS, CENTER = 0.4, {"x": 0.03, "y": -0.02}
DISC = Sphere(**CENTER, radius=RADIUS)


def rest(n):
    return StaggeredGrid(0.0, ZERO_GRADIENT, ROOM, x=n, y=n)


# --- forces ---


def test_a_pressure_that_grows_with_depth_lifts_a_body_by_its_volume():
    def error(n):
        pressure = CenteredGrid(lambda x, y: 5.0 + x - 3.0 * y, ZERO_GRADIENT, ROOM, x=n, y=n)
        force, torque = fluid.forces(rest(n), pressure, DISC)
        assert abs(float(torque)) < 0.02
        expected = vec(x=-1.0, y=3.0) * math.pi * RADIUS**2
        return largest(force - expected)

    assert error(32) < 0.01
    assert error(64) < 0.005


def test_a_constant_pressure_does_nothing():
    pressure = CenteredGrid(7.0, ZERO_GRADIENT, ROOM, x=16, y=16)
    force, _ = fluid.forces(rest(16), pressure, union(DISC, Box(x=(0, 0.7), y=(0.1, 0.5))))
    assert largest(force) < 1e-12


def test_a_turning_cylinder_feels_the_torque_of_the_fluid_around_it():
    # u = ω R² / r around it: the torque is −4π μ ω R².
    spin, viscosity = 0.7, 0.1

    def around(x, y):
        x, y = x - CENTER["x"], y - CENTER["y"]
        square = x**2 + y**2
        rate = pm.where(square > RADIUS**2, spin * RADIUS**2 / pm.maximum(square, 1e-3), spin)
        return -rate * y, rate * x

    body = fluid.Obstacle(DISC, angular_velocity=spin)
    pressure = CenteredGrid(0.0, ZERO_GRADIENT, ROOM, x=32, y=32)
    velocity = StaggeredGrid(around, ZERO_GRADIENT, ROOM, x=32, y=32)
    force, torque = fluid.forces(velocity, pressure, body, viscosity)
    assert float(torque) == pytest.approx(-4 * math.pi * viscosity * spin * RADIUS**2, rel=0.02)
    assert largest(force) < 0.01 * abs(float(torque)) / RADIUS


def test_a_body_that_turns_with_a_ball_of_fluid_in_3d_feels_no_friction():
    spin = {"x": 0.3, "y": -0.2, "z": 0.5}
    ball = fluid.Obstacle(Sphere(x=0.0, y=0.05, z=0.0, radius=0.4), angular_velocity=vec(**spin))
    room = Box(x=(-1, 1), y=(-1, 1), z=(-1, 1))
    template = StaggeredGrid(0.0, ZERO_GRADIENT, room, x=10, y=10, z=10)
    parts = {a: ball.velocity_at(template.face_points(a))[a] for a in "xyz"}
    velocity = template.with_components([pm.expand(parts[a], template.component(a).shape.spatial)
                                         for a in "xyz"])  # fmt: skip
    pressure = CenteredGrid(0.0, ZERO_GRADIENT, room, x=10, y=10, z=10)
    force, torque = fluid.forces(velocity, pressure, ball, 1.0)
    assert largest(force) < 1e-12
    assert largest(torque) < 1e-12


def drag(x, radius):
    """Force along x on a disc in a channel that a uniform flow has just entered."""
    cells = {"x": 8, "y": 6}
    sides = {"x-": vec(x=1.0, y=0.0), "x+": ZERO_GRADIENT, "y": 0.0}
    disc = Sphere(vec(x=x, y=1.6), radius=radius)
    flow = StaggeredGrid((1.0, 0.0), sides, Box(x=4, y=3), **cells)
    flow, pressure = fluid.make_incompressible(flow, disc, dt=0.1)
    return fluid.forces(flow, pressure, disc, 0.2).force.vector["x"]


@pytest.mark.parametrize("which", [0, 1])
def test_the_derivative_of_the_drag_by_place_and_size_is_that_of_differences(which):
    def loss(value):
        return drag(value, 0.73) if which == 0 else drag(1.73, value)

    at, h = (1.73, 0.73)[which], 1e-5
    with using("numpy"):
        expected = (loss(wrap(at + h)) - loss(wrap(at - h))) / (2 * h)
        assert_close(jvp(loss, (wrap(at),), (wrap(1.0),))[1], expected, rtol=1e-5)


def test_compiled_forces_are_those_of_numpy(backend):
    def load(flow, pressure, x):
        return tuple(fluid.forces(flow, pressure, Sphere(vec(x=x, y=0.1), radius=0.6), 0.1))

    def fields():
        flow = StaggeredGrid(lambda x, y: (pm.sin(y), x * y), ZERO_GRADIENT, ROOM, x=6, y=6)
        return flow, CenteredGrid(lambda x, y: x + y, ZERO_GRADIENT, ROOM, x=6, y=6)

    with using("numpy"):
        expected = load(*fields(), wrap(0.2))
    for found, value in zip(jit_compile(load)(*fields(), wrap(0.2)), expected, strict=True):
        assert_close(found, value, atol=1e-10)


def test_forces_on_several_bodies_or_of_other_grids_are_refused():
    pressure = CenteredGrid(0.0, ZERO_GRADIENT, ROOM, x=4, y=4)
    with pytest.raises(ShapeError, match="one obstacle, not 2"):
        fluid.forces(rest(4), pressure, (DISC, DISC))
    with pytest.raises(ShapeError, match="same grid"):
        fluid.forces(rest(6), pressure, DISC)


# --- accelerations ---


def test_what_is_warmer_rises_by_the_difference_of_its_density():
    warm = CenteredGrid(lambda x, y: 20.0 + 5.0 * x, ZERO_GRADIENT, ROOM, x=4, y=4)
    rising = fluid.buoyancy(warm, (0.0, -10.0), rest(4), expansion=0.02, reference=20.0)
    assert rising.is_staggered
    assert largest(rising.component("x")) == 0
    assert_close(rising.component("y").numpy("x,y")[:, 1], np.array([-0.75, -0.25, 0.25, 0.75]))


@pytest.mark.parametrize("axes", ["xy", "xyz"])
def test_confinement_spins_up_a_vortex_and_leaves_rigid_rotation(axes):
    box, cells = Box(**dict.fromkeys(axes, (-2, 2))), dict.fromkeys(axes, 8)

    def swirl(decay):
        def velocity(location):
            x, y = location.vector["x"], location.vector["y"]
            speed = pm.exp(-decay * (x**2 + y**2))
            return (-y * speed, x * speed, 0.0 * x)[: len(axes)]

        return velocity

    vortex = CenteredGrid(swirl(0.7), ZERO_GRADIENT, box, **cells)
    push = fluid.vorticity_confinement(vortex, 0.3)
    assert float(pm.sum(curl(push).values * curl(vortex).values, None)) > 0
    rigid = CenteredGrid(swirl(0.0), swirl(0.0), box, **cells)
    assert largest(fluid.vorticity_confinement(rigid, 0.3).values) < 1e-8


def test_a_body_gives_its_velocity_to_what_it_covers():
    body = fluid.Obstacle(Box(x=(-0.6, 0.6), y=(-0.6, 0.6)), velocity=(0.5, 0.0))
    flow = fluid.apply_boundary_conditions(rest(4), body)
    assert_close(flow.component("x").numpy("x,y")[1:4, 1:3], np.full((3, 2), 0.5))
    assert largest(flow.component("y")) == 0
    centered = fluid.apply_boundary_conditions(rest(4).at_centers(), body)
    assert_close(centered.component("x").numpy("x,y")[1:3, 1:3], np.full((2, 2), 0.5))
    assert float(pm.sum(centered.component("x"), None)) == pytest.approx(2.0)


# --- Runge-Kutta ---


def momentum(velocity):
    change = advect.finite_difference(velocity, velocity)
    return change + diffuse.finite_difference(velocity, 0.05)


def test_incompressible_rk4_is_of_fourth_order_in_time():
    def start():
        box = Box(x=TAU, y=TAU)
        velocity = StaggeredGrid(
            lambda x, y: (pm.sin(y) + pm.cos(2 * x + y), pm.sin(x + y)), PERIODIC, box, x=8, y=8
        )
        return fluid.make_incompressible(velocity)[0]

    def run(steps):
        velocity, pressure = start(), None
        for _ in range(steps):
            velocity, pressure = fluid.incompressible_rk4(momentum, velocity, pressure, 0.8 / steps)
        assert largest(divergence(velocity).values) < 1e-10
        return velocity

    with using("numpy"):
        exact = run(32)
        errors = [largest((run(n) - exact).component("x")) for n in (2, 4, 8)]
    assert_order(errors, expected=4, within=0.3)


def test_the_mean_pressure_of_a_vortex_is_that_of_the_exact_solution():
    def error(n):
        box = Box(x=TAU, y=TAU)
        vortex = StaggeredGrid(
            lambda x, y: (pm.cos(x) * pm.sin(y), -pm.sin(x) * pm.cos(y)), PERIODIC, box, x=n, y=n
        )
        _, pressure = fluid.incompressible_rk4(
            lambda u: advect.finite_difference(u, u), vortex, None, 0.1, density=2.0
        )
        x, y = (pressure.points.vector[a] for a in "xy")
        return largest(pressure.values + 2.0 / 4 * (pm.cos(2 * x) + pm.cos(2 * y)))

    with using("numpy"):
        assert_order([error(8), error(16), error(32)], expected=2, within=0.3)


def test_the_derivative_of_a_step_of_rk4_is_that_of_differences():
    def loss(amplitude):
        velocity = StaggeredGrid(
            lambda x, y: (amplitude * pm.sin(y) + x, pm.cos(x)), 0.0, Box(x=1, y=1), x=4, y=4
        )
        velocity, pressure = fluid.incompressible_rk4(momentum, velocity, None, 0.3)
        return pm.sum(velocity.component("x") ** 2, None) + pm.sum(pressure.values**2, None)

    h = 1e-5
    with using("numpy"):
        expected = (loss(wrap(0.7 + h)) - loss(wrap(0.7 - h))) / (2 * h)
        assert_close(jvp(loss, (wrap(0.7),), (wrap(1.0),))[1], expected, rtol=1e-7)
