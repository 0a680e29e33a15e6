"""Differences between all pairs of points."""

import numpy as np
import pytest

from phimath.create import vec
from phimath.dimension import batch, channel, dual, instance
from phimath.dims import rename_dims
from phimath.elementwise import safe_div
from phimath.errors import NotSupported, ShapeError
from phimath.norm import norm
from phimath.pairwise import pairwise_differences
from phimath.reduce import sum as sum_of
from phimath.stacked import Stacked
from phimath.tensor import Dense
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp
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


def test_components_are_kept_apart_and_stored_like_matrices(backend):
    result = pairwise_differences(of(backend, POINTS))
    assert isinstance(result, Stacked)
    assert result.along == "vector"
    for component in result.components:
        assert isinstance(component, Dense)
        assert component.signature.stored.names == ("points", "~points")
    many = wrap(backend.from_numpy(np.ones((3, 5))), instance("points"), channel("vector"))
    assert isinstance(pairwise_differences(many), Dense)  # too many to keep them apart


# --- derivatives of what is computed from pairs ---

MASSES = np.array([0.5, 2.0, 1.0])
DIRECTION = np.array([[1.0, -0.5], [0.3, 2.0], [-1.0, 0.7]])


def accelerations(positions, masses):
    """Attraction of stars, as in examples/galaxy.py."""
    differences = pairwise_differences(positions)
    others = rename_dims(masses, instance, dual)
    return sum_of(safe_div(others * differences, norm(differences) ** 3), dual)


def reference(positions):
    d = positions[None] - positions[:, None]
    cubes = np.sum(d**2, -1) ** 1.5
    return np.sum(MASSES[None, :, None] * d / np.where(cubes == 0, 1, cubes)[..., None], axis=1)


def change_by_differences(function, positions, direction, step=1e-5):
    return (function(positions + step * direction) - function(positions - step * direction)) / (
        2 * step
    )


@pytest.mark.parametrize("compiled", [False, True])
def test_stars_attract_each_other(backend, double, compiled):
    masses = wrap(backend.from_numpy(MASSES), instance("points"))
    run = jit_compile(accelerations, optimize="off") if compiled else accelerations
    found = run(of(backend, POINTS), masses).numpy("points,vector")
    assert_close(found, reference(POINTS), rtol=1e-13)


def test_tangent_of_an_attraction_matches_finite_differences(backend, double):
    masses = wrap(backend.from_numpy(MASSES), instance("points"))
    x, dx = of(backend, POINTS), of(backend, DIRECTION)
    change = jvp(lambda x: accelerations(x, masses), (x,), (dx,))[1].numpy("points,vector")
    expected = change_by_differences(reference, POINTS, DIRECTION)
    assert_close(change, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize("compiled", [False, True])
def test_derivatives_of_an_attraction_match_finite_differences(backend, double, compiled):
    masses = wrap(backend.from_numpy(MASSES), instance("points"))
    weights = of(backend, DIRECTION)

    def by_position(x):
        work = gradient(lambda x: sum_of(accelerations(x, masses) * weights), get_output=False)
        return work(x)

    def curvature(x):
        return gradient(lambda x: sum_of(by_position(x) * weights), get_output=False)(x)

    if compiled:
        by_position, curvature = (jit_compile(f, optimize="off") for f in (by_position, curvature))

    def first(values):
        return by_position(of(backend, values)).numpy("points,vector")

    for index in np.ndindex(POINTS.shape):
        unit = np.zeros_like(POINTS)
        unit[index] = 1
        expected = change_by_differences(lambda x: np.sum(reference(x) * DIRECTION), POINTS, unit)
        assert_close(first(POINTS)[index], expected, rtol=1e-7, atol=1e-9)
    expected = change_by_differences(first, POINTS, DIRECTION)
    found = curvature(of(backend, POINTS)).numpy("points,vector")
    assert_close(found, expected, rtol=1e-7, atol=1e-9)
