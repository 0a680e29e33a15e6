"""Orders of accuracy over three grids, in 64 bit, walls included.

Advection runs in a closed box whose walls the flow slides along, so that fields don't vanish there;
exact solutions follow the characteristics, by a fine Runge-Kutta integration in NumPy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import phimath
from phimath import spatial, using, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT, combine_by_direction
from phimath.testing.assertions import assert_order
from phisim.field import CenteredGrid, StaggeredGrid, divergence, laplace, spatial_gradient
from phisim.geometry import Box
from phisim.physics import advect, diffuse, fluid

PI = np.pi
UNIT = {"x": 1.0, "y": 1.0}


@pytest.fixture(autouse=True)
def _numpy_in_64_bit():
    with using("numpy"), phimath.precision(64):
        yield


# --- from formulas to fields and back ---


def on_points(formula):
    """Function for grid constructors from a formula of NumPy arrays (x, y)."""

    def values(x, y):
        shape = x.shape.only("x,y")
        return wrap(formula(x.numpy("x,y"), y.numpy("x,y")), shape)

    return values


def sample_points(n, face_axis=None):
    points = [np.arange(n + 1) / n if a == face_axis else (np.arange(n) + 0.5) / n for a in "xy"]
    return np.meshgrid(*points, indexing="ij")


def errors_of(field, n, exact):
    """Mean and largest deviation from the formula at all sample points."""
    components = field.components if field.is_staggered else {None: field.values}
    deviation = np.concatenate(
        [np.ravel(v.numpy("x,y") - exact(*sample_points(n, a))) for a, v in components.items()]
    )
    return float(np.sqrt(np.mean(deviation**2))), float(np.abs(deviation).max())


# --- advection ---


def slide(x, y):
    """Flow in the unit box along its walls, fastest in their middle."""
    return np.sin(PI * x) * np.cos(PI * y), -np.cos(PI * x) * np.sin(PI * y)


def rotation(x, y):
    """Rigid rotation about the middle of the box: it crosses the walls."""
    return 0.5 - y, x - 0.5


def origins(flow, x, y, time, steps=200):
    """Where the particles that are now at (x, y) were before; classic Runge-Kutta."""
    h = -time / steps
    for _ in range(steps):
        a = flow(x, y)
        b = flow(x + h / 2 * a[0], y + h / 2 * a[1])
        c = flow(x + h / 2 * b[0], y + h / 2 * b[1])
        d = flow(x + h * c[0], y + h * c[1])
        x, y = (
            p + h / 6 * (i + 2 * j + 2 * k + m)
            for p, i, j, k, m in zip((x, y), a, b, c, d, strict=True)
        )
    return x, y


# Boundary and start: at the walls, these have no gradient, the prescribed value, or each along one
# axis.
STARTS = {
    "zero-gradient": (
        ZERO_GRADIENT,
        lambda x, y: np.cos(PI * x) * np.cos(2 * PI * y) + np.cos(2 * PI * x),
    ),
    "prescribed": (1.0, lambda x, y: 1 + np.sin(PI * x) * np.sin(2 * PI * y)),
    "mixed": (
        {"x": 1.0, "y": ZERO_GRADIENT},
        lambda x, y: 1 + np.sin(PI * x) * np.cos(PI * y),
    ),
}
SLIP = combine_by_direction(normal=0.0, tangential=ZERO_GRADIENT)


def velocity_field(flow, n, boundary, make=StaggeredGrid):
    components = [on_points(lambda x, y, i=i: flow(x, y)[i]) for i in range(2)]
    return make(lambda x, y: tuple(c(x, y) for c in components), boundary, Box(**UNIT), x=n, y=n)


def advection_errors(
    scheme, start, make, n, *, cells_per_step=1.7, flow=slide, boundary=SLIP, time=0.5
):
    side, formula = start
    velocity = velocity_field(flow, n, boundary)
    field = make(on_points(formula), side, Box(**UNIT), x=n, y=n)
    steps = round(time * n / cells_per_step)
    for _ in range(steps):
        field = scheme(field, velocity, time / steps)
    return errors_of(field, n, lambda x, y: formula(*origins(flow, x, y, time)))


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize("start", STARTS)
def test_semi_lagrangian_advection_along_walls_has_order_1(start, make):
    pairs = [advection_errors(advect.semi_lagrangian, STARTS[start], make, n) for n in (24, 48, 96)]
    mean, largest = zip(*pairs, strict=True)
    assert_order(mean, 1)
    assert_order(largest, 1)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize("start", STARTS)
def test_mac_cormack_advection_along_walls_has_order_2(start, make):
    pairs = [advection_errors(advect.mac_cormack, STARTS[start], make, n) for n in (24, 48, 96)]
    mean, largest = zip(*pairs, strict=True)
    assert_order(mean, 2)
    assert_order(largest, 2)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize(
    ("scheme", "order"), [(advect.semi_lagrangian, 1), (advect.mac_cormack, 2)]
)
def test_a_blob_that_rotates_past_the_walls_of_a_closed_box_keeps_the_order(scheme, order, make):
    blob = (0.0, lambda x, y: np.exp(-((x - 0.5) ** 2 + (y - 0.68) ** 2) / 0.08**2))
    errors = [
        advection_errors(
            scheme,
            blob,
            make,
            n,
            flow=rotation,
            boundary=ZERO_GRADIENT,
            time=1.0,
            cells_per_step=0.5,
        )[0]
        for n in (48, 96, 192)
    ]
    assert_order(errors, order)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize(
    ("scheme", "order"), [(advect.semi_lagrangian, 1), (advect.mac_cormack, 2)]
)
def test_in_a_swirl_that_slows_and_turns_back_advection_keeps_its_order(scheme, order, make):
    """The factor cos πs moves particles as far as steady flow does in the time ∫cos πs ds."""
    side, formula = STARTS["zero-gradient"]
    errors = []
    for n in (24, 48, 96):
        velocity = velocity_field(slide, n, SLIP)
        field = make(on_points(formula), side, Box(**UNIT), x=n, y=n)
        steps = n // 2
        for step in range(steps):
            # The velocity in the middle of the step, else time is first order.
            s = (step + 0.5) / steps * 2 / 3
            field = scheme(field, velocity * float(np.cos(PI * s)), 1 / steps * 2 / 3)
        time = np.sin(PI * 2 / 3) / PI
        errors.append(
            errors_of(field, n, lambda x, y, t=time: formula(*origins(slide, x, y, t)))[0]
        )
    assert_order(errors, order)


def test_mac_cormack_advection_by_a_centered_velocity_has_order_2():
    side, formula = STARTS["zero-gradient"]
    errors = []
    for n in (24, 48, 96):
        velocity = velocity_field(slide, n, SLIP, CenteredGrid)
        field = CenteredGrid(on_points(formula), side, Box(**UNIT), x=n, y=n)
        steps = n // 3
        for _ in range(steps):
            field = advect.mac_cormack(field, velocity, 0.5 / steps)
        errors.append(errors_of(field, n, lambda x, y: formula(*origins(slide, x, y, 0.5)))[0])
    assert_order(errors, 2)


# --- finite differences ---


def line(formula, boundary, n, length=1.0):
    return CenteredGrid(
        lambda x: wrap(formula(x.numpy("x")), x.shape.only("x")), boundary, Box(x=length), x=n
    )


def centers(n):
    return (np.arange(n) + 0.5) / n


def wave(x):
    return np.sin(2 * PI * x) + np.cos(4 * PI * x)


def wave_slope(x):
    return 2 * PI * np.cos(2 * PI * x) - 4 * PI * np.sin(4 * PI * x)


def wave_curvature(x):
    return -((2 * PI) ** 2) * np.sin(2 * PI * x) - (4 * PI) ** 2 * np.cos(4 * PI * x)


@pytest.mark.parametrize("order", [2, 4, 6])
def test_central_differences_in_a_periodic_domain_have_their_order(order):
    gradient, curvature = [], []
    for n in (32, 64, 128):
        field = line(wave, PERIODIC, n)
        slope = spatial_gradient(field, order=order).values.vector["x"].numpy("x")
        gradient.append(np.abs(slope - wave_slope(centers(n))).max())
        second = laplace(field, order=order).values.numpy("x")
        curvature.append(np.abs(second - wave_curvature(centers(n))).max())
    assert_order(gradient, order)
    assert_order(curvature, order)


@pytest.mark.parametrize("order", [2, 4, 6])
def test_the_divergence_of_a_centered_field_has_its_order(order):
    def vector(x, y):
        return np.sin(2 * PI * x) * np.cos(2 * PI * y), np.sin(2 * PI * (x + 2 * y))

    errors = []
    for n in (16, 32, 64):
        field = velocity_field(vector, n, PERIODIC, CenteredGrid)
        x, y = sample_points(n)
        exact = 2 * PI * np.cos(2 * PI * x) * np.cos(2 * PI * y) + 4 * PI * np.cos(
            2 * PI * (x + 2 * y)
        )
        errors.append(np.abs(divergence(field, order=order).values.numpy("x,y") - exact).max())
    assert_order(errors, order)


# At walls with a value: 2 and 5 prescribed; without a gradient: a cosine.
WALLS = {
    "prescribed": (
        {"x-": 2.0, "x+": 5.0},
        lambda x: 2 + 3 * x + np.sin(PI * x),
        lambda x: 3 + PI * np.cos(PI * x),
        lambda x: -(PI**2) * np.sin(PI * x),
    ),
    "zero-gradient": (
        ZERO_GRADIENT,
        lambda x: np.cos(PI * x),
        lambda x: -PI * np.sin(PI * x),
        lambda x: -(PI**2) * np.cos(PI * x),
    ),
}


@pytest.mark.parametrize("wall", WALLS)
def test_gradient_and_laplace_have_order_2_up_to_walls(wall):
    boundary, formula, slope, curvature = WALLS[wall]
    at_centers, at_faces, second = [], [], []
    for n in (16, 32, 64):
        field, x = line(formula, boundary, n), centers(n)
        at_centers.append(
            np.abs(spatial_gradient(field).values.vector["x"].numpy("x") - slope(x)).mean()
        )
        faces = spatial_gradient(field, at="face").component("x").numpy("x")
        at_faces.append(np.abs(faces - slope(np.arange(n + 1) / n))[1:-1].max())
        second.append(np.abs(laplace(field).values.numpy("x") - curvature(x))[1:-1].max())
    assert_order(at_centers, 2)
    assert_order(at_faces, 2)
    assert_order(second, 2)


def test_divergence_and_laplace_of_a_staggered_field_have_order_2():
    flux, second = [], []
    for n in (16, 32, 64):
        field = velocity_field(
            lambda x, y: (np.sin(PI * x) * np.cos(PI * y),) * 2, n, ZERO_GRADIENT
        )
        x, y = sample_points(n)
        exact = PI * np.cos(PI * x) * np.cos(PI * y) - PI * np.sin(PI * x) * np.sin(PI * y)
        flux.append(np.abs(divergence(field).values.numpy("x,y") - exact).max())
        x, y = (p[1:-1] for p in sample_points(n, "x"))
        exact = -2 * PI**2 * np.sin(PI * x) * np.cos(PI * y)
        second.append(np.abs(laplace(field).component("x").numpy("x,y")[1:-1] - exact).max())
    assert_order(flux, 2)
    assert_order(second, 2)


# --- diffusion ---


def diffusion_errors(make, boundary, formula, rate, n):
    """Largest deviation from the mode's decay, with ν = 0.5 and steps in proportion to dx²."""
    field = make(on_points(formula), boundary, Box(**UNIT), x=n, y=n)
    time, nu = 0.04, 0.5
    steps = n * n // 8
    for _ in range(steps):
        field = diffuse.explicit(field, nu, time / steps)
    decay = np.exp(-nu * rate * time)
    return errors_of(field, n, lambda x, y: decay * formula(x, y))[1]


