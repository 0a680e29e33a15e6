"""The projection with varying density, prescribed pressure, air, and bodies the grid can't see."""

import numpy as np
import pytest

import phimath as pm
from phimath import jit_compile, jvp, precision, spatial, tensor, using, vec, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import ResolutionWarning, ShapeError, ValueRangeError
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, divergence
from phisim.geometry import Box, Sphere
from phisim.physics import fluid
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

ROOM = Box(x=3, y=2)
CELLS = {"x": 6, "y": 4}
HALF = 0.5  # cell size


def random_velocity(boundary, seed=0):
    template = StaggeredGrid(0.0, boundary, ROOM, **CELLS)
    draw = np.random.default_rng(seed).standard_normal
    parts = {
        a: tensor(draw(template.component(a).shape.spatial.int_sizes), spatial("x,y")) for a in "xy"
    }
    return StaggeredGrid(parts, boundary, ROOM, **CELLS)


def random_density():
    values = np.random.default_rng(5).uniform(0.5, 3.0, (6, 4))
    return CenteredGrid(tensor(values, spatial("x,y")), ZERO_GRADIENT, ROOM)


# --- density ---


def test_layers_of_different_density_rest_under_gravity():
    density = CenteredGrid(lambda x, y: 1.0 + 3.0 * (y < 1) + y, 0.0, ROOM, **CELLS)
    dt, gravity = 0.1, 9.81
    falling = StaggeredGrid((0.0, -gravity * dt), 0.0, ROOM, **CELLS)
    velocity, pressure = fluid.make_incompressible(falling, dt=dt, density=density)
    assert max(largest(velocity.component(a)) for a in "xy") < 1e-10
    rho = density.values.numpy("x,y")
    rise = np.diff(pressure.values.numpy("x,y"), axis=1)
    assert_close(rise, -gravity * HALF * (rho[:, 1:] + rho[:, :-1]) / 2, rtol=1e-8)


@pytest.mark.parametrize("boundary", [0.0, PERIODIC, ZERO_GRADIENT])
def test_a_field_of_equal_densities_is_that_number(boundary):
    flow = random_velocity(boundary)
    expected, expected_pressure = fluid.make_incompressible(flow, dt=0.2, density=3.0)
    field = CenteredGrid(3.0, 0.0, ROOM, **CELLS)
    found, pressure = fluid.make_incompressible(flow, dt=0.2, density=field)
    assert_close(pressure.values, expected_pressure.values, atol=1e-8)
    for axis in "xy":
        assert_close(found.component(axis), expected.component(axis), atol=1e-9)


def test_flow_of_varying_density_around_a_body_has_no_divergence():
    disc = Sphere(x=1.4, y=1.1, radius=0.6)
    velocity, _ = fluid.make_incompressible(random_velocity(0.0), disc, density=random_density())
    assert largest(fluid.flux_divergence(velocity, disc).values) < 1e-9


def test_the_derivative_by_the_density_is_that_of_differences():
    flow, direction, h = random_velocity(0.0), random_density().values, 1e-5

    def loss(density):
        velocity, pressure = fluid.make_incompressible(flow, dt=0.2, density=density)
        return pm.sum(velocity.component("x") ** 3, None) + pm.sum(pressure.values**2, None)

    with using("numpy"):
        at = random_density().values ** 2
        expected = (loss(at + h * direction) - loss(at - h * direction)) / (2 * h)
        assert_close(jvp(loss, (at,), (direction,))[1], expected, rtol=1e-6)


def test_densities_that_cannot_be_are_refused():
    flow = random_velocity(0.0)
    with pytest.raises(ValueRangeError, match="must be positive"):
        fluid.make_incompressible(flow, density=random_density() * 0.0)
    with pytest.raises(ShapeError, match="same grid"):
        fluid.make_incompressible(flow, density=CenteredGrid(1.0, 0.0, ROOM, x=3, y=2))


# --- pressure on sides ---


def test_the_difference_of_two_prescribed_pressures_drives_a_flow():
    sides = {"x-": fluid.PressureOutlet(5.0), "x+": fluid.PressureOutlet(wrap(2.0)), "y": 0.0}
    rest = StaggeredGrid(0.0, sides, ROOM, **CELLS)
    for bits in (32, 64):
        with precision(bits):
            flow, pressure = fluid.make_incompressible(rest, dt=0.1, density=2.0)
            assert_close(flow.component("x"), 0.1 / 2.0 * (5 - 2) / 3 + 0.0 * flow.component("x"))
            assert_close(pressure.values, 5.0 - pressure.points.vector["x"], rtol=1e-5)
    moved = (flow + flow) * 0.5  # arithmetic keeps the sides
    again, _ = fluid.make_incompressible(moved, dt=0.1, density=2.0)
    assert_close(again.component("x"), 2 * flow.component("x"))


