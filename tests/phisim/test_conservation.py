"""What must stay as it is: mass under diffusion, and volume after the pressure projection."""

from __future__ import annotations

import numpy as np
import pytest

import phimath
from phimath import batch, instance, spatial, using, vec, wrap
from phimath.boundary import ANTISYMMETRIC, PERIODIC, SYMMETRIC, ZERO_GRADIENT, combine_by_direction
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, spatial_gradient
from phisim.geometry import Box, Sphere
from phisim.physics import diffuse, fluid
from phisim.physics.obstacle import Obstacle
from tests.support import largest

# Largest divergence times cell size over largest velocity, by bits.
TOLERANCE = {32: 1e-5, 64: 1e-12}
SIZES = {"x": 20, "y": 14, "z": 8}


def room(axes):
    return Box(**{axis: SIZES[axis] * 0.5 for axis in axes})


def resolution(axes):
    return {axis: SIZES[axis] for axis in axes}


def random_velocity(boundary, axes="xy", seed=0, worlds=0):
    """Random components on free faces, about the mean flow of a channel.

    Without that mean the pressure would have to set the whole channel in motion, and in 32 bit its
    rounding errors would be what is
    left: ε p / Δx, with p up to the length of the channel.
    """
    mean = {"x": 1.0} if isinstance(boundary, dict) and "x-" in boundary else {}
    template = StaggeredGrid(0.0, boundary, room(axes), **resolution(axes))
    generator = np.random.default_rng(seed)
    components = {}
    for axis in axes:
        faces = template.component(axis).shape.spatial
        dims = (batch(world=worlds), faces) if worlds else (faces,)
        shape = tuple(size for dim in dims for size in dim.int_sizes)
        components[axis] = phimath.tensor(
            generator.standard_normal(shape) + mean.get(axis, 0), *dims
        )
    return StaggeredGrid(components, boundary, room(axes), **resolution(axes))


def random_scalar(boundary, axes="xy", seed=0):
    shape = spatial(**resolution(axes))
    values = np.random.default_rng(seed).standard_normal(shape.int_sizes)
    return CenteredGrid(phimath.tensor(values, shape), boundary, room(axes), **resolution(axes))


def relative_divergence(velocity, obstacles=()):
    """max |∇·v| Δx / max |v| of the flux through the open parts of the faces."""
    spacing = float(velocity.geometry.spacing(velocity.axes[0]))
    speed = max(largest(component) for component in velocity.components.values())
    return largest(fluid.flux_divergence(velocity, obstacles).values) * spacing / speed


# --- diffusion ---


@pytest.mark.parametrize(
    "boundary", [ZERO_GRADIENT, PERIODIC, {"x": PERIODIC, "y": ZERO_GRADIENT}, SYMMETRIC], ids=str
)
@pytest.mark.parametrize(("bits", "rounding"), [(32, 1e-6), (64, 1e-14)])
@pytest.mark.parametrize("axes", ["x", "xy", "xyz"])
def test_diffusion_in_a_closed_or_periodic_box_conserves_the_smoke(axes, bits, rounding, boundary):
    if isinstance(boundary, dict):
        boundary = {axis: boundary.get(axis, PERIODIC) for axis in axes}
    with using("numpy"), phimath.precision(bits):
        smoke = random_scalar(boundary, axes) + 1.0
        before = float(phimath.sum(smoke.values, None))
        for _ in range(50):
            smoke = diffuse.explicit(smoke, 0.3, dt=0.1)
        assert_close(float(phimath.sum(smoke.values, None)), before, rtol=10 * rounding)
        assert float(phimath.std(smoke.values)) < 0.5  # it did spread


# --- divergence after the projection ---