MODES = {
    "periodic": (PERIODIC, lambda x, y: np.sin(2 * PI * x) * np.cos(2 * PI * y), 8 * PI**2),
    "prescribed": (0.0, lambda x, y: np.sin(PI * x) * np.sin(PI * y), 2 * PI**2),
    "zero-gradient": (ZERO_GRADIENT, lambda x, y: np.cos(PI * x) * np.cos(PI * y), 2 * PI**2),
    "mixed": (
        {"x": 0.0, "y": ZERO_GRADIENT},
        lambda x, y: np.sin(PI * x) * np.cos(PI * y),
        2 * PI**2,
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_explicit_diffusion_has_order_2_in_space_up_to_walls(mode):
    assert_order([diffusion_errors(CenteredGrid, *MODES[mode], n) for n in (8, 16, 32)], 2)


@pytest.mark.parametrize("mode", ["prescribed", "zero-gradient", "mixed"])
def test_explicit_diffusion_of_a_staggered_field_has_order_2(mode):
    assert_order([diffusion_errors(StaggeredGrid, *MODES[mode], n) for n in (8, 16, 32)], 2)


# --- projection ---


@pytest.mark.parametrize(
    ("boundary", "potential", "gradient"),
    [
        (  # closed: the pressure has no gradient at the walls
            0.0,
            lambda x, y: np.cos(PI * x) * np.cos(2 * PI * y),
            lambda x, y: (
                -PI * np.sin(PI * x) * np.cos(2 * PI * y),
                -2 * PI * np.cos(PI * x) * np.sin(2 * PI * y),
            ),
        ),
        (  # open: it is zero there
            ZERO_GRADIENT,
            lambda x, y: np.sin(PI * x) * np.sin(2 * PI * y),
            lambda x, y: (
                PI * np.cos(PI * x) * np.sin(2 * PI * y),
                2 * PI * np.sin(PI * x) * np.cos(2 * PI * y),
            ),
        ),
    ],
    ids=["closed", "open"],
)
def test_the_pressure_of_a_projection_has_order_2(boundary, potential, gradient):
    errors = []
    for n in (16, 32, 64):
        velocity = velocity_field(gradient, n, boundary)
        _, pressure = fluid.make_incompressible(velocity)
        exact = potential(*sample_points(n))
        errors.append(np.abs(pressure.values.numpy("x,y") - exact).max())
    assert_order(errors, 2)


def test_the_projected_velocity_of_a_closed_box_has_order_2():
    errors = []
    for n in (16, 32, 64):
        velocity = velocity_field(slide, n, 0.0)
        x, y = (sample_points(n, axis) for axis in "xy")
        # The gradient of x²(1 − x)² cos πy, which is no discrete gradient.
        push = {
            "x": 2 * x[0] * (1 - x[0]) * (1 - 2 * x[0]) * np.cos(PI * x[1]),
            "y": -PI * y[0] ** 2 * (1 - y[0]) ** 2 * np.sin(PI * y[1]),
        }
        push = {axis: wrap(values, spatial("x,y")) for axis, values in push.items()}
        pushed = velocity + StaggeredGrid(push, 0.0, velocity.bounds, x=n, y=n)
        projected, _ = fluid.make_incompressible(replace(pushed, boundary=velocity.boundary))
        difference = [np.ravel((projected - velocity).component(a).numpy("x,y")) for a in "xy"]
        errors.append(np.abs(np.concatenate(difference)).max())
    assert_order(errors, 2)
