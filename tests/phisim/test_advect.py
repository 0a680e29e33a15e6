"""Advection as a rate of change, along curved paths, and how long a step may be."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import batch, check_gradient, jit_compile, tensor, vec, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import DTypeError, ShapeError, ValueRangeError
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid
from phisim.geometry import Box
from phisim.physics import advect, integrate
from phisim.physics.advect.volume import LIMITERS

pytestmark = pytest.mark.usefixtures("double")

TAU = 2 * math.pi
TORUS = Box(x=TAU, y=TAU)
ROOM = Box(x=4, y=3)

SCHEMES = {
    **{f"central {o}": (o, lambda u, v, o=o: advect.finite_difference(u, v, o)) for o in (2, 4, 6)},
    **{
        f"upwind {o}": (o, lambda u, v, o=o: advect.finite_difference(u, v, o, upwind=True))
        for o in (1, 3, 5)
    },
    "WENO": (5, advect.weno),
    "finite volume, upwind": (1, lambda u, v: advect.finite_volume(u, v, "upwind")),
    "finite volume, Fromm": (2, lambda u, v: advect.finite_volume(u, v, "central")),
}


def mean_size(values):
    return float(pm.mean(abs(values), None))


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize("name", SCHEMES)
def test_rates_have_the_order_of_their_scheme(name, make):
    order, scheme = SCHEMES[name]
    flow = (0.8, -0.5)

    def error(n):
        u = make(lambda x, y: pm.sin(x + 0.3) * pm.cos(y), PERIODIC, TORUS, x=n, y=n)
        exact = make(
            lambda x, y: 0.5 * pm.sin(x + 0.3) * -pm.sin(y) - 0.8 * pm.cos(x + 0.3) * pm.cos(y),
            PERIODIC,
            TORUS,
            x=n,
            y=n,
        )
        rate = scheme(u, StaggeredGrid(flow, PERIODIC, TORUS, x=n, y=n))
        return mean_size((rate - exact).values)

    slope = math.log2(error(32) / error(64))
    # Where the derivative vanishes WENO is of third order, at fewer points the finer the grid.
    assert slope == pytest.approx(order, abs=0.5 if name == "WENO" else 0.2)


def test_a_velocity_that_varies_is_averaged_to_second_order():
    def error(n, make):
        u = make(lambda x, y: pm.sin(x) * pm.cos(2 * y), PERIODIC, TORUS, x=n, y=n)
        v = StaggeredGrid(lambda x, y: (pm.cos(y), pm.sin(x)), PERIODIC, TORUS, x=n, y=n)
        exact = make(
            lambda x, y: (
                2 * pm.sin(x) * pm.sin(x) * pm.sin(2 * y) - pm.cos(y) * pm.cos(x) * pm.cos(2 * y)
            ),
            PERIODIC,
            TORUS,
            x=n,
            y=n,
        )
        return [
            mean_size((rate - exact).values)
            for rate in (
                advect.finite_difference(u, v, 4),
                advect.weno(u, v),
                advect.finite_volume(u, v, "central"),
            )
        ]

    for make in (CenteredGrid, StaggeredGrid):
        for coarse, fine in zip(error(32, make), error(64, make), strict=True):
            assert math.log2(coarse / fine) > 1.8


def test_walls_leave_finite_differences_second_order():
    def error(n):
        u = CenteredGrid(lambda x: pm.sin(math.pi * x), 0, Box(x=1), x=n)
        exact = CenteredGrid(lambda x: -math.pi * pm.cos(math.pi * x), 0, Box(x=1), x=n)
        rate = advect.finite_difference(
            u,
            CenteredGrid(1.0, ZERO_GRADIENT, Box(x=1), x=n).with_values(
                pm.stack([pm.ones(u.resolution)], pm.channel(vector="x"))
            ),
        )
        return mean_size((rate - exact).values)

    assert math.log2(error(32) / error(64)) == pytest.approx(2, abs=0.2)


# --- finite volumes ---


def divergence_free(boundary, box, **cells):
    """Velocity from a stream function that vanishes on the sides: no flux through any cell."""
    (nx, ny), (hx, hy) = cells.values(), (TAU / n for n in cells.values())
    x, y = np.meshgrid(np.arange(nx + 1) * hx, np.arange(ny + 1) * hy, indexing="ij")
    psi = np.sin(x) * np.sin(y) + 0.5 * np.sin(2 * x) * np.sin(y)
    vx, vy = np.diff(psi, axis=1) / hy, -np.diff(psi, axis=0) / hx
    if boundary == PERIODIC:
        vx, vy = vx[:-1], vy[:, :-1]
    names = "x,y"
    return StaggeredGrid(
        {"x": wrap(vx, pm.spatial(names)), "y": wrap(vy, pm.spatial(names))}, boundary, box, **cells
    )


@pytest.mark.parametrize("limiter", LIMITERS)
@pytest.mark.parametrize("boundary", [PERIODIC, 0], ids=["periodic", "closed"])
def test_finite_volumes_conserve_and_leave_constants_alone(backend, boundary, limiter):
    with pm.using(backend):
        v = divergence_free(boundary, TORUS, x=12, y=10)
        own = PERIODIC if boundary == PERIODIC else ZERO_GRADIENT
        u = CenteredGrid(lambda x, y: pm.exp(pm.sin(3 * x) + pm.cos(y)), own, TORUS, x=12, y=10)
        rate = advect.finite_volume(u, v, limiter)
        assert abs(float(pm.sum(rate.values, None))) < 1e-11
        assert mean_size(rate.values) > 0.1
        constant = advect.finite_volume(CenteredGrid(3.0, own, TORUS, x=12, y=10), v, limiter)
        assert mean_size(constant.values) < 1e-13


def test_momentum_is_conserved_where_the_flow_has_no_divergence():
    v = divergence_free(PERIODIC, TORUS, x=12, y=10)
    rate = advect.finite_volume(v, v)
    for axis in "xy":
        assert abs(float(pm.sum(rate.component(axis), None))) < 1e-12
        assert mean_size(rate.component(axis)) > 0.01


@pytest.mark.parametrize("limiter", ["upwind", "minmod", "van_leer", "mc", "superbee"])
def test_limited_schemes_make_no_new_extrema(limiter):
    box = Box(x=1)
    u = CenteredGrid(lambda x: pm.where((x > 0.2) & (x < 0.5), 1.0, 0.0), PERIODIC, box, x=50)
    v = StaggeredGrid(-1.0, PERIODIC, box, x=50)

    def variation(u):
        values = u.values.numpy("x")
        return np.abs(values - np.roll(values, 1)).sum()

    before = variation(u)
    for _ in range(40):
        u = integrate.runge_kutta(
            lambda u: advect.finite_volume(u, v, limiter), u, 0.01, integrate.SSP_RK3
        )
    assert variation(u) <= before * (1 + 1e-12)
    values = u.values.numpy("x")
    assert values.min() > -1e-12
    assert values.max() < 1 + 1e-12


def test_weno_keeps_a_jump_sharp_without_overshoot():
    box = Box(x=1)
    start = CenteredGrid(lambda x: pm.where((x > 0.2) & (x < 0.5), 1.0, 0.0), PERIODIC, box, x=100)
    v = StaggeredGrid(1.0, PERIODIC, box, x=100)
    errors = {}
    for name, scheme in {"WENO": advect.weno, "upwind": SCHEMES["upwind 1"][1]}.items():
        u = start
        for _ in range(200):  # one period
            u = integrate.runge_kutta(
                lambda u, scheme=scheme: scheme(u, v), u, 0.005, integrate.SSP_RK3
            )
        errors[name] = mean_size((u - start).values)
        values = u.values.numpy("x")
        assert values.min() > -2e-3
        assert values.max() < 1 + 2e-3
    assert errors["WENO"] < 0.35 * errors["upwind"]


# --- along paths ---


def test_curved_paths_turn_a_plane_exactly():
    # A rigid rotation of a linear function: interpolation is exact, only the path is not.
    room = Box(x=(-1, 1), y=(-1, 1))
    cells = {"x": 16, "y": 16}
    v = StaggeredGrid(lambda x, y: (-y, x), ZERO_GRADIENT, room, **cells)
    u = CenteredGrid(lambda x, y: x + 2 * y, ZERO_GRADIENT, room, **cells)
    angle = 0.3
    exact = CenteredGrid(
        lambda x, y: (
            (x * math.cos(angle) + y * math.sin(angle))
            + 2 * (y * math.cos(angle) - x * math.sin(angle))
        ),
        ZERO_GRADIENT,
        room,
        **cells,
    )
    middle = {"x": slice(4, 12), "y": slice(4, 12)}
    errors = {
        method.name: mean_size(
            (advect.semi_lagrangian(u, v, angle, method) - exact).values.get(middle)
        )
        for method in (advect.euler, integrate.MIDPOINT, advect.rk4)
    }
    # Truncation of the exponential: θ²/2, θ³/6, θ⁵/120 of a distance of about half.
    assert errors["Euler"] > 1e-2
    assert errors["midpoint"] < 5e-3
    assert errors["RK4"] < 3e-5
    assert (
        mean_size((advect.mac_cormack(u, v, angle, 1.0, advect.rk4) - exact).values.get(middle))
        < 3e-5
    )
    assert advect.advect(u, v, angle, advect.rk4).values.shape == u.values.shape


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize("limited", [True, False])
def test_bfecc_has_order_2(make, limited):
    def error(n):
        u = make(lambda x, y: pm.sin(x) * pm.cos(y), PERIODIC, TORUS, x=n, y=n)
        v = StaggeredGrid((1.0, 0.5), PERIODIC, TORUS, x=n, y=n)
        steps = n // 4
        for _ in range(steps):
            u = advect.bfecc(u, v, 1.0 / steps, limited=limited)
        exact = make(lambda x, y: pm.sin(x - 1) * pm.cos(y - 0.5), PERIODIC, TORUS, x=n, y=n)
        return mean_size((u - exact).values)

    # The limit acts at extrema, where it is of first order in a region that shrinks.
    assert math.log2(error(32) / error(64)) > 1.8


def test_limited_bfecc_makes_no_new_extrema():
    u = CenteredGrid(lambda x, y: pm.where(x > 3, 1.0, 0.0), PERIODIC, TORUS, x=32, y=4)
    for _ in range(10):
        u = advect.bfecc(u, StaggeredGrid((0.7, 0), PERIODIC, TORUS, x=32, y=4), 0.1)
    assert float(pm.max(u.values, None)) <= 1
    assert float(pm.min(u.values, None)) >= 0


# --- every scheme ---

STEPS = {
    "curved path": lambda u, v, dt: advect.semi_lagrangian(u, v, dt, integrate.MIDPOINT),
    "bfecc": advect.bfecc,
    **{
        name: lambda u, v, dt, scheme=scheme: integrate.euler(lambda w: scheme(w, v), u, dt)
        for name, scheme in {
            "central 4": SCHEMES["central 4"][1],
            "upwind 3": SCHEMES["upwind 3"][1],
            "WENO": advect.weno,
            "finite volume": advect.finite_volume,
        }.items()
    },
}


MAKERS = {"curved path": StaggeredGrid, "WENO": CenteredGrid, "central 4": StaggeredGrid}


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("name", STEPS)
def test_compiled_steps_give_what_numpy_gives_and_differentiate(backend, name):
    v = StaggeredGrid(lambda x, y: (0.3 + 0.2 * pm.sin(y), 0.4 * pm.cos(x)), 0, ROOM, x=8, y=6)
    make = MAKERS.get(name, CenteredGrid)
    u = make(lambda x, y: pm.sin(1.3 * x + 0.2) * pm.cos(y), ZERO_GRADIENT, ROOM, x=8, y=6)
    weights = wrap(np.random.default_rng(0).standard_normal((8, 6)), pm.spatial("x,y"))

    def loss(variables):
        values, speed, dt = variables
        result = STEPS[name](u.with_values(values), v * speed, dt).at_centers()
        return pm.sum(result.values * weights, None) + pm.sum(result.values**2, None)

    with pm.using("numpy"):
        expected = loss((u.values, wrap(1.1), wrap(0.37)))
    at = (pm.convert(u.values, backend), tensor(1.1), tensor(0.37))
    compiled = jit_compile(loss)
    assert float(compiled(at)) == pytest.approx(float(expected), rel=1e-12)
    report = check_gradient(compiled, at)
    assert report.passed, report


# --- how far in a step ---


def test_the_courant_number_of_a_field():
    v = StaggeredGrid((3.0, -2.0), PERIODIC, Box(x=4, y=2), x=8, y=8)
    assert float(advect.courant_number(v, 0.1)) == pytest.approx(0.1 * (3 / 0.5 + 2 / 0.25))
    assert float(advect.time_step(v, 0.7)) == pytest.approx(0.7 / (3 / 0.5 + 2 / 0.25))
    assert float(advect.courant_number(v, advect.time_step(v, 0.7))) == pytest.approx(0.7)


def test_the_step_is_chosen_per_world_and_bounded_where_nothing_moves():
    speeds = tensor([0.0, 1.0, 10.0], batch("worlds"))
    v = StaggeredGrid(vec(x=1, y=0) * speeds, PERIODIC, Box(x=1, y=1), x=10, y=10)
    assert_close(
        advect.time_step(v, 1.0, 0.05), tensor([0.05, 0.05, 0.01], batch("worlds")), rtol=1e-12
    )


def test_bad_input_is_explained():
    u = CenteredGrid(0, 0, Box(x=1, y=1), x=8, y=8)
    v = StaggeredGrid(0, 0, Box(x=1, y=1), x=8, y=8)
    with pytest.raises(ValueRangeError, match="order 2, 4, 6, not 3"):
        advect.finite_difference(u, v, 3)
    with pytest.raises(ValueRangeError, match="order 1, 3, 5, not 2"):
        advect.finite_difference(u, v, 2, upwind=True)
    with pytest.raises(ValueRangeError, match="superbee"):
        advect.finite_volume(u, v, "minbee")
    for scheme in (advect.finite_difference, advect.weno, advect.finite_volume):
        with pytest.raises(ShapeError, match="one component per axis"):
            scheme(u, u)
    with pytest.raises(DTypeError, match="bfecc limits"):
        advect.bfecc(u * 1j, v, 0.1)
    with pytest.raises(ValueRangeError, match="Courant number must be positive"):
        advect.time_step(v, 0)
