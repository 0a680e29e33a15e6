"""Solves in loops of compiled functions: their derivatives, and reports of adjoint solves."""

import numpy as np
import pytest

from phimath.dimension import spatial
from phimath.errors import NotConverged
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.testing.assertions import assert_close
from phimath.transform import Binomial, Every, gradient, iterate, jit_compile
from phimath.wrap import wrap
from tests.phimath.operators import Shifted

pytestmark = pytest.mark.usefixtures("double")

differentiates = pytest.mark.needs("value_and_gradient")
VALUES = np.random.default_rng(0).standard_normal(40)
ACCURATE = Solve(rel_tol=1e-13)


def loss_of(checkpoint, solve=ACCURATE):
    """Implicit diffusion, with a weight from around the loop."""

    def loss(x, weight):
        def step(x):
            return solve_linear(Shifted(weight), x, solve) * weight

        return sum_of(iterate(step, 5, x, checkpoint=checkpoint) ** 2) / 2

    return gradient(loss, "x,weight", get_output=False)


def of(backend):
    return wrap(backend.from_numpy(VALUES), spatial("x"))


@differentiates
@pytest.mark.parametrize("checkpoint", ["all", "sqrt", Binomial(2)], ids=str)
def test_gradient_through_solves_in_a_compiled_loop(backend, checkpoint):
    run = jit_compile(loss_of(checkpoint), optimize="off")
    by_x, by_weight = run(of(backend), 0.5)
    matrix = np.diag(np.full(40, 2.5)) - np.eye(40, k=1) - np.eye(40, k=-1)
    step = 0.5 * np.linalg.inv(matrix)
    power = np.linalg.matrix_power(step, 10)  # steps are symmetric: forwards and back
    assert_close(by_x.numpy(), power @ VALUES, rtol=1e-10)
    # d(w A⁻¹)/dw = A⁻¹ − w A⁻², which commutes with a step
    change = step / 0.5 - step @ step / 0.5
    by_hand = 5 * VALUES @ np.linalg.matrix_power(step, 9) @ change @ VALUES
    assert_close(float(by_weight), by_hand, rtol=1e-10)


@differentiates
@pytest.mark.parametrize("checkpoint", ["all", Every(2), Binomial(2)], ids=str)
def test_adjoint_solve_that_fails_in_a_loop_is_reported(backend, checkpoint):
    hasty = Solve(rel_tol=1e-13, gradient_solve=Solve(rel_tol=1e-13, max_iterations=3))
    run = jit_compile(loss_of(checkpoint, hasty), optimize="off")
    with pytest.raises(NotConverged, match="in 3 iterations"):
        run(of(backend), 0.5)
