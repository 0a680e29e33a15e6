"""Resampling between the layouts of staggered fields."""

import numpy as np

import phimath
from phimath import using
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, resample
from phisim.geometry import SDF, Box, Sphere


def test_a_periodic_field_is_resampled_to_all_faces_of_a_closed_box():
    with using("numpy"):
        wave = CenteredGrid(lambda x, y: phimath.sin(x * (2 * phimath.PI / 8)), PERIODIC, x=8, y=2)
        box = StaggeredGrid(0, {"x": ZERO_GRADIENT, "y": ZERO_GRADIENT}, x=8, y=2)
        faces = resample(wave, to=box)
    assert faces.component("x").shape.get_size("x") == 9
    faces.check_rebuilt()
    inner = faces.component("x").x[1:-1].y[0].numpy()
    centers = np.sin((np.arange(8) + 0.5) * 2 * np.pi / 8)
    assert_close(inner, (centers[1:] + centers[:-1]) / 2, rtol=1e-6, atol=1e-6)


def test_masks_that_are_remembered_belong_to_their_grid_place_and_precision():
    disc = Sphere(x=4, y=1, radius=0.7)
    with using("numpy"):
        cells = CenteredGrid(0, 0, x=8, y=2)
        first = resample(disc, to=cells, soft=True).values
        assert resample(disc, to=cells, soft=True).values is first
        hard = resample(disc, to=cells).values
        assert float(phimath.max(abs(hard - first), None)) > 0.1
        assert (
            resample(disc, to=CenteredGrid(0, 0, x=4, y=2), soft=True).resolution.get_size("x") == 4
        )
        with phimath.precision(64):
            assert resample(disc, to=cells, soft=True).values.dtype.bits == 64
        faces = resample(disc, to=StaggeredGrid(0, 0, x=8, y=2), soft=True)
        loop = resample(disc, to=StaggeredGrid(0, PERIODIC, x=8, y=2), soft=True)
        assert faces.component("x").shape.get_size("x") == 9
        assert loop.component("x").shape.get_size("x") == 8


def test_masks_follow_shapes_that_change_in_place():
    place, state = np.array([2.0, 4.0]), {"radius": 1.0}
    disc = Sphere(phimath.wrap(place, "vector:c=(x,y)"), radius=1)
    ring = SDF(lambda at: phimath.norm(at - 4.0, "vector") - state["radius"], Box(x=8, y=8))
    with using("numpy"):
        cells = CenteredGrid(0, 0, x=8, y=8)
        for _ in range(2):
            for shape in (disc, ring):
                found = resample(shape, to=cells).values.numpy("x,y")
                inside = shape.lies_inside(cells.points).numpy("x,y")
                np.testing.assert_array_equal(found, inside)
                assert 0 < inside.sum() < 64
            place[0], state["radius"] = 5.0, 3.0
