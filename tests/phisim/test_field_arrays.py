from __future__ import annotations

import numpy as np
import pytest

import phimath
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import ShapeError
from phimath.testing.assertions import assert_close
from phisim.field import StaggeredGrid, from_numpy
from phisim.geometry import Box

ROOM = Box(x=4, y=2)
CELLS = {"x": 4, "y": 2}


@pytest.fixture(autouse=True)
def _in_64_bit():
    with phimath.precision(64):
        yield


def staggered(values=0.0, boundary=0.0):
    return StaggeredGrid(values, boundary, ROOM, **CELLS)


def random_values(seed=0, **sizes):
    return np.random.default_rng(seed).standard_normal(tuple(sizes.values()))


def test_arrays_of_centered_fields_have_a_fixed_layout(backend):
    values = random_values(world=3, x=4, y=2, vector=2)
    field = from_numpy(values, ZERO_GRADIENT, ROOM, batch_dims="world")
    assert field.shape.names == ("world", "x", "y", "vector")
    assert field.shape.get_labels("vector") == ("x", "y")
    assert_close(field.numpy(), values)
    scalar = from_numpy(values[0, :, :, 0], 0.0, ROOM)
    assert_close(scalar.numpy(), values[0, :, :, 0])


@pytest.mark.parametrize(
    "boundary", [ZERO_GRADIENT, PERIODIC, {"x": PERIODIC, "y": ZERO_GRADIENT}], ids=str
)
def test_arrays_of_staggered_fields_come_back_as_they_went(boundary):
    template = staggered(0.0, boundary)
    arrays = {
        axis: random_values(
            i, **{d.name: d.size for d in template.component(axis).shape.spatial.dims}
        )
        for i, axis in enumerate("xy")
    }
    field = from_numpy(arrays, boundary, ROOM)
    assert field.resolution.int_sizes == (4, 2)
    assert_close(field.numpy(), arrays)


def test_an_array_of_another_layout_is_refused():
    with pytest.raises(ShapeError, match=r"shape \(4, 2, 3\) does not have the layout \(x, y\)"):
        from_numpy(np.zeros((4, 2, 3)), 0.0, ROOM)


def test_the_uniform_form_of_a_staggered_field_pads_to_one_more_along_every_axis():
    walls = staggered(lambda x, y: (x, y), {"x": ZERO_GRADIENT, "y": 0.0}).staggered_tensor()
    assert walls.shape.spatial.int_sizes == (5, 3)
    along_x = walls.vector["x"].numpy("x,y")
    # Beyond the upper wall in y the ghost is opposite to the last value: zero on the wall.
    assert_close(along_x, np.array([[v, v, -v] for v in range(5)], float))
    ring = staggered(lambda x, y: (x, y), PERIODIC).staggered_tensor()
    assert_close(ring.vector["x"].numpy("x,y")[:, 0], np.array([0, 1, 2, 3, 0.0]))
