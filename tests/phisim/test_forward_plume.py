"""Forward mode through steps of the plume, against central differences in 64 bit."""

from __future__ import annotations

import numpy as np
import pytest

import phimath
from phimath import iterate, jit_compile, jvp
from phimath.boundary import ZERO_GRADIENT
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, fluid

ROOM = Box(x=100, y=100)
CELLS = {"x": 16, "y": 16}
OBSTACLE = Sphere(x=55, y=65, radius=14)


@pytest.fixture(autouse=True)
def _in_64_bit():
    with phimath.precision(64):
        yield


def plume(radius, steps):
    """Velocity, smoke and pressure after some steps with an inflow of this radius."""
    inflow = Sphere(x=45, y=20, radius=radius)

    def step(velocity, smoke, pressure):
        smoke = advect.mac_cormack(smoke, velocity, 2.0)
        smoke = smoke + 0.2 * resample(inflow, to=smoke, soft=True)
        velocity = advect.semi_lagrangian(velocity, velocity, 2.0)
        velocity = velocity + 2.0 * resample(smoke * (0, 0.1), to=velocity)
        solve = Solve(x0=pressure, rel_tol=1e-14)
        velocity, pressure = fluid.make_incompressible(velocity, OBSTACLE, solve)
        return velocity, smoke, pressure

    velocity = StaggeredGrid(0.0, 0.0, ROOM, **CELLS)
    smoke = CenteredGrid(0.0, ZERO_GRADIENT, ROOM, **CELLS)
    pressure = CenteredGrid(0.0, ZERO_GRADIENT, ROOM, **CELLS)
    return iterate(step, steps, velocity, smoke, pressure)


def numbers(state):
    velocity, smoke, pressure = state
    parts = [*velocity.components.values(), smoke.values, pressure.values]
    return np.concatenate([np.ravel(part.numpy(part.shape)) for part in parts])


@pytest.mark.parametrize(("steps", "is_compiled"), [(1, False), (3, False), (3, True)])
def test_state_varies_with_the_radius_of_the_inflow(backend, steps, is_compiled):
    def pushed(radius, direction):
        return jvp(lambda radius: plume(radius, steps), (radius,), (direction,))

    how = jit_compile(pushed, optimize="off") if is_compiled else pushed
    state, tangent = how(12.0, 1.0)
    assert_close(numbers(state), numbers(plume(12.0, steps)), rtol=1e-10, atol=1e-12)
    h = 1e-4
    expected = (numbers(plume(12.0 + h, steps)) - numbers(plume(12.0 - h, steps))) / (2 * h)
    scale = np.abs(expected).max()
    assert scale > 1e-2
    assert_close(numbers(tangent), expected, rtol=0, atol=1e-6 * scale)
