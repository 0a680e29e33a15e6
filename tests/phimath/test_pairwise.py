"""Differences between all pairs of points."""

import numpy as np
import pytest

from phimath.create import vec
from phimath.dimension import batch, channel, instance
from phimath.errors import NotSupported, ShapeError
from phimath.pairwise import pairwise_differences
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

ORDER = "points,~points,vector"
POINTS = np.array([[0.5, 0.0], [9.5, 4.0], [4.0, 7.0]])
SIZE = np.array([10.0, 8.0])


def of(backend, values):
    return wrap(backend.from_numpy(values), instance("points"), channel(vector="x,y"))


def test_vectors_point_from_points_to_their_others(backend):
    result = pairwise_differences(of(backend, POINTS))
    assert_close(result.numpy(ORDER), POINTS[None] - POINTS[:, None])


def test_batches_of_points_are_not_paired(backend):
    values = np.stack([POINTS, 2 * POINTS])
    positions = wrap(backend.from_numpy(values), batch("b"), instance("points"), channel("vector"))
    expected = values[:, None] - values[:, :, None]
    assert_close(pairwise_differences(positions).numpy(f"b,{ORDER}"), expected)


def test_pairs_beyond_the_distance_get_the_default(backend):
    result = pairwise_differences(of(backend, POINTS), max_distance=8.0, default=0.0)
    expected = POINTS[None] - POINTS[:, None]
    expected[np.linalg.norm(expected, axis=-1) > 8] = 0
    assert_close(result.numpy(ORDER), expected)
    assert np.isnan(pairwise_differences(of(backend, POINTS), 0.1).numpy(ORDER)).sum() == 12


def test_distance_may_differ_per_point(backend):
    limit = wrap(backend.from_numpy(np.array([100.0, 0.0, 0.0])), instance("points"))
    near = ~np.isnan(pairwise_differences(of(backend, POINTS), limit).numpy(ORDER)[..., 0])
    assert_close(near, np.array([[1, 1, 1], [0, 1, 0], [0, 0, 1]], bool))


@pytest.mark.parametrize("wraps", [(True, True), (True, False)])
def test_periodic_axes_take_the_shorter_way(backend, wraps):
    domain = vec(x=0.0, y=0.0), vec(x=SIZE[0], y=SIZE[1])
    periodic = wrap(np.array(wraps), channel(vector="x,y"))
    result = pairwise_differences(of(backend, POINTS), domain=domain, periodic=periodic)
    images = np.array([-1, 0, 1])[:, None] * SIZE * wraps  # exhaustive search per axis
    candidates = (POINTS[None] - POINTS[:, None])[..., None, :] + images
    best = np.abs(candidates).argmin(axis=-2)
    expected = np.take_along_axis(candidates, best[..., None, :], -2)[..., 0, :]
    assert_close(result.numpy(ORDER), expected, atol=1e-6)


def test_missing_parts_are_named(backend):
    with pytest.raises(ShapeError, match=r"domain=\(lower, upper\)"):
        pairwise_differences(of(backend, POINTS), periodic=True)
    with pytest.raises(ShapeError, match="one channel dimension"):
        pairwise_differences(wrap([1.0, 2.0], instance("points")))
    with pytest.raises(NotSupported, match="'csr'"):
        pairwise_differences(of(backend, POINTS), format="csr")
