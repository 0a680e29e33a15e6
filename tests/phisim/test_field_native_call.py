"""Functions of native arrays, such as networks, called with fields."""

import numpy as np
import pytest

from phimath import channel, spatial, tensor
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import ShapeError
from phimath.testing.assertions import assert_close
from phimath.transform import jit_compile
from phisim.field import CenteredGrid, StaggeredGrid
from phisim.field import native_call as call
from phisim.geometry import Box

ROOM = Box(x=4, y=2)
VALUES = np.random.default_rng(0).standard_normal((4, 2, 2))


def flow(boundary=PERIODIC):
    values = tensor(VALUES, spatial("x,y"), channel(vector="x,y"))
    return CenteredGrid(values, boundary, ROOM, x=4, y=2)


@pytest.mark.parametrize("compiled", [False, True])
def test_result_is_on_the_same_grid(backend, compiled):
    double = backend.function("multiply")

    def function(velocity):
        return velocity + call(lambda a: double(a, 2), velocity, channels_last=True)

    found = (jit_compile(function) if compiled else function)(flow())
    assert found.boundary == PERIODIC
    assert found.resolution == flow().resolution
    assert_close(found.bounds.size, flow().bounds.size)
    assert_close(found.values.numpy("x,y,vector"), 3 * VALUES, rtol=1e-6)


def test_tensors_join_and_the_boundary_may_be_another(backend):
    def scaled_first(a, factor):
        product = backend.function("multiply")(a, factor)
        return backend.get(product, (*[slice(None)] * 3, slice(0, 1)))

    found = call(
        scaled_first, flow(), 3.0, channels_last=True, channel_dim="c", boundary=ZERO_GRADIENT
    )
    assert found.boundary == ZERO_GRADIENT
    assert_close(found.values.c[0].numpy("x,y"), 3 * VALUES[..., 0], rtol=1e-6)


def test_what_is_no_array_of_cells_is_refused():
    with pytest.raises(ShapeError, match="no field"):
        call(lambda a: a, flow().values)
    with pytest.raises(ShapeError, match="at_centers"):
        call(lambda a: a, StaggeredGrid(0, 0, ROOM, x=4, y=2))
