"""The plume of the README on every backend: buoyant smoke past an obstacle."""

from __future__ import annotations

import numpy as np
import pytest

import phimath
from phimath import batch, jit_compile, using, wrap
from phimath.boundary import ZERO_GRADIENT
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, fluid
from tests.support import largest

STEPS = 20
CELLS = {"xy": 24, "xyz": 10}
BUOYANCY = {"xy": 0.1, "xyz": 0.4}  # enough for more than one cell per step


class Plume:
    """A room of size 100 with an inflow below and an obstacle above it, off the middle."""

    def __init__(self, axes, *, cells=0, worlds=False, obstacle=True):
        self.axes, self.cells = axes, cells or CELLS[axes]
        sources = dict.fromkeys(axes, 45.0) | {"y": 20.0}
        if worlds:
            sources["x"] = wrap([40.0, 55.0], batch("world"))
        self.inflow = Sphere(**sources, radius=12)
        self.obstacle = (
            Sphere(**dict.fromkeys(axes, 55.0) | {"y": 65.0}, radius=14) if obstacle else ()
        )
        self.up = tuple(BUOYANCY[axes] if axis == "y" else 0 for axis in axes)

    def start(self):
        room = Box(**dict.fromkeys(self.axes, 100.0))
        resolution = dict.fromkeys(self.axes, self.cells)
        return (
            StaggeredGrid(0.0, 0.0, room, **resolution),
            CenteredGrid(0.0, ZERO_GRADIENT, room, **resolution),
            None,
        )

    def step(self, velocity, smoke, pressure, dt=2.0):
        smoke = advect.mac_cormack(smoke, velocity, dt) + 0.2 * resample(
            self.inflow, to=smoke, soft=True
        )
        velocity = advect.semi_lagrangian(velocity, velocity, dt)
        velocity = velocity + dt * resample(smoke * self.up, to=velocity)
        velocity, pressure = fluid.make_incompressible(velocity, self.obstacle, Solve(x0=pressure))
        return velocity, smoke, pressure

    def run(self, steps=STEPS, step=None):
        state = self.start()
        for _ in range(steps):
            state = (step or self.step)(*state)
        return state[:2]


def top_speed(velocity):
    return max(largest(component) for component in velocity.components.values())


@pytest.mark.parametrize(
    ("axes", "bits", "tolerance"),
    [
        ("xy", 32, 1e-5),
        ("xy", 64, 1e-12),
        ("xyz", 64, 1e-12),
        # XLA compiles each operation for each size and type.
        pytest.param("xyz", 32, 1e-5, marks=pytest.mark.only_on("numpy", "strict", "torch")),
    ],
)
def test_the_plume_stays_free_of_divergence_at_more_than_a_cell_per_step(
    backend, axes, bits, tolerance
):
    plume = Plume(axes)
    with phimath.precision(bits):
        velocity, smoke = plume.run()
        dx = 100 / plume.cells
        speed = top_speed(velocity)
        assert speed * 2.0 > dx  # cells per step above one
        assert (
            largest(fluid.flux_divergence(velocity, plume.obstacle).values) * dx / speed
            <= tolerance
        )
        assert velocity.component("x").dtype.bits == smoke.values.dtype.bits == bits


@pytest.mark.parametrize("axes", ["xy", "xyz"])
def test_the_plume_in_64_bit_is_that_of_numpy(backend, axes):
    plume = Plume(axes)
    with phimath.precision(64):
        velocity, smoke = plume.run()
        with using("numpy"):
            expected_velocity, expected_smoke = plume.run()
    speed = top_speed(expected_velocity)
    for axis in axes:
        assert_close(velocity.component(axis), expected_velocity.component(axis), atol=1e-9 * speed)
    assert_close(smoke.values, expected_smoke.values, atol=1e-9 * largest(expected_smoke.values))


