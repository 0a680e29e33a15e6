"""Orders of time integration, from the slope of the error against exact solutions."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import batch, channel, gradient, iterate, jit_compile, precision, tensor, wrap
from phimath.boundary import PERIODIC
from phimath.errors import ShapeError, ValueRangeError
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, laplace
from phisim.geometry import Box
from phisim.physics import diffuse, integrate

END = 1.0


def order_of(step, state, exact, counts=(16, 32, 64)):
    """Order of accuracy from the errors at END of the two finest steps."""
    errors = []
    for count in counts:
        result = state
        for i in range(count):
            result = step(result, END / count, i * END / count)
        errors.append(float(pm.max(abs(result - exact), None)))
    return math.log2(errors[-2] / errors[-1])


@pytest.mark.parametrize("method", integrate.TABLEAUS.values(), ids=lambda m: m.name)
def test_runge_kutta_has_the_order_of_its_table(method):
    # u' = cos(t) u², u(0) = 1/2: nonlinear and dependent on time.  1/u = 2 − sin(t)
    with precision(64):

        def step(u, dt, time):
            return integrate.runge_kutta(
                lambda u, t: pm.cos(t) * u**2, u, dt, method, time=wrap(time)
            )

        order = order_of(step, wrap(0.5), 1 / (2 - math.sin(END)))
    assert order == pytest.approx(method.order, abs=0.2)


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_adams_bashforth_has_the_order_of_its_known_rates(steps):
    def rate(u):
        return -(u**2)

    def error(count):
        dt = END / count
        # Exact values before the start: u = 1 / (1 + t)
        earlier = [rate(wrap(1 / (1 - k * dt))) for k in range(1, steps)]
        u = wrap(1.0)
        for _ in range(count):
            u, rates = integrate.adams_bashforth(rate, u, dt, earlier)
            earlier = rates[: steps - 1]
        return abs(float(u) - 1 / (1 + END))

    with precision(64):
        order = math.log2(error(128) / error(256))
    assert order == pytest.approx(steps, abs=0.2)


@pytest.mark.parametrize(
    ("method", "order"), [(integrate.symplectic_euler, 1), (integrate.leapfrog, 2)]
)
def test_symplectic_methods_have_their_order_and_keep_the_energy(method, order):
    # Pendulum: energy p²/2 − cos(q); the reference is a Runge-Kutta run with small steps.
    def force(q):
        return -pm.sin(q)

    def run(step, count, end=END):
        q, p = wrap(1.0), wrap(0.5)
        for _ in range(count):
            q, p = step(q, p, end / count)
        return q, p

    def symplectic(q, p, dt):
        return method(lambda p: p, force, q, p, dt)

    def reference(q, p, dt):
        return integrate.rk4(lambda s: (s[1], force(s[0])), (q, p), dt)

    with precision(64):
        exact, _ = run(reference, 400)
        errors = [abs(float(run(symplectic, n)[0] - exact)) for n in (32, 64)]
        assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)
        energies = []
        for periods in (1, 20):
            q, p = run(symplectic, 64 * periods, 6.7 * periods)
            energies.append(float(p**2 / 2 - pm.cos(q)))
    initial = 0.5**2 / 2 - math.cos(1.0)
    assert abs(energies[1] - initial) < 3 * 0.1**order  # bounded, not growing with time


def test_leapfrog_is_reversible():
    with precision(64):
        q, p = integrate.leapfrog(lambda p: p, lambda q: -pm.sin(q), wrap(1.0), wrap(0.5), 0.3)
        q, p = integrate.leapfrog(lambda p: p, lambda q: -pm.sin(q), q, p, -0.3)
        assert_close(q, wrap(1.0), rtol=1e-14)
        assert_close(p, wrap(0.5), rtol=1e-14)


def test_a_step_of_a_table_of_ones_own():
    ralston = integrate.Tableau("Ralston", ((2 / 3,),), (1 / 4, 3 / 4), 2)
    with precision(64):
        u = integrate.runge_kutta(lambda u: -u, wrap(1.0), 0.1, ralston)
        assert_close(u, 1 - 0.1 + 0.1**2 / 2, rtol=1e-14)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_fields_keep_their_boundaries(backend, make):
    with pm.using(backend), precision(64):
        field = make(lambda x, y: pm.sin(x) * pm.cos(y), 0, Box(x=1, y=1), x=8, y=6)

        def rate(u):
            return laplace(u) * 0.001

        result = integrate.rk4(rate, field, 0.5)
        expected = field
        for k in (4, 3, 2, 1):  # Horner's scheme of the exponential
            expected = field + laplace(expected) * (0.001 * 0.5 / k)
        assert result.boundary == field.boundary
        if make is CenteredGrid:
            assert_close(result.values, expected.values, rtol=1e-12)
        else:
            for axis in "xy":
                assert_close(result.component(axis), expected.component(axis), rtol=1e-12)


@pytest.mark.needs("value_and_gradient")
def test_a_compiled_roll_out_differentiates(backend):
    with pm.using(backend), precision(64):
        rates = tensor([0.5, 1.0], batch("worlds"))

        @jit_compile
        def final(rates):
            def step(u, rates):
                return integrate.rk4(lambda u: -rates * u, u, 0.1), rates

            u, _ = iterate(step, 10, pm.ones(batch(worlds=2)), rates)
            return pm.sum(u, "worlds")

        slope = gradient(final, get_output=False)(rates)
        # u(1) of each world is P(−0.1 r)^10, P the Taylor polynomial of degree 4.
        z = -0.1 * np.array([0.5, 1.0])
        p = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24
        expected = 10 * p**9 * (1 + z + z**2 / 2 + z**3 / 6) * -0.1
        assert_close(slope, tensor(expected, batch("worlds")), rtol=1e-12)


def test_imex_takes_steps_that_explicit_ones_cannot():
    with precision(64):
        field = CenteredGrid(lambda x: pm.sin(x), PERIODIC, Box(x=2 * math.pi), x=64)
        symbol = 2 * (1 - math.cos(field.dx.numpy()[0])) / field.dx.numpy()[0] ** 2

        def backward(u, dt):
            return u * (1 / (1 + 10 * dt * symbol))  # the field is one eigenvector of the Laplacian

        def solved(u, dt):
            return pm.solve_linear(lambda v: v - laplace(v) * (10 * dt), u)

        def diffused(u, dt):
            return diffuse.implicit(u, 10.0, dt)

        expected = field.values * (1 - 0.1) / (1 + symbol)
        for implicit, tolerance in ((backward, 1e-12), (solved, 1e-9), (diffused, 1e-12)):
            result = integrate.imex_euler(lambda u: u * -1.0, implicit, field, 0.1)
            assert_close(result.values, expected, rtol=tolerance)


def test_rates_of_another_structure_are_refused():
    with pytest.raises(ShapeError, match="one rate per part"):
        integrate.euler(lambda s: s[0], (wrap(1.0), wrap(2.0)), 0.1)
    field = CenteredGrid(0, 0, Box(x=1, y=1), x=4, y=4)
    with pytest.raises(ShapeError, match="Fields change by fields"):
        integrate.euler(lambda s: s.values, field, 0.1)
    with pytest.raises(ShapeError, match="at_faces"):
        integrate.euler(lambda s: s.at_centers(), StaggeredGrid(0, 0, Box(x=1, y=1), x=4, y=4), 0.1)


def test_tables_are_checked():
    with pytest.raises(ShapeError, match="explicit"):
        integrate.Tableau("implicit", ((1.0, 1.0),), (0.5, 0.5), 2)
    with pytest.raises(ValueRangeError, match="sum to 1"):
        integrate.Tableau("heavy", ((1.0,),), (0.5, 0.6), 2)
    with pytest.raises(ValueRangeError, match="finite"):
        integrate.euler(lambda u: u, wrap(1.0), math.inf)


def test_a_tree_of_tensors_and_fields_advances_together():
    field = CenteredGrid(1, 0, Box(x=1), x=4)
    state = {"u": field, "n": tensor([1.0, 2.0], channel("species"))}
    result = integrate.euler(lambda s: {"u": s["u"], "n": -s["n"]}, state, 0.5)
    assert_close(result["u"].values, field.values * 1.5)
    assert_close(result["n"], tensor([0.5, 1.0], channel("species")))
