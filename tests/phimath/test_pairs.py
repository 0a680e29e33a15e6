"""Functions of connected pairs, against loops over these."""

import numpy as np
import pytest
import scipy.sparse as sp

from phimath.convert import convert
from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.dtype import precision
from phimath.errors import ShapeError
from phimath.reduce import sum as sum_of
from phimath.sparse import dense, get_format, map_pairs
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile
from phimath.wrap import wrap

CONNECTED = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 1, 1]])
POINTS = np.random.default_rng(0).standard_normal((4, 2))


def of(backend, format):
    matrix = sp.coo_array(CONNECTED.astype(float)).asformat(format)
    return convert(wrap(matrix, instance("points"), dual("points")), backend)


def points(backend):
    return wrap(backend.from_numpy(POINTS), instance("points"), channel(vector="x,y"))


def expected(function):
    pairs = np.array([[function(a, b) for b in POINTS] for a in POINTS])
    return pairs * CONNECTED.reshape(*CONNECTED.shape, *[1] * (pairs.ndim - 2))


@pytest.mark.parametrize("format", ["coo", "csr", "csc"])
def test_origins_are_along_rows_and_targets_along_columns(backend, format):
    found = map_pairs(lambda a, b: b - 2 * a, points(backend), of(backend, format))
    assert get_format(found) == format
    assert_close(found.numpy("points,~points,vector"), expected(lambda a, b: b - 2 * a))


def test_dense_connections_connect_all_pairs(backend):
    everything = dense(of(backend, "coo"))
    found = map_pairs(lambda a, b: sum_of(a * b, "vector"), points(backend), everything)
    assert_close(found.numpy("points,~points"), POINTS @ POINTS.T)


def test_one_number_stands_for_all_pairs(backend):
    found = map_pairs(lambda a, b: 3.0, points(backend), of(backend, "csr"))
    assert_close(found.numpy("points,~points"), 3.0 * CONNECTED)


def test_examples_of_a_batch_share_the_connections(backend):
    values = points(backend) * wrap([1.0, 2.0], batch("b"))
    found = map_pairs(lambda a, b: sum_of(a * b, "vector"), values, of(backend, "csr"))
    one = expected(np.dot)
    assert_close(found.numpy("b,points,~points"), np.stack([one, 4 * one]))


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("compiled", [False, True])
def test_energy_of_springs_has_their_forces_as_gradient(backend, compiled):
    def energy(values, connections):
        pairs = map_pairs(lambda a, b: sum_of((a - b) ** 2, "vector"), values, connections)
        return sum_of(pairs, pairs.shape)

    forces = gradient(energy, "values", get_output=False)
    with precision(64):
        run = jit_compile(forces, optimize="off") if compiled else forces
        found = run(points(backend), of(backend, "csr")).numpy("points,vector")
    both = CONNECTED + CONNECTED.T
    wanted = 2 * (both.sum(1)[:, None] * POINTS - both @ POINTS)
    assert_close(found, wanted, rtol=1e-13, atol=1e-13)


def test_values_must_have_the_dimensions_that_are_paired(backend):
    with pytest.raises(ShapeError, match="no 'points'"):
        map_pairs(lambda a, b: a, wrap([1.0, 2.0], spatial("x")), of(backend, "csr"))
    with pytest.raises(ShapeError, match="the dual dimensions"):
        map_pairs(lambda a, b: a, of(backend, "csr"), of(backend, "csr"))
