"""Ready-made systems against exact solutions, conserved quantities and orders of convergence."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import check_gradient, jit_compile, seed, tensor, using, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import BoundaryError, ShapeError
from phimath.testing.assertions import assert_close
from phisim.field import (
    CenteredGrid,
    Noise,
    StaggeredGrid,
    fourier_gradient,
    fourier_laplace,
    laplace,
)
from phisim.geometry import Box
from phisim.physics import integrate
from phisim.physics.systems import (
    burgers_rate,
    gray_scott_rate,
    kuramoto_sivashinsky,
    schroedinger,
    shallow_water_rate,
    wave,
)
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

TAU = 2 * math.pi


def run(rate, state, end, steps, method=integrate.SSP_RK3):
    for _ in range(steps):
        state = integrate.runge_kutta(rate, state, end / steps, method)
    return state


# --- Burgers ---


def test_a_traveling_front_of_burgers_keeps_its_shape_and_speed():
    # u = c − a tanh(a (x − ct)/2ν)
    c, a, nu, end = 0.5, 0.4, 0.05, 1.0

    def front(x, t):
        return c - a * pm.tanh(a * (x - 3 - c * t) / (2 * nu))

    def error(n):
        box = Box(x=8)
        u = StaggeredGrid(lambda x: front(x, 0.0), {"x-": c + a, "x+": c - a}, box, x=n)
        exact = StaggeredGrid(lambda x: front(x, end), {"x-": c + a, "x+": c - a}, box, x=n)
        steps = int(end / (0.3 * min(8 / n, (8 / n) ** 2 / nu))) + 1
        final = run(lambda u: burgers_rate(u, nu), u, end, steps)
        return float(pm.mean(abs((final - exact).values), None))

    assert math.log2(error(64) / error(128)) > 1.7


def test_an_inviscid_shock_moves_at_the_mean_of_both_sides():
    box = Box(x=4)
    u = CenteredGrid(lambda x: pm.where(x < 1, 1.0, 0.2), ZERO_GRADIENT, box, x=200)
    u = u.with_values(pm.stack([u.values], pm.channel(vector="x")))
    final = run(burgers_rate, u, 2.0, 400)
    values = final.component("x").numpy("x")
    position = np.interp(-0.6, -values, u.points.vector["x"].numpy("x"))
    assert position == pytest.approx(1 + 0.6 * 2.0, abs=0.02)


def test_in_two_dimensions_burgers_steepens_towards_the_exact_solution():
    # Along a diagonal u = (w, w)/2 with w(x + y) solves the equation in one dimension: the
    # characteristics give w = sin(ξ − w t).
    def error(n):
        box = Box(x=TAU, y=TAU)
        v = StaggeredGrid(lambda x, y: (0.5 * pm.sin(x + y),) * 2, PERIODIC, box, x=n, y=n)
        final = run(burgers_rate, v, 0.5, n)
        x = np.arange(n) * TAU / n
        y = (np.arange(n) + 0.5) * TAU / n
        xi = x[:, None] + y
        w = np.sin(xi)
        for _ in range(100):
            w = np.sin(xi - w * 0.5)
        return np.abs(final.component("x").numpy("x,y") - 0.5 * w).mean()

    assert math.log2(error(24) / error(48)) > 1.8


# --- waves ---


def test_a_standing_wave_oscillates_at_its_frequency():
    def error(n):
        box = Box(x=1, y=2)
        shape = CenteredGrid(
            lambda x, y: pm.sin(math.pi * x) * pm.cos(math.pi * y),
            {"x": 0, "y": ZERO_GRADIENT},
            box,
            x=n,
            y=2 * n,
        )
        u, v = shape, shape * 0.0
        end, speed = 0.7, 1.5
        for _ in range(4 * n):
            u, v = wave(u, v, speed, end / (4 * n))
        return largest(u.values - shape.values * math.cos(speed * math.pi * math.sqrt(2) * end))

    assert math.log2(error(16) / error(32)) == pytest.approx(2, abs=0.2)


def test_a_wave_comes_back_when_time_does(backend):
    with using(backend):
        seed(0)
        u = CenteredGrid(Noise(scale=2), PERIODIC, Box(x=8), x=16)
        speed = CenteredGrid(lambda x: 1 + 0.2 * pm.sin(x), PERIODIC, Box(x=8), x=16)
        v = u * 0.0
        later = wave(*wave(u, v, speed, 0.2), speed, 0.2)
        back = wave(*wave(*later, speed, -0.2), speed, -0.2)
        assert_close(back[0].values, u.values, atol=1e-12)


# --- reaction and diffusion ---


def test_gray_scott_reacts_as_the_equations_say_and_rests_where_they_vanish(backend):
    with using(backend):
        seed(0)
        box = Box(x=8, y=8)
        u, v = (CenteredGrid(Noise(scale=2), PERIODIC, box, x=8, y=8) for _ in range(2))
        du, dv = gray_scott_rate(u, v, feed=0.03, kill=0.06)
        # The reaction turns u into v: only feeding and killing change the total.
        total = pm.mean(du.values + dv.values, None)
        expected = 0.03 * (1 - pm.mean(u.values, None)) - 0.09 * pm.mean(v.values, None)
        assert_close(total, expected, atol=1e-12)
    du, dv = gray_scott_rate(u * 0 + 1, v * 0)
    assert largest(du.values) < 1e-12
    assert largest(dv.values) < 1e-12


# --- Schrödinger ---


def test_a_free_gaussian_packet_spreads_exactly(backend):
    with using(backend):
        box, n = Box(x=(-15, 15)), 128
        x = (np.arange(n) + 0.5) * 30 / n - 15
        sigma, k, t = 1.0, 2.0, 1.5

        def packet(t):
            spread = 1 + 1j * t / (2 * sigma**2)
            return (
                (2 * math.pi * sigma**2) ** -0.25
                / np.sqrt(spread)
                * np.exp(
                    -((x - k * t) ** 2) / (4 * sigma**2 * spread) + 1j * (k * x - k**2 * t / 2)
                )
            )

        psi = CenteredGrid(pm.wrap(packet(0.0), pm.spatial("x")), PERIODIC, box)
        final = schroedinger(psi, 0.0, t)
        assert_close(final.values.numpy("x"), packet(t), atol=1e-9)


def test_a_packet_in_a_harmonic_trap_swings_and_keeps_its_norm():
    box, n = Box(x=(-10, 10)), 128
    start = CenteredGrid(lambda x: pm.exp(-((x - 2) ** 2) / 2), PERIODIC, box, x=n)
    trap = CenteredGrid(lambda x: 0.5 * x**2, PERIODIC, box, x=n)
    x = start.points.vector["x"].numpy("x")

    def error(steps):
        psi = start
        for _ in range(steps):
            psi = schroedinger(psi, trap, 1.0 / steps)
        density = np.abs(psi.values.numpy("x")) ** 2
        assert density.sum() == pytest.approx((start.values.numpy("x") ** 2).sum(), rel=1e-12)
        return abs((density * x).sum() / density.sum() - 2 * math.cos(1.0))

    assert math.log2(error(8) / error(16)) == pytest.approx(2, abs=0.1)
    with pytest.raises(BoundaryError, match="periodic"):
        schroedinger(CenteredGrid(0, 0, Box(x=1), x=4), 0.0, 0.1)


# --- Kuramoto-Sivashinsky ---


def test_small_waves_grow_at_the_linear_rate(backend):
    with using(backend):
        length = 32.0
        k = TAU * 3 / length
        u = CenteredGrid(lambda x: 1e-6 * pm.sin(k * x), PERIODIC, Box(x=length), x=64)
        final = kuramoto_sivashinsky(kuramoto_sivashinsky(u, 0.7), 0.3)
        assert_close(final.values, u.values * math.exp(k**2 - k**4), rtol=1e-4, atol=1e-12)


def test_kuramoto_sivashinsky_is_second_order_in_time():
    length = 22.0
    start = CenteredGrid(
        lambda x: pm.sin(TAU * x / length) + 0.5 * pm.cos(2 * TAU * x / length),
        PERIODIC,
        Box(x=length),
        x=48,
    )

    def final(steps):
        u = start
        for _ in range(steps):
            u = kuramoto_sivashinsky(u, 2.0 / steps)
        return u.values

    reference = final(640)
    errors = [largest(final(steps) - reference) for steps in (20, 40)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)


def test_the_rate_of_kuramoto_sivashinsky_is_that_of_the_equation():
    seed(0)
    u = CenteredGrid(Noise(scale=8, smoothness=4), PERIODIC, Box(x=40, y=40), x=64, y=64)
    dt = 1e-6
    rate = (kuramoto_sivashinsky(u, dt).values - u.values) / dt
    slope = fourier_gradient(u)
    expected = (
        -fourier_laplace(u).values
        - fourier_laplace(u, 2).values
        - 0.5 * sum(slope.component(a) ** 2 for a in "xy")
    )
    expected = expected - pm.mean(expected, None)
    assert largest(rate - expected) < 1e-2 * largest(expected)


# --- shallow water ---


def test_a_lake_at_rest_over_hills_stays_at_rest():
    box = Box(x=10, y=10)
    ground = CenteredGrid(lambda x, y: 0.3 * pm.sin(x) * pm.cos(y), ZERO_GRADIENT, box, x=12, y=12)
    height = ground.with_values(1.0 - ground.values)
    dh, du = shallow_water_rate(height, StaggeredGrid(0, 0, box, x=12, y=12), ground=ground)
    assert largest(dh.values) < 1e-14
    assert largest(du.component("x")) < 1e-13


def test_long_waves_run_at_the_root_of_gravity_times_depth_and_conserve_water():
    box, g, depth = Box(x=10), 9.81, 2.0

    def error(n):
        def hill(x):
            return 1e-5 * pm.exp(-((x - 5) ** 2))

        height = CenteredGrid(lambda x: depth + hill(x), PERIODIC, box, x=n)
        speed = math.sqrt(g * depth)
        u = StaggeredGrid(lambda x: hill(x) * speed / depth, PERIODIC, box, x=n)
        steps = 4 * n
        final, _ = run(lambda s: shallow_water_rate(*s, gravity=g), (height, u), 10 / speed, steps)
        assert float(pm.sum(final.values - height.values, None)) == pytest.approx(0, abs=1e-10)
        return float(pm.mean(abs(final.values - height.values), None)) / 1e-5

    assert math.log2(error(64) / error(128)) > 1.6


def test_shallow_water_takes_velocities_at_faces_of_the_same_grid():
    height = CenteredGrid(1.0, PERIODIC, Box(x=4, y=4), x=8, y=8)
    with pytest.raises(ShapeError, match="at_faces"):
        shallow_water_rate(height, CenteredGrid((1.0, 0.0), PERIODIC, Box(x=4, y=4), x=8, y=8))
    for wrong in (
        lambda other: shallow_water_rate(
            height, StaggeredGrid(0, PERIODIC, Box(x=5, y=4), x=8, y=8)
        ),
        lambda other: shallow_water_rate(
            height, StaggeredGrid(0, PERIODIC, Box(x=4, y=4), x=8, y=8), ground=other
        ),
        lambda other: gray_scott_rate(height, other),
        lambda other: wave(height, other, 1.0, 0.1),
        lambda other: schroedinger(height, other, 0.1),
    ):
        with pytest.raises(ShapeError, match="same grid"):
            wrong(CenteredGrid(0.0, PERIODIC, Box(x=5, y=4), x=8, y=8))


def test_laplace_of_the_state_is_what_waves_and_reactions_see():
    # The boundary of the state, not that of its rate, decides about ghost values.
    u = CenteredGrid(1.0, 0, Box(x=1), x=4)
    _, v = wave(u, u * 0.0, 1.0, 0.1)
    assert_close(
        v.values, (laplace(u).values + laplace(wave(u, u * 0.0, 1.0, 0.1)[0]).values) * 0.05
    )


# --- all of them ---

RING = Box(x=TAU)
GRID = {"x": 8}


def scalar(values):
    return CenteredGrid(values, PERIODIC, RING, **GRID)


def faces(values):
    return StaggeredGrid({"x": values}, PERIODIC, RING, **GRID)


STEPS = {
    "burgers": lambda a, dt: integrate.euler(lambda u: burgers_rate(u, 0.1), faces(a), dt),
    "wave": lambda a, dt: wave(scalar(a), scalar(a), 1.2, dt)[0],
    "gray_scott": lambda a, dt: integrate.euler(
        lambda s: gray_scott_rate(*s), (scalar(a), scalar(a * 0.5)), dt
    )[1],
    "kuramoto_sivashinsky": lambda a, dt: kuramoto_sivashinsky(scalar(a), dt),
    "schroedinger": lambda a, dt: pm.real(schroedinger(scalar(a), scalar(a), dt)),
    "shallow_water": lambda a, dt: integrate.euler(
        lambda s: shallow_water_rate(*s), (scalar(a + 3), faces(a)), dt
    )[0],
}


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("name", STEPS)
def test_compiled_steps_give_what_numpy_gives_and_differentiate(backend, name):
    rng = np.random.default_rng(0)
    start, weights = (wrap(rng.standard_normal(8), pm.spatial("x")) for _ in range(2))

    def loss(variables):
        values, dt = variables
        result = STEPS[name](values, dt)
        part = result.component("x") if result.is_staggered else result.values
        return pm.sum(part * weights + part * part, None)

    with using("numpy"):
        expected = loss((start, wrap(0.05)))
    at = (pm.convert(start, backend), tensor(0.05))
    compiled = jit_compile(loss)
    assert float(compiled(at)) == pytest.approx(float(expected), rel=1e-10)
    report = check_gradient(compiled, at)
    assert report.passed, report
