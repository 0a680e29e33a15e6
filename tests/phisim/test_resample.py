"""Resampling between the layouts of staggered fields."""

import numpy as np

import phimath
from phimath import using
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, resample


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