# --- air ---


def test_water_in_a_glass_rests_while_the_air_above_falls():
    water = CenteredGrid(Box(x=(-1, 4), y=(-1, 1)), 0.0, ROOM, **CELLS)
    dt, gravity, density = 0.1, 9.81, 1000.0
    falling = StaggeredGrid((0.0, -gravity * dt), 0.0, ROOM, **CELLS)
    velocity, pressure = fluid.make_incompressible(falling, dt=dt, density=density, active=water)
    y = velocity.component("y").numpy("x,y")
    assert_close(y[:, :3], np.zeros((6, 3)), atol=1e-10)
    assert_close(y[:, 3], np.full(6, -gravity * dt))
    depth = np.array([2.0, 1.0, 0.0, 0.0])
    assert_close(pressure.values.numpy("x,y")[0], depth * HALF * gravity * density, rtol=1e-8)


@pytest.mark.parametrize("boundary", [0.0, PERIODIC, ZERO_GRADIENT])
def test_water_without_air_flows_as_without_a_mask(boundary):
    flow = random_velocity(boundary)
    expected, _ = fluid.make_incompressible(flow)
    found, _ = fluid.make_incompressible(flow, active=CenteredGrid(1.0, 0.0, ROOM, **CELLS))
    for axis in "xy":
        assert_close(found.component(axis), expected.component(axis), atol=1e-9)


def test_a_drop_between_bodies_has_no_divergence():
    drop = CenteredGrid(Sphere(x=1.2, y=1.1, radius=0.9), 0.0, ROOM, **CELLS).values
    body = Sphere(x=1.8, y=0.5, radius=0.5)
    velocity, pressure = fluid.make_incompressible(random_velocity(0.0), body, active=drop)
    assert largest(fluid.flux_divergence(velocity, body).values * drop) < 1e-9
    assert largest(pressure.values * (1 - drop)) == 0


def test_compiled_flow_of_water_and_air_is_that_of_numpy(backend):
    sides = {"x": 0.0}
    drop = tensor([1.0, 1.0, 1.0, 0.0, 0.0], spatial("x"))
    density = tensor([1.0, 2.0, 3.0, 1.0, 1.0], spatial("x"))
    flow = tensor([0.0, 1.0, 3.0, 2.0, 0.0, 0.0], spatial("x"))

    def project(flow, density, drop):
        velocity = StaggeredGrid({"x": flow}, sides, Box(x=1), x=5)
        return fluid.make_incompressible(velocity, dt=0.1, density=density, active=drop)

    with using("numpy"):
        expected = project(flow, density, drop)
    found = jit_compile(project)(flow, density, drop)
    assert_close(found[0].component("x"), expected[0].component("x"), atol=1e-9)
    assert_close(found[1].values, expected[1].values, atol=1e-9)


# --- bodies that the grid can't see ---


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (Sphere(x=9, y=9, radius=1), "Obstacle 0 covers no face"),
        (Box(x=(1.1, 1.2), y=(-1, 3)), "closes no face of the grid, at most 25% of one"),
        (Sphere(x=1.1, y=1.1, radius=0.2), "thinner than a cell"),
    ],
)
def test_a_body_that_the_grid_cannot_see_is_told_of(body, text):
    flow = random_velocity(0.0)
    with pytest.warns(ResolutionWarning, match=text):
        fluid.make_incompressible(flow, body)


def test_compiled_flow_tells_of_a_body_that_left(backend):
    @jit_compile
    def project(flow, x):
        return fluid.make_incompressible(flow, Sphere(vec(x=x, y=1.0), radius=0.6))[0]

    flow = StaggeredGrid(0.0, 0.0, ROOM, **CELLS)
    project(flow, wrap(1.5))
    with pytest.warns(ResolutionWarning, match="outside of the domain"):
        project(flow, wrap(7.5))


def test_divergence_counts_what_the_projection_removed():
    flow = random_velocity(ZERO_GRADIENT)
    velocity, pressure = fluid.make_incompressible(flow, density=random_density())
    assert largest(divergence(velocity).values) < 1e-9 < largest(pressure.values)