def test_worlds_of_a_batch_are_those_that_run_alone(backend):
    plume = Plume("xy", worlds=True)
    with phimath.precision(64):
        velocity, smoke = plume.run(5)
        for i, x in enumerate((40.0, 55.0)):
            alone = Plume("xy")
            alone.inflow = Sphere(x=x, y=20.0, radius=12)
            velocity_alone, smoke_alone = alone.run(5)
            assert_close(smoke.world[i].values, smoke_alone.values, atol=1e-9)
            for axis in "xy":
                actual, expected = velocity.world[i].component(axis), velocity_alone.component(axis)
                assert_close(actual, expected, atol=1e-9)


def test_the_compiled_plume_is_the_eager_one(backend):
    plume = Plume("xy")
    with phimath.precision(64):
        _, smoke = plume.run(5, jit_compile(plume.step))
        _, expected = plume.run(5)
    assert_close(smoke.values, expected.values, atol=1e-9)


# --- physics, on NumPy ---


@pytest.fixture
def _numpy_in_64_bit():
    with using("numpy"), phimath.precision(64):
        yield


@pytest.mark.usefixtures("_numpy_in_64_bit")
def test_a_plume_in_the_middle_stays_symmetric():
    plume = Plume("xy", obstacle=False)
    plume.inflow = Sphere(x=50.0, y=20.0, radius=12)
    velocity, smoke = plume.run()
    values = smoke.values.numpy("x,y")
    assert_close(values, values[::-1], atol=1e-9)
    along_x = velocity.component("x").numpy("x,y")
    assert_close(along_x, -along_x[::-1], atol=1e-9)


@pytest.mark.usefixtures("_numpy_in_64_bit")
def test_smoke_rises_and_goes_around_the_obstacle():
    plume = Plume("xy")
    _, smoke = plume.run(30)
    x, y = np.meshgrid(*[(np.arange(24) + 0.5) * 100 / 24] * 2, indexing="ij")
    values = smoke.values.numpy("x,y")
    assert np.sum(values * y) / np.sum(values) > 35  # from 20
    inside = (x - 55) ** 2 + (y - 65) ** 2 < 8**2
    assert values[inside].max() < 0.1 * values.max()


@pytest.mark.usefixtures("_numpy_in_64_bit")
def test_without_smoke_nothing_moves():
    plume = Plume("xy")
    plume.inflow = Sphere(x=-500.0, y=0.0, radius=1)
    velocity, smoke = plume.run(3)
    assert top_speed(velocity) == 0
    assert largest(smoke.values) == 0


@pytest.mark.usefixtures("_numpy_in_64_bit")
def test_a_layer_of_constant_buoyancy_stays_at_rest():
    """Hydrostatics: the pressure carries what depends on height only."""
    plume = Plume("xy")
    velocity, _, _ = plume.start()
    layer = CenteredGrid(lambda x, y: y**2 + 0 * x, ZERO_GRADIENT, velocity.bounds, x=24, y=24)
    pushed = velocity + resample(layer * (0, 1.0), to=velocity)
    rest, _ = fluid.make_incompressible(pushed, plume.obstacle)
    assert top_speed(rest) <= 1e-9 * top_speed(pushed)


def test_the_divergence_of_a_plume_is_that_of_rounding(backend):
    """From the first step on, where the pressure is large beside Δx max |v|, without tuning."""
    room, cells = Box(x=100, y=100), 128
    source = Sphere(x=50, y=10, radius=5)
    velocity = StaggeredGrid(0.0, 0.0, room, x=cells, y=cells)
    smoke = CenteredGrid(0.0, ZERO_GRADIENT, room, x=cells, y=cells)
    pressure = None
    for _ in range(5):
        smoke = advect.mac_cormack(smoke, velocity, 1.0)
        smoke = smoke + 0.2 * resample(source, to=smoke, soft=True)
        velocity = advect.semi_lagrangian(velocity, velocity, 1.0)
        velocity = velocity + resample(smoke * (0, 0.1), to=velocity)
        velocity, pressure = fluid.make_incompressible(velocity, (), Solve(x0=pressure))
        x, y = (velocity.component(axis).numpy("x,y").astype(np.float64) for axis in "xy")
        outflow = np.diff(x, axis=0) + np.diff(y, axis=1)
        assert np.abs(outflow).max() <= 1e-6 * max(np.abs(x).max(), np.abs(y).max())
