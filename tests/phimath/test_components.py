"""Small vectors are kept apart in compiled functions and loops; the results are those of others."""

import numpy as np
import pytest

from phimath.backend.support import supports
from phimath.dimension import batch, channel, dual, instance
from phimath.dims import rename_dims
from phimath.elementwise import sin
from phimath.linear_algebra import matmul
from phimath.norm import l2_loss
from phimath.stacked import Stacked, components_apart
from phimath.tensor import Dense
from phimath.testing.assertions import assert_close
from phimath.transform import Every, gradient, iterate, jit_compile, while_loop
from phimath.wrap import wrap

VALUES = np.random.default_rng(0).standard_normal((3, 2))
ORDER = "points,vector"


def of(backend, values, components="x,y"):
    return wrap(backend.from_numpy(values), instance("points"), channel(vector=components))


def test_vectors_of_a_few_components_are_taken_apart(backend):
    vectors = of(backend, VALUES)
    apart = components_apart(vectors)
    assert isinstance(apart, Stacked)
    assert apart.shape is vectors.shape
    assert_close(apart, vectors)
    assert components_apart(apart) is apart
    for kept in (
        vectors.vector["x"],
        of(backend, np.ones((2, 5)), "a,b,c,d,e"),
        of(backend, np.ones((2, 1)), "x"),
        wrap(backend.from_numpy(np.ones((2, 2))), channel(i=2, j=2)),
        wrap(backend.from_numpy(np.ones(3)), instance("points")).expanded(vectors.shape),
    ):
        assert components_apart(kept) is kept


def test_what_goes_in_as_one_array_comes_out_as_one(backend, double):
    seen = []

    @jit_compile(optimize="off")
    def moved(x, by):
        seen.append((type(x), type(by)))
        return sin(x) + by, by

    x, by = of(backend, VALUES), of(backend, VALUES[:1]).points[0]
    expected = VALUES
    for _ in range(3):
        x, by = moved(x, by)
        expected = np.sin(expected) + VALUES[0]
        assert isinstance(x, Dense)
        assert isinstance(by, Dense)
        assert_close(x.numpy(ORDER), expected)
    # Traced once; without a compiler, the function is run as it is from the second call on.
    later = [] if supports(backend, "value_and_gradient") else [(Dense, Dense)] * 2
    assert seen == [(Stacked, Stacked), *later]


def test_stacked_vectors_stay_stacked(backend):
    double_of = jit_compile(lambda x: 2 * x, optimize="off")
    assert isinstance(double_of(components_apart(of(backend, VALUES))), Stacked)


def test_products_with_matrices_take_vectors_apart_or_not(backend, double):
    matrix = wrap(
        backend.from_numpy(np.array([[1.0, 2.0], [-0.5, 3.0]])),
        channel(vector="x,y"),
        dual(vector="x,y"),
    )
    product = jit_compile(lambda x: matmul(matrix, x), optimize="off")
    expected = VALUES @ np.array([[1.0, 2.0], [-0.5, 3.0]]).T
    assert_close(product(of(backend, VALUES)).numpy(ORDER), expected)


def whole(x):
    """The same vectors in one array, as a product with a matrix gives them."""
    return x.dense()


def test_loops_carry_components_whatever_their_steps_give(backend, double):
    kinds = []

    def step(x):
        kinds.append(type(x))
        return whole(sin(x)) * 1.5

    run = jit_compile(lambda x: iterate(step, 4, x), optimize="off")
    until = jit_compile(
        lambda x: while_loop(lambda x: l2_loss(x) > 0, step, x, max_iterations=4), optimize="off"
    )
    expected = VALUES
    for _ in range(4):
        expected = np.sin(expected) * 1.5
    assert_close(run(of(backend, VALUES)).numpy(ORDER), expected)
    assert_close(until(of(backend, VALUES)).numpy(ORDER), expected)
    assert Stacked in kinds


def test_trajectories_of_vectors(backend, double):
    path = jit_compile(lambda x: iterate(sin, batch(time=3), x), optimize="off")(
        of(backend, VALUES)
    )
    expected = [VALUES, np.sin(VALUES), np.sin(np.sin(VALUES)), np.sin(np.sin(np.sin(VALUES)))]
    assert_close(path.numpy(f"time,{ORDER}"), np.stack(expected))


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_of_loops_have_the_form_of_the_vector(backend, double, compiled):
    def loss(x):
        return l2_loss(iterate(lambda x: whole(sin(x)) * 1.5, 4, x, checkpoint=Every(2)))

    derivative = gradient(loss, get_output=False)
    found = (jit_compile(derivative, optimize="off") if compiled else derivative)(
        of(backend, VALUES)
    )
    assert isinstance(found, Dense)
    value, slope = VALUES, np.ones_like(VALUES)
    for _ in range(4):
        value, slope = np.sin(value) * 1.5, slope * np.cos(value) * 1.5
    assert_close(found.numpy(ORDER), value * slope)


def test_renamed_vectors_keep_their_labels(backend):
    run = jit_compile(lambda x: rename_dims(x, "points", batch("points")), optimize="off")
    assert run(of(backend, VALUES)).shape is (batch(points=3) & channel(vector="x,y"))