SIDES = {
    "closed": 0.0,
    "open": ZERO_GRADIENT,
    "periodic": PERIODIC,
    "channel": {"x-": vec(x=1.0, y=0.0), "x+": ZERO_GRADIENT, "y": 0.0},
    "tunnel": {"x": PERIODIC, "y": 0.0},
    "half open": {"x": 0.0, "y-": 0.0, "y+": ZERO_GRADIENT},
    "free slip": combine_by_direction(normal=0.0, tangential=ZERO_GRADIENT),
    "mirror": {"x": SYMMETRIC, "y": ANTISYMMETRIC},
}
DISC = Sphere(x=4.3, y=3.1, radius=1.4)
BODIES = {
    "none": (),
    "disc off-center": DISC,
    "box": Box(x=(2.2, 4.9), y=(1.1, 3.7)),
    "moving disc": Obstacle(DISC, velocity=(0.7, -0.4)),
    "rotating box": Obstacle(Box(x=(2.2, 4.9), y=(1.1, 3.7)), angular_velocity=0.8),
    "two": (Obstacle(DISC, velocity=(0.5, 0.0)), Box(x=(7.2, 8.4), y=(1.1, 5.7))),
    "several discs": Sphere(
        vec(x=wrap([2.0, 6.5], instance("discs")), y=wrap([2.0, 4.5], instance("discs"))),
        radius=1.2,
    ),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("bits", [32, 64])
def test_projection_leaves_no_divergence(side, body, bits):
    with using("numpy"), phimath.precision(bits):
        velocity, _ = fluid.make_incompressible(random_velocity(SIDES[side]), BODIES[body])
        assert relative_divergence(velocity, BODIES[body]) <= TOLERANCE[bits]


@pytest.mark.parametrize("side", ["closed", "open", "periodic"])
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("turning", [False, True])
def test_projection_in_3d_leaves_no_divergence(side, bits, turning):
    spin = vec(x=0.1, y=-0.4, z=0.7) if turning else 0.0
    ball = Obstacle(Sphere(x=4.3, y=3.1, z=2.2, radius=1.4), angular_velocity=spin)
    with using("numpy"), phimath.precision(bits):
        velocity, _ = fluid.make_incompressible(random_velocity(SIDES[side], "xyz"), ball)
        assert relative_divergence(velocity, ball) <= TOLERANCE[bits]


@pytest.mark.parametrize("bits", [32, 64])
def test_projection_leaves_no_divergence_on_any_backend(backend, bits):
    with phimath.precision(bits):
        velocity, _ = fluid.make_incompressible(random_velocity(SIDES["channel"]), DISC)
        assert relative_divergence(velocity, DISC) <= TOLERANCE[bits]


def test_worlds_of_a_batch_are_projected_independently(backend):
    with phimath.precision(64):
        together = random_velocity(0.0, worlds=3)
        velocity, pressure = fluid.make_incompressible(together, DISC)
        assert relative_divergence(velocity, DISC) <= 1e-12
        for i in range(3):
            alone, pressure_alone = fluid.make_incompressible(together.world[i], DISC)
            for axis in "xy":
                assert_close(velocity.world[i].component(axis), alone.component(axis), atol=1e-9)
            assert_close(pressure.world[i].values, pressure_alone.values, rtol=1e-9, atol=1e-9)


def test_inflow_and_obstacles_may_differ_between_worlds():
    with using("numpy"), phimath.precision(64):
        inflow = vec(x=wrap([0.5, 2.0], batch("world")), y=0.0)
        velocity = random_velocity({"x-": inflow, "x+": ZERO_GRADIENT, "y": 0.0})
        disc = Sphere(x=wrap([4.3, 6.0], batch("world")), y=3.1, radius=1.4)
        velocity, _ = fluid.make_incompressible(velocity, disc)
        assert relative_divergence(velocity, disc) <= 1e-12
        # What flows in flows out, past the obstacle.
        height = SIZES["y"]
        for i, speed in enumerate((0.5, 2.0)):
            outflow = velocity.component("x").world[i].x[-1]
            assert_close(float(phimath.sum(outflow, None)), speed * height, rtol=1e-10)


def test_closed_faces_move_with_the_solid():
    with using("numpy"), phimath.precision(64):
        body = Obstacle(Box(x=(2.0, 6.0), y=(2.0, 5.0)), velocity=(0.7, -0.4), angular_velocity=0.5)
        velocity, _ = fluid.make_incompressible(random_velocity(0.0), body)
        spacing = 0.5
        x, y = velocity.component("x").numpy("x,y"), velocity.component("y").numpy("x,y")
        # The face (8, 6) of x is at (4, 3.25), of y at (4.25, 3); the body turns about (4, 3.5).
        assert_close(x[8, 6], 0.7 - 0.5 * (6.5 * spacing - 3.5), rtol=1e-12)
        assert_close(y[8, 6], -0.4 + 0.5 * (8.5 * spacing - 4.0), rtol=1e-12)


def test_a_lasting_leak_does_not_pass_a_wall_that_divides_the_room():
    with using("numpy"), phimath.precision(64):
        wall = Box(x=(4.0, 5.0), y=(-1.0, 8.0))
        velocity, _ = fluid.make_incompressible(random_velocity(0.0), wall)
        assert relative_divergence(velocity, wall) <= 1e-12
        assert_close(velocity.component("x").numpy("x,y")[9], np.zeros(14))


# --- what a projection is ---


@pytest.mark.parametrize("side", ["closed", "open", "periodic", "tunnel", "half open"])
def test_projecting_again_changes_nothing(side):
    with using("numpy"), phimath.precision(64):
        once, _ = fluid.make_incompressible(random_velocity(SIDES[side]), DISC)
        twice, pressure = fluid.make_incompressible(once, DISC)
        assert largest(pressure.values) <= 1e-10
        for axis in "xy":
            assert_close(twice.component(axis), once.component(axis), atol=1e-10)


@pytest.mark.parametrize(
    ("side", "of_pressure"), [("closed", ZERO_GRADIENT), ("open", 0.0), ("periodic", PERIODIC)]
)
def test_the_gradient_of_a_pressure_is_projected_to_zero(side, of_pressure):
    with using("numpy"), phimath.precision(64):
        slope = spatial_gradient(random_scalar(of_pressure), at="face")
        velocity = StaggeredGrid(slope.components, SIDES[side], room("xy"), **resolution("xy"))
        projected, _ = fluid.make_incompressible(velocity)
        assert max(largest(projected.component(axis)) for axis in "xy") <= 1e-9


@pytest.mark.parametrize("side", ["closed", "periodic"])
def test_the_projection_is_self_adjoint(side):
    def inner(a, b):
        return float(sum(phimath.sum(a.component(i) * b.component(i), None) for i in a.axes))

    with using("numpy"), phimath.precision(64):
        a, b = (random_velocity(SIDES[side], seed=seed) for seed in (1, 2))
        projected_a, projected_b = (fluid.make_incompressible(v)[0] for v in (a, b))
        assert_close(inner(projected_a, b), inner(a, projected_b), rtol=1e-10)


def test_the_pressure_scales_with_density_over_time_step():
    with using("numpy"), phimath.precision(64):
        velocity = random_velocity(ZERO_GRADIENT)
        plain, pressure = fluid.make_incompressible(velocity, DISC)
        same, scaled = fluid.make_incompressible(velocity, DISC, dt=0.1, density=3.0)
        assert_close(scaled.values, pressure.values * 30.0, rtol=1e-8, atol=1e-8)
        assert_close(same.component("x"), plain.component("x"), atol=1e-9)


def test_a_good_first_guess_saves_iterations():
    with using("numpy"), phimath.precision(64):
        velocity = random_velocity(0.0)
        expected, pressure = fluid.make_incompressible(velocity)
        # With the solution as guess, no iteration is needed.
        again, _ = fluid.make_incompressible(velocity, (), Solve(x0=pressure, max_iterations=1))
        assert_close(again.component("x"), expected.component("x"), atol=1e-9)
