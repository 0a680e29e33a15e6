"""Heat, Navier-Stokes, Boussinesq and Maxwell against exact solutions and conserved quantities."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import check_gradient, jit_compile, jvp, using, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import BoundaryError, ShapeError, StabilityWarning
from phimath.testing.assertions import assert_close, assert_order
from phisim.field import CenteredGrid, Robin, StaggeredGrid, divergence, integrate
from phisim.geometry import Box
from phisim.physics import fluid
from phisim.physics.systems import (
    CONDUCTING,
    boussinesq,
    heat,
    magnetic_divergence,
    maxwell,
    navier_stokes,
    wave,
    yee_grid,
)
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

TAU = 2 * math.pi


# --- heat ---


def test_a_heated_rod_is_second_order_in_space_and_time():
    # T = (1 − e^(−απ²t)) / (απ²) · sin(πx) under the source sin(πx)
    alpha = 0.7

    def error(n):
        shape = CenteredGrid(lambda x: pm.sin(math.pi * x), 0.0, Box(x=1), x=n)
        rod = shape * 0.0
        for _ in range(n // 2):
            rod = heat(rod, alpha, 1.0 / n, source=shape)
        rate = alpha * math.pi**2
        return largest(rod.values - shape.values * ((1 - math.exp(-0.5 * rate)) / rate))

    assert_order([error(8), error(16), error(32)], expected=2)


def test_an_insulated_body_keeps_all_heat_but_what_sources_add():
    body = CenteredGrid(lambda x, y: x * y, ZERO_GRADIENT, Box(x=2, y=1), x=6, y=4)
    layers = CenteredGrid(lambda x, y: 0.1 + 1.0 * (x > 1), 0.0, body.bounds, x=6, y=4)
    warmer = heat(body, layers, 0.5, source=3.0)
    assert_close(integrate(warmer), integrate(body) + 0.5 * 3.0 * 2.0, rtol=1e-8)


def test_a_cooling_body_reaches_the_temperature_of_the_air():
    body = CenteredGrid(9.0, Robin(1.0, 0.1, 4.0), Box(x=1, y=1), x=4, y=4)
    for _ in range(40):
        body = heat(body, 1.0, 0.2)
    assert_close(body.values, 4.0 + 0.0 * body.values, rtol=1e-4)


def test_the_derivative_of_heat_is_that_of_differences():
    def loss(alpha):
        rod = CenteredGrid(lambda x: pm.sin(3 * x), {"x-": 1.0, "x+": 0.0}, Box(x=1), x=4)
        return pm.sum(heat(rod, alpha, 0.1, source=alpha).values ** 2, None)

    h = 1e-5
    with using("numpy"):
        expected = (loss(wrap(0.7 + h)) - loss(wrap(0.7 - h))) / (2 * h)
        assert_close(jvp(loss, (wrap(0.7),), (wrap(1.0),))[1], expected, rtol=1e-7)


# --- Navier-Stokes ---


def taylor_green(n, t, nu=0.05):
    decay = math.exp(-2 * nu * t)
    return StaggeredGrid(
        lambda x, y: (pm.cos(x) * pm.sin(y) * decay, -pm.sin(x) * pm.cos(y) * decay),
        PERIODIC,
        Box(x=TAU, y=TAU),
        x=n,
        y=n,
    )


def test_a_taylor_green_vortex_decays_to_second_order():
    def error(n):
        velocity, pressure = taylor_green(n, 0.0), None
        for _ in range(n // 4):
            velocity, pressure = navier_stokes(velocity, pressure, 2.0 / n, viscosity=0.05)
        assert largest(divergence(velocity).values) < 1e-10
        return largest((velocity - taylor_green(n, 0.5)).component("x"))

    with using("numpy"):
        assert_order([error(8), error(16), error(32)], expected=2)


def test_a_force_drives_a_channel_to_its_parabola():
    # The parabola is exact on the grid up to what the wall's ghost values shift: u − dx²/8 · G/ν.
    nu, push, n = 0.5, 2.0, 4
    y = (np.arange(n) + 0.5) / n
    sides = {"x": PERIODIC, "y": fluid.NO_SLIP}
    flow = StaggeredGrid(0.0, sides, Box(x=1, y=1), x=2, y=n)
    with using("numpy"):
        pressure = None
        for _ in range(60):
            flow, pressure = navier_stokes(flow, pressure, 0.06, viscosity=nu, force=(push, 0.0))
    expected = push / (2 * nu) * (y * (1 - y) + 1 / (4 * n**2))
    assert_close(flow.component("x").numpy("x,y")[0], expected, rtol=1e-6)


def test_the_derivative_of_navier_stokes_is_that_of_differences():
    def loss(nu):
        velocity, pressure = navier_stokes(taylor_green(4, 0.0), None, 0.2, viscosity=nu)
        return pm.sum(velocity.component("x") ** 2, None) + pm.sum(pressure.values**2, None)

    h = 1e-5
    with using("numpy"):
        expected = (loss(wrap(0.1 + h)) - loss(wrap(0.1 - h))) / (2 * h)
        assert_close(jvp(loss, (wrap(0.1),), (wrap(1.0),))[1], expected, rtol=1e-6)


# --- Boussinesq ---

LAYER = {"viscosity": 0.01, "diffusivity": 0.02, "gravity": (0.0, -10.0), "expansion": 0.1}


def layer(n, waves=0.0):
    """Fluid that is warmer above, with a small wave in it."""
    box = Box(x=TAU, y=math.pi)
    warmth = CenteredGrid(
        lambda x, y: y + waves * pm.cos(x) * pm.sin(y),
        {"x": PERIODIC, "y-": 0.0, "y+": math.pi},
        box,
        x=2 * n,
        y=n,
    )
    sides = {"x": PERIODIC, "y": fluid.FREE_SLIP}
    return StaggeredGrid(0.0, sides, box, x=2 * n, y=n), warmth


def test_warm_above_cold_fluid_rests():
    velocity, warmth = layer(4)
    moved, changed, _ = boussinesq(velocity, warmth, None, 0.1, **LAYER)
    assert max(largest(moved.component(a)) for a in "xy") < 1e-12
    assert_close(changed.values, warmth.values, rtol=1e-12)


def test_an_internal_wave_swings_at_its_frequency():
    # N² = g β dT/dy = 1; a wave (kx, ky) swings with ω = N kx / |k|, without friction.
    still = {**LAYER, "viscosity": 0.0, "diffusivity": 0.0}
    end, size = 2.0, 1e-4

    def error(n):
        velocity, warmth = layer(n, size)
        _, rest = layer(n)
        state, pressure = (velocity, warmth), None
        for _ in range(n):
            *state, pressure = boussinesq(*state, pressure, end / n, **still)
        wave = (warmth - rest).values * math.cos(end / math.sqrt(2))
        return largest((state[1] - rest).values - wave) / size

    with using("numpy"):
        assert_order([error(4), error(8), error(16)], expected=2, within=0.3)


def test_the_derivative_of_boussinesq_is_that_of_differences():
    def loss(size):
        velocity, warmth, _ = boussinesq(*layer(4, size), None, 0.2, **LAYER)
        return pm.sum(velocity.component("y") ** 2, None) + pm.sum(warmth.values**2, None)

    h = 1e-5
    with using("numpy"):
        expected = (loss(wrap(0.3 + h)) - loss(wrap(0.3 - h))) / (2 * h)
        assert_close(jvp(loss, (wrap(0.3),), (wrap(1.0),))[1], expected, rtol=1e-6)


# --- Maxwell ---


def cavity(n):
    """The lowest mode between conducting walls in 2D: E_z = sin(πx) sin(πy) cos(ωt)."""
    return yee_grid(
        (0.0, 0.0, lambda x, y: pm.sin(math.pi * x) * pm.sin(math.pi * y)),
        boundary=CONDUCTING,
        bounds=Box(x=1, y=1),
        x=n,
        y=n,
    )


def test_a_mode_of_a_cavity_swings_at_its_frequency():
    def error(n):
        fields = start = cavity(n)
        for _ in range(n):
            fields = maxwell(fields, 0.4 / n)
        exact = start.electric[2] * math.cos(math.sqrt(2) * math.pi * 0.4)
        return largest(fields.electric[2] - exact)

    assert_order([error(8), error(16), error(32)], expected=2)


def test_light_is_slower_in_glass_and_turns_back_when_time_does():
    box = Box(x=TAU)

    def pulse(n):
        return yee_grid(
            (0.0, lambda x: pm.cos(x), 0.0), (0.0, 0.0, lambda x: 2 * pm.cos(x)), PERIODIC, box, x=n
        )

    fields = pulse(32)
    for _ in range(16):
        fields = maxwell(fields, 0.1, permittivity=4.0)
    expected = pulse(32).electric[1] * 0 + pm.cos(
        fields.geometry.positions("x", faces=True, periodic=True) - 0.5 * 1.6
    )
    assert largest(fields.electric[1] - expected) < 0.01
    for _ in range(16):
        fields = maxwell(fields, -0.1, permittivity=4.0)
    assert largest(fields.electric[1] - pulse(32).electric[1]) < 1e-12


def box_of_light(boundary):
    """A field that vanishes along walls, with waves in all directions."""

    def wave(*at):
        product = 1.0
        for x, size in zip(at, (4, 5, 3), strict=True):
            product = product * pm.sin(TAU * x / size) * (1.3 + pm.cos(TAU * x / size))
        return product

    parts = (lambda x, y, z: wave(x, y, z), lambda x, y, z: wave(x, y, z) ** 2, 0.0)
    return yee_grid(parts, boundary=boundary, x=4, y=5, z=3)


@pytest.mark.parametrize("boundary", [PERIODIC, CONDUCTING], ids=str)
def test_energy_does_not_drift_and_no_magnetic_charge_appears(boundary):
    fields, energies = box_of_light(boundary), []
    for _ in range(40):
        fields = maxwell(fields, 0.25)
        energies.append(float(fields.energy))
    assert largest(magnetic_divergence(fields)) < 1e-12
    assert max(energies) / min(energies) < 1.1


def test_compiled_maxwell_is_that_of_numpy(backend):
    with using("numpy"):
        expected = maxwell(cavity(4), 0.1)
    found = jit_compile(maxwell)(cavity(4), wrap(0.1))
    for a, b in zip(found.electric + found.magnetic, expected.electric + expected.magnetic,
                    strict=True):  # fmt: skip
        assert_close(a, b, atol=1e-12)


@pytest.mark.needs("value_and_gradient")
def test_the_gradient_of_maxwell_by_the_permittivity(backend):
    def loss(permittivity):
        glass = permittivity + pm.linspace(0.0, 1.0, pm.spatial(x=4))
        fields = yee_grid((0.0, lambda x: x, 0.0), bounds=Box(x=1), boundary=CONDUCTING, x=4)
        fields = maxwell(maxwell(fields, 0.1, permittivity=glass), 0.1, permittivity=glass)
        return pm.sum(fields.electric[1] ** 3, None) + fields.energy

    assert check_gradient(loss, wrap(1.5), tolerance=1e-6)


def test_a_yee_grid_that_cannot_be_is_refused():
    with pytest.raises(BoundaryError, match="PERIODIC or CONDUCTING"):
        yee_grid(boundary=pm.boundary.ZERO, x=4)
    with pytest.raises(ShapeError, match="axes x, y, z"):
        yee_grid(u=4)
    with pytest.raises(ShapeError, match="three components"):
        yee_grid((0.0, 1.0), x=4)


@pytest.mark.parametrize("ratio", [0.99, 1.05])
def test_steps_beyond_the_limit_of_waves_are_told_of(ratio):
    limit = math.sqrt(2) / 8  # of cells of size 1/4 and √(ε μ) = 1
    field = CenteredGrid(0.0, PERIODIC, Box(x=1, y=1), x=4, y=4)
    slow = yee_grid(bounds=Box(x=1, y=1), x=4, y=4)

    def steps():
        maxwell(slow, 2 * ratio * limit, permittivity=4.0)
        wave(field, field, 0.5, 2 * ratio * limit)

    if ratio < 1:
        steps()
    else:
        with pytest.warns(StabilityWarning, match=r"exceeds the limit 0\.354") as caught:
            steps()
        assert len(caught) == 2
