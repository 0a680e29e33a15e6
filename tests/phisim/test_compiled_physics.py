"""Compiled physics gives what eager physics gives, and is compiled no more often than needed."""

import re
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import phimath
from phimath import batch, gradient, jit_compile, l2_loss, precision, spatial, using, vec, wrap
from phimath.boundary import ZERO_GRADIENT
from phimath.dtype import DType
from phimath.errors import NotConverged
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, diffuse, fluid
from tests.support import counted

pytestmark = pytest.mark.needs("value_and_gradient")  # these backends have a compiler
CELLS = 16
ROOM = Box(x=100.0, y=100.0)
OBSTACLE = Sphere(x=55.0, y=60.0, radius=14.0)


def plume_step(velocity, smoke, pressure, inflow, obstacle, dt=2.0, solve=None):
    smoke = advect.mac_cormack(smoke, velocity, dt) + 0.2 * resample(inflow, to=smoke, soft=True)
    velocity = advect.semi_lagrangian(velocity, velocity, dt)
    velocity = velocity + dt * resample(smoke * (0, 0.1), to=velocity)
    solve = replace(solve or Solve(rel_tol=1e-12), x0=pressure)
    velocity, pressure = fluid.make_incompressible(velocity, obstacle, solve)
    return velocity, smoke, pressure


def start():
    return (
        StaggeredGrid(0.0, 0.0, ROOM, x=CELLS, y=CELLS),
        CenteredGrid(0.0, ZERO_GRADIENT, ROOM, x=CELLS, y=CELLS),
        None,
    )


def inflow(*, worlds=False):
    x = wrap([40.0, 55.0], batch("world")) if worlds else 45.0
    return Sphere(x=x, y=20.0, radius=12.0)


def run(step, steps, *arguments):
    state = start()
    for _ in range(steps):
        state = step(*state, *arguments)
    return state


def assert_same_state(found, expected, rtol):
    """Components of the velocity and smoke, relative to the largest value of each."""
    parts = zip(_parts(found), _parts(expected), strict=True)
    for values, others in parts:
        largest = float(phimath.max(abs(others), None))
        assert_close(values, others, rtol=0, atol=rtol * largest)


def _parts(state):
    velocity, smoke = state[:2]
    return *velocity.values.unstacked("vector"), smoke.values


@pytest.mark.parametrize(
    ("bits", "obstacle", "worlds"),
    [(32, (), True), (32, OBSTACLE, False), (64, OBSTACLE, True)],
)
def test_the_compiled_plume_equals_the_eager_one(backend, bits, obstacle, worlds):
    solve = Solve(rel_tol=1e-12 if bits == 64 else 1e-6)
    step, runs = counted(plume_step)
    with precision(bits):
        compiled = jit_compile(lambda *state: step(*state, solve=solve))
        found = run(compiled, 4, inflow(worlds=worlds), obstacle)
        assert len(runs) == 2  # without and with a pressure to start from
        with using("numpy"):
            eager = run(plume_step, 4, inflow(worlds=worlds), obstacle, 2.0, solve)
        assert_same_state(found, eager, 1e-10 if bits == 64 else 1e-5)


def test_new_numbers_compile_nothing(backend):
    step, runs = counted(plume_step)
    compiled = jit_compile(step)
    moved = OBSTACLE.shifted(vec(x=1.0, y=-3.0))
    changes = [
        (inflow(), OBSTACLE, 2.0),
        (inflow(), OBSTACLE, 0.5),
        (Sphere(x=60.0, y=30.0, radius=9.0), OBSTACLE, 2.0),
        (inflow(), moved, 2.0),
        (inflow(), Sphere(x=30.0, y=70.0, radius=12.0), 1.0),
    ]
    found = start()
    with using("numpy"):
        eager = start()
    for arguments in changes:
        found = compiled(*found, *arguments)
        with using("numpy"):
            eager = plume_step(*eager, *arguments)
    assert_same_state(found, eager, 1e-4)
    assert len(runs) == 2


def test_new_boundary_values_compile_nothing(backend):
    step, runs = counted(lambda field: diffuse.explicit(field, 1.0, 0.1))
    compiled = jit_compile(step)
    for value in (1.0, 3.0, -1.0):
        field = CenteredGrid(1.0, value, ROOM, x=8, y=8)
        with using("numpy"):
            host = CenteredGrid(1.0, value, ROOM, x=8, y=8)
            expected = diffuse.explicit(host, 1.0, 0.1)
        assert_close(compiled(field).values, expected.values)
    different = CenteredGrid(1.0, {"x": 2.0, "y": ZERO_GRADIENT}, ROOM, x=8, y=8)
    compiled(different)
    assert len(runs) == 2


def test_compiled_gradients_of_rollouts_match_finite_differences(backend):
    def loss(smoke):
        velocity, pressure = start()[0], None
        for _ in range(3):
            velocity, smoke, pressure = plume_step(velocity, smoke, pressure, inflow(), OBSTACLE)
        return l2_loss(smoke) + l2_loss(velocity)

    random = np.random.default_rng(0)
    rows, direction = random.random((CELLS, CELLS)), random.standard_normal((CELLS, CELLS))

    def smoke(values):
        return start()[1].with_values(wrap(values, spatial("x,y")))

    with precision(64):
        slope = jit_compile(gradient(loss, get_output=False))(smoke(rows))
        with using("numpy"):
            ahead, behind = (float(loss(smoke(rows + e * direction))) for e in (1e-5, -1e-5))
        found = np.sum(slope.values.numpy("x,y") * direction)
        assert_close(found, (ahead - behind) / 2e-5, rtol=1e-6)


def test_failing_pressure_solves_raise_from_compiled_steps(backend):
    settings = Solve(rel_tol=1e-6, max_iterations=2)
    compiled = jit_compile(plume_step, auxiliary_args="solve")
    with using("numpy"), pytest.raises(NotConverged) as eager:
        plume_step(*start(), inflow(), OBSTACLE, 2.0, settings)
    arguments = (*start(), inflow(), OBSTACLE, 2.0)
    with pytest.raises(NotConverged) as found:
        compiled(*arguments, settings)
    assert "in 2 iterations" in str(found.value)
    assert str(found.value).split("residual")[0] == str(eager.value).split("residual")[0]
    compiled(*arguments, Solve())


@pytest.mark.only_on("jax")  # whose programs are text
def test_programs_in_single_precision_compute_nothing_in_double(backend, monkeypatch):
    texts = []
    make = type(backend).compile
    results = r"\w+:f64\[[\d,]*\](?: \w+:\w+\[[\d,]*\])* = \w+"

    def recording(self, function, arguments):
        make_jaxpr = import_module("jax").make_jaxpr
        texts.append(str(make_jaxpr(lambda *arrays: function(*arrays))(*arguments)))
        return make(self, function, arguments)

    def doubles(step, *arguments):
        texts.clear()
        jit_compile(step)(*arguments)
        return [found for text in texts for found in re.findall(results, text)]

    monkeypatch.setattr(type(backend), "compile", recording)
    assert not doubles(plume_step, *start(), inflow(), OBSTACLE, 2.0)
    assert doubles(lambda x: x.cast(DType("float64")) * x, start()[1].values)
