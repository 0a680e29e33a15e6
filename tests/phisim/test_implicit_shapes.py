"""Shapes given by functions, by distances on a grid, and by heights."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import spatial, vec, wrap
from phimath.testing.assertions import assert_close
from phisim.geometry import (
    SDF,
    Box,
    HalfSpace,
    Heightmap,
    Sphere,
    as_sdf,
)
from tests.support import points

pytestmark = pytest.mark.usefixtures("double")


def test_functions_and_grids_describe_shapes(backend):
    with pm.using(backend):
        disc = Sphere(x=0.5, y=0.4, radius=0.3)
        queries = points(np.random.default_rng(0).uniform(0.05, 0.95, (50, 2)))
        function = SDF(lambda x: pm.norm(x - vec(x=0.5, y=0.4), "vector") - 0.3, Box(x=1, y=1))
        assert_close(function.signed_distance(queries), disc.signed_distance(queries), atol=1e-12)
        moved = function.at(vec(x=1.5, y=0.5))
        assert_close(
            moved.signed_distance(queries + vec(x=1, y=0)),
            disc.signed_distance(queries),
            atol=1e-12,
        )
        errors = []
        for n in (32, 64):
            sampled = as_sdf(disc, Box(x=1, y=1), x=n, y=n)
            difference = sampled.signed_distance(queries) - disc.signed_distance(queries)
            errors.append(float(pm.mean(abs(difference), None)))
        assert math.log2(errors[0] / errors[1]) > 1.5
        far = as_sdf(disc, Box(x=1, y=1), x=64, y=64).signed_distance(vec(x=3.0, y=0.4))
        assert float(far) == pytest.approx(2.2, abs=0.02)


def test_a_heightmap_of_a_plane_is_a_half_space():
    box = Box(x=(0, 4), y=(0, 3))
    cells = (np.arange(40) + 0.5) * 0.1
    heights = wrap(1 + 0.5 * cells, spatial("x"))
    normal = vec(x=-0.5, y=1.0)
    plane = HalfSpace(vec(x=0, y=1), normal)
    queries = points(np.random.default_rng(0).uniform([0.5, 0], [3.5, 3], (30, 2)))
    assert_close(
        Heightmap(heights, box, "y").signed_distance(queries),
        plane.signed_distance(queries),
        atol=1e-12,
    )
    above = Heightmap(heights, box, "y", "above")
    assert_close(above.signed_distance(queries), -plane.signed_distance(queries), atol=1e-12)
    raised = above.at(above.center + vec(x=0, y=1))
    assert_close(
        raised.signed_distance(queries + vec(x=0, y=1)), above.signed_distance(queries), atol=1e-12
    )
    assert float(Heightmap(heights, box, "y").bounding_box().upper.vector["y"]) == pytest.approx(
        2.975
    )
