"""Derivatives of losses through physics, against central differences in 64 bit on NumPy."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import phimath
from phimath import batch, gradient, spatial, tensor, using, value_and_gradient, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid
from phisim.geometry import Box, Sphere
from phisim.physics import advect, diffuse, fluid
from phisim.physics.obstacle import Obstacle

ROOM = Box(x=4, y=3)
CELLS = {"x": 8, "y": 6}

pytestmark = pytest.mark.needs("value_and_gradient")


@pytest.fixture(autouse=True)
def _in_64_bit():
    with phimath.precision(64):
        yield


def random(seed, **sizes):
    values = np.random.default_rng(seed).standard_normal(tuple(sizes.values()))
    return tensor(values, spatial(**sizes))


def velocity_of(components, boundary):
    return StaggeredGrid(dict(zip("xy", components, strict=True)), boundary, ROOM, **CELLS)


def random_components(boundary, scale=1.0):
    template = StaggeredGrid(0.0, boundary, ROOM, **CELLS)
    return tuple(
        random(i, **{d.name: d.size for d in template.component(axis).shape.spatial.dims}) * scale
        for i, axis in enumerate("xy")
    )


def weights_of(field, seed=9):
    """A loss that weights every value differently, so that no error cancels."""
    parts = field.components.values() if field.is_staggered else [field.values]
    total = 0.0
    for i, part in enumerate(parts):
        sizes = {d.name: d.size for d in part.shape.spatial.dims}
        total = total + phimath.sum(part * random(seed + i, **sizes) + 0.5 * part**2, tuple(sizes))
    return total


def slope_by_differences(loss, arguments, directions, h=1e-5):
    """Derivative along the directions, by fourth-order central differences on NumPy."""
    with using("numpy"):

        def at(step):
            return float(
                loss(*(a + step * h * d for a, d in zip(arguments, directions, strict=True)))
            )

        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


def assert_gradient_is_that_of_differences(loss, *arguments, rtol=1e-6):
    directions = [phimath.sin(a * 17.0 + 1.0) for a in arguments]
    expected = slope_by_differences(loss, arguments, directions)
    names = ",".join(inspect.signature(loss).parameters)
    computed = gradient(loss, wrt=names, get_output=False)(*map(phimath.convert, arguments))
    computed = computed if isinstance(computed, tuple) else (computed,)
    slope = sum(float(phimath.sum(g * d, None)) for g, d in zip(computed, directions, strict=True))
    assert_close(slope, expected, rtol=rtol)


# --- projection ---


@pytest.mark.parametrize(
    "boundary",
    [0.0, ZERO_GRADIENT, PERIODIC, {"x-": 1.0, "x+": ZERO_GRADIENT, "y": 0.0}],
    ids=["closed", "open", "periodic", "channel"],
)
@pytest.mark.parametrize("obstacle", [(), Sphere(x=1.9, y=1.4, radius=0.7)], ids=["empty", "disc"])
def test_the_gradient_of_a_projection_by_the_velocity(backend, boundary, obstacle):
    def loss(x, y):
        velocity, pressure = fluid.make_incompressible(velocity_of((x, y), boundary), obstacle)
        return weights_of(velocity) + weights_of(pressure, 20)

    assert_gradient_is_that_of_differences(loss, *random_components(boundary))


@pytest.mark.parametrize("boundary", [0.0, ZERO_GRADIENT], ids=["closed", "open"])
def test_the_gradient_of_a_projection_by_the_radius_of_an_obstacle(backend, boundary):
    components = random_components(boundary)

    def loss(radius):
        disc = Sphere(x=1.9, y=1.4, radius=radius)
        velocity, pressure = fluid.make_incompressible(velocity_of(components, boundary), disc)
        return weights_of(velocity) + weights_of(pressure, 20)

    assert_gradient_is_that_of_differences(loss, wrap(0.71))


def test_the_gradient_of_a_projection_by_the_motion_of_an_obstacle(backend):
    components = random_components(0.0)

    def loss(speed, spin):
        box = Obstacle(
            Box(x=(1.1, 2.3), y=(0.8, 1.9)), velocity=(speed, 0.3), angular_velocity=spin
        )
        velocity, _ = fluid.make_incompressible(velocity_of(components, 0.0), box)
        return weights_of(velocity)

    assert_gradient_is_that_of_differences(loss, wrap(0.4), wrap(-0.7))


def test_the_gradient_of_a_projection_by_the_inflow(backend):
    components = random_components(0.0)

    def loss(inflow):
        sides = {"x-": inflow, "x+": ZERO_GRADIENT, "y": 0.0}
        velocity, _ = fluid.make_incompressible(velocity_of(components, sides))
        return weights_of(velocity)

    assert_gradient_is_that_of_differences(loss, wrap(0.8))


def test_a_looser_solve_of_the_adjoint_is_used_for_the_gradient_only(backend):
    x, y = random_components(0.0)

    def loss(x, tolerance):
        iterative = Solve("CG", rel_tol=tolerance, preconditioner="jacobi")
        settings = Solve(gradient_solve=iterative)
        velocity, _ = fluid.make_incompressible(velocity_of((x, y), 0.0), (), settings)
        return weights_of(velocity)

    value, exact = value_and_gradient(lambda x: loss(x, 1e-12))(phimath.convert(x))
    same, rough = value_and_gradient(lambda x: loss(x, 0.3))(phimath.convert(x))
    assert_close(float(value), float(same))
    difference = float(phimath.max(abs(exact - rough), None))
    assert 1e-6 < difference < 1.0


def test_the_gradients_of_worlds_are_those_that_they_have_alone(backend):
    x, y = random_components(0.0)
    factors = wrap([1.0, 2.0], batch("world"))

    def loss(scale):
        velocity, _ = fluid.make_incompressible(velocity_of((x * scale, y), 0.0))
        return weights_of(velocity)

    together = gradient(lambda s: phimath.sum(loss(s), None), get_output=False)(
        phimath.convert(factors)
    )
    for i, factor in enumerate((1.0, 2.0)):
        alone = gradient(loss, get_output=False)(phimath.convert(wrap(factor)))
        assert_close(float(together.world[i]), float(alone), rtol=1e-9)


# --- advection and diffusion ---


@pytest.mark.parametrize("scheme", [advect.semi_lagrangian, advect.mac_cormack])
@pytest.mark.parametrize("boundary", [0.0, ZERO_GRADIENT, PERIODIC], ids=str)
def test_the_gradient_of_advection_by_smoke_and_velocity(backend, scheme, boundary):
    def loss(smoke, x, y):
        field = CenteredGrid(smoke, boundary, ROOM, **CELLS)
        return weights_of(scheme(field, velocity_of((x, y), boundary), 0.6))

    smoke = random(5, **CELLS)
    assert_gradient_is_that_of_differences(loss, smoke, *random_components(boundary, 0.7))


def test_the_gradient_of_self_advection(backend):
    def loss(x, y):
        velocity = velocity_of((x, y), 0.0)
        return weights_of(advect.semi_lagrangian(velocity, velocity, 0.6))

    assert_gradient_is_that_of_differences(loss, *random_components(0.0, 0.7))


@pytest.mark.parametrize("boundary", [0.0, ZERO_GRADIENT, PERIODIC], ids=str)
def test_the_gradient_of_diffusion_by_values_and_diffusivity(backend, boundary):
    def loss(smoke, diffusivity):
        field = CenteredGrid(smoke, boundary, ROOM, **CELLS)
        return weights_of(diffuse.explicit(field, diffusivity, dt=0.2, substeps=4))

    assert_gradient_is_that_of_differences(loss, random(5, **CELLS), wrap(0.3))


def test_the_gradient_of_a_step_of_a_plume(backend):
    def loss(buoyancy, x, y):
        velocity = velocity_of((x, y), 0.0)
        smoke = CenteredGrid(Sphere(x=2.0, y=1.0, radius=0.8), ZERO_GRADIENT, ROOM, **CELLS)
        for _ in range(2):
            smoke = advect.mac_cormack(smoke, velocity, 0.5)
            velocity = advect.semi_lagrangian(velocity, velocity, 0.5)
            velocity = velocity + smoke * (0, buoyancy)
            velocity, _ = fluid.make_incompressible(velocity, Sphere(x=1.9, y=2.2, radius=0.4))
        return weights_of(smoke) + weights_of(velocity)

    assert_gradient_is_that_of_differences(loss, wrap(0.5), *random_components(0.0, 0.5))
